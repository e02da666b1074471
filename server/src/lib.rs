//! The program of Connect for PagerDuty: the whole HTTP surface, on one screen.

pub mod assets;
pub mod cli;
pub mod config;
pub mod listen;
pub mod telemetry;

mod avatar;
mod csp_report;
mod security;

use app::{App, shell::shell, ssr::AppState};
use axum::{Router, http::StatusCode, middleware, routing};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

pub use security::Policy;

/// Every address this program answers. What stands below a layer is inside it:
/// the checks of `security` come before anything else sees a request.
pub fn router(state: AppState, policy: Policy) -> Router {
    let pages = generate_route_list(App);
    let document = {
        let state = state.clone();
        move || shell(&state.options, &state.assets)
    };
    let fallback = leptos_axum::render_app_async_with_context(
        {
            let state = state.clone();
            move || provide_context(state.clone())
        },
        document.clone(),
    );
    Router::new()
        .leptos_routes(&state, pages, document)
        .route("/avatar", routing::get(avatar::show))
        .route("/csp", routing::post(csp_report::receive))
        .route("/api/{*unknown}", routing::any(|| async { StatusCode::NOT_FOUND }))
        .nest_service("/pkg", assets::built(&state.options))
        .route_service("/favicon.svg", assets::file(&state.options, "favicon.svg"))
        .route_service("/robots.txt", assets::file(&state.options, "robots.txt"))
        .fallback(fallback)
        .with_state(state)
        .layer(CatchPanicLayer::new())
        // Safe here: no page holds a secret that its length could give away.
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(policy, security::guard))
}
