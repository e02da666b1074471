//! From the SDK's thread to the collector: OTLP over HTTP, in Protocol Buffers, by the one HTTP client there is.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{
        common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use pagerduty::http::Http;
use prost::Message;
use tokio::runtime::Handle;
use url::Url;

use super::listed;

const PROTOBUF: &str = "application/x-protobuf";

#[derive(Debug)]
pub(super) struct Sender {
    http: Http,
    to: Url,
    /// The client needs it, and the SDK's thread has none.
    runtime: Handle,
    resource: ResourceAttributesWithSchema,
    /// Whether the log says that nothing arrives: once, not for each batch.
    is_told: AtomicBool,
}

impl Sender {
    pub(super) fn new(http: Http, to: Url) -> Self {
        let (runtime, resource) = (Handle::current(), ResourceAttributesWithSchema::default());
        Self { http, to, runtime, resource, is_told: AtomicBool::new(false) }
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), String> {
        let (http, to) = (self.http.clone(), self.to.clone());
        let sent = self.runtime.spawn(async move { http.deliver(&to, PROTOBUF, &[], message).await });
        match sent.await.map_err(|_| "the program stops")? {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(format!("it answered {}", answer.status)),
            Err(pagerduty::Error::Unreachable { why, .. }) => Err(why),
            Err(pagerduty::Error::Redirected(status)) => {
                Err(format!("it answered with a redirect ({status})"))
            }
            Err(e) => Err(e.kind().to_owned()),
        }
    }
}

impl SpanExporter for Sender {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.into_iter().filter_map(listed::as_listed).collect();
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        let sent = self.send(ExportTraceServiceRequest { resource_spans }.encode_to_vec()).await;
        let was_told = self.is_told.swap(sent.is_err(), Ordering::Relaxed);
        match &sent {
            Ok(()) if was_told => tracing::info!(event = "traces.back"),
            Err(why) if !was_told => {
                tracing::warn!(event = "traces.lost", cause = why, "the collector takes no traces");
            }
            _ => {}
        }
        sent.map_err(OTelSdkError::InternalFailure)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
