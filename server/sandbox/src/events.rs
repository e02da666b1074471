//! The Events API v2: one integration, whose alerts are kept until the next reset.

use std::collections::VecDeque;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::random;
use crate::state::Here;

/// Events of one integration in a minute (PagerDuty docs, “Events API Rate Limits”).
const MOST_IN_A_MINUTE: usize = 120;
const MINUTE_SECS: i64 = 60;
/// Characters of an integration's key.
const KEY_LENGTH: usize = 32;
const MAX_SUMMARY: usize = 1024;
const MAX_DEDUP_KEY: usize = 255;
const MAX_BODY: usize = 512 * 1024;
/// Alerts and events kept; older ones are forgotten.
const MAX_KEPT: usize = 10_000;

/// An alert, as the events about it have made it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Alert {
    pub dedup_key: String,
    /// `triggered`, `acknowledged` or `resolved`.
    pub status: &'static str,
    /// Of the event that opened it.
    pub payload: Value,
    /// What it links to.
    pub links: Value,
    /// How many events it was made of.
    pub events: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Pager {
    alerts: VecDeque<Alert>,
    taken: VecDeque<Timestamp>,
}

pub(crate) fn routes(here: &Here) -> Router {
    Router::new().route("/v2/enqueue", post(enqueue)).with_state(here.clone())
}

async fn enqueue(State(here): State<Here>, body: Bytes) -> Response {
    if body.len() > MAX_BODY {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let event = match read(&here, &body) {
        Ok(event) => event,
        Err(wrong) => {
            let body =
                json!({ "status": "invalid event", "message": "Event object is invalid", "errors": wrong });
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    };
    let mut pager = here.world.pager();
    if !pager.has_room(here.world.clock.now()) {
        let body = json!({
            "status": "throttle exceeded",
            "message": "Requests for this service or event orchestration are arriving too quickly.  Please retry later.",
        });
        return (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    }
    let dedup_key = pager.take(event);
    let body = json!({ "status": "success", "message": "Event processed", "dedup_key": dedup_key });
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

struct Event {
    action: String,
    dedup_key: Option<String>,
    payload: Value,
    links: Value,
}

/// The event, or a sentence for each thing that is wrong with it.
fn read(here: &Here, body: &[u8]) -> Result<Event, Vec<String>> {
    let Ok(Value::Object(mut sent)) = serde_json::from_slice(body) else {
        return Err(vec!["JSON cannot be parsed".to_owned()]);
    };
    let mut wrong = Vec::new();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = text(sent.get("routing_key"));
    if key.chars().count() != KEY_LENGTH {
        wrong.push(format!("Length of 'routing_key' is incorrect (should be {KEY_LENGTH} characters)"));
    } else if key != here.world.routing_key {
        wrong.push("Invalid routing key".to_owned());
    }
    let action = text(sent.get("event_action"));
    if !["trigger", "acknowledge", "resolve"].contains(&action.as_str()) {
        wrong.push("'event_action' is invalid (must be one of: trigger, acknowledge, resolve)".to_owned());
    }
    let dedup_key = Some(text(sent.get("dedup_key"))).filter(|key| !key.is_empty());
    if dedup_key.as_ref().is_some_and(|key| key.chars().count() > MAX_DEDUP_KEY) {
        wrong.push(format!("'dedup_key' is too long (maximum is {MAX_DEDUP_KEY} characters)"));
    }
    if action == "trigger" {
        let payload = |name: &str| text(sent.get("payload").and_then(|payload| payload.get(name)));
        for name in ["summary", "source"] {
            if payload(name).is_empty() {
                wrong.push(format!("'payload.{name}' is missing or blank"));
            }
        }
        if payload("summary").chars().count() > MAX_SUMMARY {
            wrong.push(format!("'payload.summary' is too long (maximum is {MAX_SUMMARY} characters)"));
        }
        if !["critical", "error", "warning", "info"].contains(&payload("severity").as_str()) {
            wrong.push(
                "'payload.severity' is invalid (must be one of: info, warning, error, critical)".to_owned(),
            );
        }
    } else if dedup_key.is_none() {
        wrong.push("'dedup_key' is missing or blank".to_owned());
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut part = |name: &str| sent.remove(name).unwrap_or_default();
    Ok(Event { action, dedup_key, payload: part("payload"), links: part("links") })
}

impl Pager {
    fn has_room(&mut self, now: Timestamp) -> bool {
        while self.taken.front().is_some_and(|at| at.as_second() <= now.as_second() - MINUTE_SECS) {
            self.taken.pop_front();
        }
        let has_room = self.taken.len() < MOST_IN_A_MINUTE;
        if has_room {
            self.taken.push_back(now);
        }
        has_room
    }

    /// The key of the alert that the event is about, whether or not there is one.
    fn take(&mut self, event: Event) -> String {
        let Event { action, dedup_key, payload, links } = event;
        let dedup_key = dedup_key.unwrap_or_else(random::uuid);
        let open =
            self.alerts.iter_mut().find(|alert| alert.dedup_key == dedup_key && alert.status != "resolved");
        match (open, action.as_str()) {
            (Some(alert), action) => {
                alert.events += 1;
                match action {
                    "acknowledge" => alert.status = "acknowledged",
                    "resolve" => alert.status = "resolved",
                    _ => {}
                }
            }
            (None, "trigger") => {
                let dedup_key = dedup_key.clone();
                self.alerts.push_back(Alert { dedup_key, status: "triggered", payload, links, events: 1 });
                if self.alerts.len() > MAX_KEPT {
                    self.alerts.pop_front();
                }
            }
            // What is about no open alert is dropped.
            (None, _) => {}
        }
        dedup_key
    }

    pub(crate) fn alerts(&self) -> Vec<Alert> {
        self.alerts.iter().cloned().collect()
    }
}
