//! An answer, read to its end.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::log;

#[derive(Clone, Debug)]
pub struct Reply {
    /// 0 when the connection ended without an answer.
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// A `Set-Cookie` line, taken apart. Attribute names are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    pub name: String,
    pub value: String,
    pub attributes: Vec<(String, String)>,
}

impl SetCookie {
    pub fn parse(line: &str) -> Self {
        let mut parts = line.split(';').map(|p| p.trim().split_once('=').unwrap_or((p.trim(), "")));
        let (name, value) = parts.next().unwrap();
        let attributes = parts.map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
        Self { name: name.to_owned(), value: value.to_owned(), attributes }
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Reply {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        Self { status, headers, body }
    }

    /// Reads a raw HTTP/1.1 answer. A chunked body stays as it came.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok());
        let headers = lines.filter_map(|l| l.split_once(':')).map(|(name, value)| {
            (
                HeaderName::from_bytes(name.trim().as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.trim().as_bytes()).unwrap(),
            )
        });
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| {
            map.append(name, value);
        });
        Self { status: status.unwrap_or(0), headers: map, body: body.to_owned() }
    }

    /// The first header of this name, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn cookies(&self) -> Vec<SetCookie> {
        let lines = self.headers.get_all("set-cookie").iter();
        lines.map(|v| SetCookie::parse(v.to_str().unwrap())).collect()
    }

    /// The `data-code` of an error page.
    pub fn problem(&self) -> Option<String> {
        let (_, rest) = self.body.split_once("data-code=\"")?;
        rest.split_once('"').map(|(code, _)| code.to_owned())
    }

    /// What a page is about.
    pub fn main(&self) -> &str {
        let main = self.body.split_once("<main").map_or(self.body.as_str(), |(_, rest)| rest);
        main.split_once("</main>").map_or(main, |(main, _)| main)
    }

    /// The page shows these texts; else says what it does show.
    #[track_caller]
    pub fn assert_shows(&self, texts: &[&str]) {
        let main = self.main();
        for text in texts {
            assert!(main.contains(text), "no {text:?} in status {}, {main}", self.status);
        }
    }

    pub fn request_id(&self) -> &str {
        self.header("x-request-id")
    }

    /// What was logged while this was answered.
    pub fn log(&self) -> Vec<Value> {
        log::lines(self.request_id())
    }

    /// Exactly one line of this event, with this reason, was logged for this
    /// request: at warning or above, with a time in UTC.
    pub fn assert_event(&self, event: &str, reason: Option<&str>) {
        let lines = self.log();
        let found: Vec<&Value> = lines.iter().filter(|l| l["event"] == event).collect();
        assert_eq!(found.len(), 1, "event {event} of request {}: {lines:#?}", self.request_id());
        assert!(found[0]["timestamp"].as_str().is_some_and(|t| t.ends_with('Z')), "{found:?}");
        if let Some(reason) = reason {
            assert_eq!(found[0]["reason"], reason, "{found:?}");
        }
    }
}
