//! The program of Connect for PagerDuty: the whole HTTP surface, on one screen.

pub mod assets;
pub mod cli;
pub mod config;
pub mod listen;
pub mod metrics;
pub mod telemetry;

mod api;
mod avatar;
mod csp_report;
mod findings;
mod health;
mod import;
mod refusal;
mod security;
mod setup;
mod tasks;
mod token;
mod v1;

use std::sync::LazyLock;

use app::{App, shell::shell, ssr::AppState};
use axum::{Extension, Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing};
use import::Seats;
use leptos::prelude::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use pagerduty_connect::mount;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

pub use security::{Policy, Proxies};

/// The pages' addresses, listed once. While Leptos lists them nothing in the whole
/// process loads, and a page that was waiting would wait for ever: a second router
/// must not do it to the first one's pages.
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Every address this program answers.
pub fn router(state: AppState, policy: Policy) -> Router {
    router_with(state, policy, Router::new())
}

/// The same with some more, which are there while the app has no credentials. What stands below a layer is inside it:
/// the checks of `security` come before anything else sees a request.
fn router_with(state: AppState, policy: Policy, more: Router<AppState>) -> Router {
    tasks::keep_spans();
    let pages = PAGES.clone();
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
        .route("/healthz", routing::get(health::alive))
        .route("/readyz", routing::get(health::ready))
        .route("/csp", routing::post(csp_report::receive))
        .route("/token", routing::post(token::reveal))
        .route("/import", routing::post(import::receive).layer(DefaultBodyLimit::disable()))
        .route("/import/{id}/events", routing::get(import::follow).layer(Extension(Seats::default())))
        .route("/import/{id}/report.csv", routing::get(import::report))
        .route("/import/template/{kind}", routing::get(import::template))
        .route("/import/export/{kind}", routing::get(import::export))
        .route("/api/pagerduty/{*path}", routing::get(api::read))
        .route("/setup.css", routing::get(setup::page::style))
        .nest("/v1", v1::routes())
        .nest("/link", mount::link_routes(&state.connect))
        .route("/api/{*unknown}", routing::any(|| async { StatusCode::NOT_FOUND }))
        .nest_service("/pkg", assets::built(&state.options))
        .route_service("/favicon.svg", assets::file(&state.options, "favicon.svg"))
        .route_service("/robots.txt", assets::file(&state.options, "robots.txt"))
        .merge(more)
        .fallback(fallback)
        .with_state(state)
        .layer(CatchPanicLayer::new())
        // Safe here: no answer holds both a secret and something that another site can choose.
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(policy, security::guard))
}
