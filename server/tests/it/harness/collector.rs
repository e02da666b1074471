//! An OpenTelemetry collector, which keeps what it is sent and answers as a test tells it to.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request, http::StatusCode, response::IntoResponse};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, Span},
};
use prost::Message as _;
use tokio::net::TcpListener;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    With(u16),
    /// Nothing, for ever.
    Never,
}

/// Request line and headers as text, and the body.
pub type Message = (String, Vec<u8>);

#[derive(Clone)]
pub struct Collector {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    answers: Arc<Mutex<Answers>>,
    heard: Arc<Mutex<Vec<Message>>>,
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Answers::With(200)));
        let collector = Self { url, answers, heard: Arc::default() };
        let this = collector.clone();
        let router = Router::new().fallback(move |request: Request| this.clone().hear(request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        collector
    }

    async fn hear(self, request: Request) -> impl IntoResponse {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 16 << 20).await.unwrap().to_vec();
        let head = format!("{} {}\n{:?}", head.method, head.uri, head.headers);
        self.heard.lock().unwrap().push((head, body));
        let answers = *self.answers.lock().unwrap();
        match answers {
            Answers::With(status) => StatusCode::from_u16(status).unwrap(),
            Answers::Never => pending().await,
        }
    }

    pub fn answer(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    pub fn heard(&self) -> Vec<Message> {
        self.heard.lock().unwrap().clone()
    }

    /// Every byte of it.
    pub fn bytes(&self) -> Vec<u8> {
        self.heard().into_iter().flat_map(|(head, body)| [head.into_bytes(), body].concat()).collect()
    }

    pub fn resources(&self) -> Vec<ResourceSpans> {
        let decode = |(_, body): Message| ExportTraceServiceRequest::decode(&*body).unwrap();
        self.heard().into_iter().map(decode).flat_map(|message| message.resource_spans).collect()
    }

    pub fn spans(&self) -> Vec<Span> {
        let scopes = self.resources().into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

/// By key, as text.
pub fn attributes(of: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("neither text nor a number: {other:?}"),
    };
    let value = |it: &KeyValue| text(it.value.as_ref().unwrap().value.as_ref().unwrap());
    of.iter().map(|it| (it.key.as_str(), value(it))).collect()
}
