//! Things that go wrong on purpose.

mod body;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use body::{Flood, Half};

/// The sentence for a write that meets another.
pub(crate) const LOCKED: &str =
    "License error: Unable to perform request at this time. account could not be locked";
/// Bytes of a flood that is cut half-way.
const MUCH: u64 = 256 * 1024;

/// When a connection is reset, seen from the effect of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Nothing has happened.
    Before,
    /// It has happened, and half of the answer's body has gone out, or none of an empty one that was promised to hold
    /// something. An answer that can have no body is lost whole.
    During,
    /// The code is used, the token issued; only the answer is lost.
    After,
}

/// What goes wrong, for which requests, how often. Made with [`Fault::on`]; the same fields are the JSON of
/// `POST /_sandbox/faults`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fault {
    /// Only this method; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only this path; with a `*` at its end, every path that starts so; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only a form body with this `grant_type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// Only this listener: `main` or `eu`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// How many requests it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// Wait so long before anything happens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay_ms: u64,
    /// Wait so long after the effect, before the answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay_after_ms: u64,
    /// Reset the connection instead of answering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// Answer with this status instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether the request has its effect before `status` replaces the answer.
    #[serde(default)]
    pub effect: bool,
    /// After `body`, this many bytes of `x`; `u64::MAX` never ends.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flood_bytes: u64,
    /// Send `body` and the flood one byte at a time, this far apart; not with [`Reset::During`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drip_ms: u64,
}

impl Fault {
    /// A fault for one request of this method and path. Alone it changes nothing; say what goes wrong.
    pub fn on(method: &str, path: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            grant_type: None,
            listener: None,
            times: 1,
            delay_ms: 0,
            delay_after_ms: 0,
            reset: None,
            status: None,
            headers: BTreeMap::new(),
            body: None,
            effect: false,
            flood_bytes: 0,
            drip_ms: 0,
        }
    }

    /// What PagerDuty answers when two writes meet: a 400 that passes by itself.
    #[must_use]
    pub fn locked(method: &str, path: &str) -> Self {
        let body =
            json!({ "error": { "message": "Invalid Input Provided", "code": 2001, "errors": [LOCKED] } });
        Self::on(method, path).status(400).header("content-type", "application/json").body(&body.to_string())
    }

    #[must_use]
    pub fn grant_type(mut self, grant_type: &str) -> Self {
        self.grant_type = Some(grant_type.to_owned());
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }

    #[must_use]
    pub fn delay(mut self, delay: std::time::Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    #[must_use]
    pub fn delay_after(mut self, delay: std::time::Duration) -> Self {
        self.delay_after_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    #[must_use]
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = Some(reset);
        self
    }

    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// The request has its effect, and then `status` replaces the answer.
    #[must_use]
    pub fn after_the_effect(mut self) -> Self {
        self.effect = true;
        self
    }

    #[must_use]
    pub fn flood(mut self, bytes: u64) -> Self {
        self.flood_bytes = bytes;
        self
    }

    #[must_use]
    pub fn endless(self) -> Self {
        self.flood(u64::MAX)
    }

    #[must_use]
    pub fn drip(mut self, gap: std::time::Duration) -> Self {
        self.drip_ms = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Why this fault cannot be used, if it cannot.
    pub(crate) fn wrong(&self) -> Option<String> {
        if let Some(status) = self.status
            && !(200..=599).contains(&status)
        {
            return Some(format!("status {status} is not between 200 and 599"));
        }
        if let Some(listener) = &self.listener
            && listener != "main"
            && listener != "eu"
        {
            return Some(format!("listener {listener:?} is neither \"main\" nor \"eu\""));
        }
        let bad = |(name, value): (&String, &String)| {
            (HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err())
                .then(|| name.clone())
        };
        self.headers.iter().find_map(bad).map(|name| format!("{name:?} is not a header that can be sent"))
    }

    pub(crate) fn strikes(
        &self,
        listener: &str,
        method: &Method,
        path: &str,
        grant_type: Option<&str>,
    ) -> bool {
        let fits =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let path_fits = match self.path.as_deref() {
            None => true,
            Some(wanted) => match wanted.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == wanted,
            },
        };
        path_fits
            && fits(&self.listener, listener)
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
            && self.grant_type.as_deref().is_none_or(|wanted| grant_type == Some(wanted))
    }

    /// Whether it gives an answer of its own.
    pub(crate) fn replaces_answer(&self) -> bool {
        self.status.is_some() || self.body.is_some() || self.flood_bytes > 0 || !self.headers.is_empty()
    }

    pub(crate) fn answer(&self) -> Response {
        let status = self.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
        let mut text = self.body.clone().unwrap_or_default();
        let body = if self.reset == Some(Reset::During) {
            // Half of what has no end is as good as half of much.
            let much = usize::try_from(self.flood_bytes.min(MUCH)).unwrap_or_default();
            text.push_str(&"x".repeat(much));
            Body::from(text)
        } else if self.flood_bytes > 0 || self.drip_ms > 0 {
            Body::new(Flood::new(text.into_bytes(), self.flood_bytes, self.drip_ms))
        } else {
            Body::from(text)
        };
        let mut response = (status, body).into_response();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn once() -> u32 {
    1
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}
