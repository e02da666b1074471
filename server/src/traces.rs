//! Traces for OpenTelemetry: how long a request took, and what of it PagerDuty did. None unless a collector is named.
//!
//! A thread of their own sends them, some at once, and nobody waits for it: what its queue cannot take is dropped. What
//! may leave is listed in `traces/listed.rs`; everything else stays.

use std::time::Duration;

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};
use pagerduty::http::Http;
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::config;

mod listed;
mod sender;

pub(crate) use listed::{METHOD, REQUEST, ROUTE, STATUS};
use sender::Sender;

/// Spans that wait, at most,
const QUEUE: usize = 2048;
/// and for no longer than this;
const EVERY: Duration = Duration::from_secs(2);
/// sent so many at once.
const AT_ONCE: usize = 512;

/// Where spans go, if they go anywhere. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Nothing is sent yet. Every choice is made here: the SDK would take the others from the environment.
    pub(crate) fn to(collector: &config::Traces) -> Result<Self, pagerduty::Error> {
        let Some(to) = collector.endpoint.clone() else { return Ok(Self::default()) };
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(AT_ONCE)
            .with_scheduled_delay(EVERY)
            .build();
        let service = KeyValue::new("service.name", collector.service.clone());
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::new(Sender::new(Http::new()?, to), batches))
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
            .with_resource(Resource::builder_empty().with_attributes([service, version]).build())
            .build();
        Ok(Self(Some(provider)))
    }

    /// Takes the spans that are listed, and no event.
    pub(crate) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let provider = self.0.as_ref()?;
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("pdconnect"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            // A span's parent is the one around it, whichever thread it is on.
            .with_context_activation(false);
        Some(layer.with_filter(filter_fn(listed::is_listed)))
    }

    /// Sends what waits, for no longer than this, and nothing from then on.
    pub(crate) async fn finish(&self, patience: Duration) {
        let Some(provider) = self.0.clone() else { return };
        let finishing = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(patience));
        if !matches!(finishing.await, Ok(Ok(()))) {
            tracing::warn!(event = "traces.cut", "traces that waited were not sent");
        }
    }
}
