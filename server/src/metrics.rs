//! Figures for Prometheus, on a listener of their own: `GET /metrics`, and nothing else. No label names a person, an
//! address or an id.
//!
//! Whoever counts adds to an atomic number; only the first of a kind (a route, a status) waits for the list of kinds. What
//! the database knows is asked for when somebody looks, at most every [`AT_MOST_EVERY`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing,
};
use pagerduty_connect::Connect;
use prometheus_client::{encoding::text, registry::Registry};
use tokio::{sync::Mutex, time::timeout};

use crate::route;

mod counts;
mod seconds;

use counts::Counts;

/// Several that look at once, or often, ask the database once.
const AT_MOST_EVERY: Duration = Duration::from_secs(5);
/// A database that is slower than this is told as down: who looks waits no longer.
const PATIENCE: Duration = Duration::from_secs(2);

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// What is counted, and who is asked for the rest. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    counts: Counts,
    connect: Connect,
    /// When the database was asked last.
    asked: Mutex<Option<Instant>>,
}

impl Metrics {
    /// Counts from now on.
    pub fn of(connect: &Connect) -> Self {
        let mut registry = Registry::with_prefix("pdconnect");
        let counts = Counts::register(&mut registry, connect.now());
        connect.listen({
            let counts = counts.clone();
            move |event| counts.event(event)
        });
        connect.watch_calls({
            let counts = counts.clone();
            move |call| counts.call(call)
        });
        let connect = connect.clone();
        Self(Arc::new(Inner { registry, counts, connect, asked: Mutex::new(None) }))
    }

    /// Counts every request that `router` answers.
    pub fn watch(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), count))
    }

    /// What the other listener serves.
    pub fn router(&self) -> Router {
        Router::new().route("/metrics", routing::get(show)).with_state(self.clone())
    }

    /// A look never fails over the database.
    async fn ask_vault(&self) {
        let Inner { counts, connect, asked, .. } = &*self.0;
        let mut asked = asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < AT_MOST_EVERY) {
            return;
        }
        match timeout(PATIENCE, connect.vault().census()).await {
            Ok(Ok(census)) => counts.vault(Some(&census)),
            _ => counts.vault(None),
        }
        counts.rates(connect.client().rates());
        *asked = Some(Instant::now());
    }
}

async fn show(State(metrics): State<Metrics>) -> Response {
    metrics.ask_vault().await;
    let mut told = String::new();
    match text::encode(&mut told, &metrics.0.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], told).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let route = route::of(&request).unwrap_or_else(|| "none".to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    metrics.0.counts.request(route, response.status(), began.elapsed());
    response
}
