//! Classic paging: `limit`, `offset`, `more`, and `total` for those who ask (PagerDuty docs, “Pagination”).

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::errors;
use crate::switches::LimitOver100;

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;
/// Nothing beyond is ever listed, however many there are.
const WALL: usize = 10_000;

const BEYOND: &str = "Offset+limit exceeds maximum allowed value of 10000. Please try to refine your search to \
                      reduce the returned set of records below this number, like adding a date range.";

#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    limit: usize,
    offset: usize,
    with_total: bool,
}

impl Page {
    pub(super) fn of(call: &Call) -> Result<Self, Response> {
        let number = |name: &str, default: usize| match call.query.get(name) {
            None => Ok(default),
            Some(text) => {
                text.parse().map_err(|_| errors::bad_arguments(&format!("{name} must be a whole number.")))
            }
        };
        let mut limit = number("limit", DEFAULT_LIMIT)?;
        let offset = number("offset", 0)?;
        if limit == 0 {
            return Err(errors::bad_arguments("limit must be at least 1."));
        }
        if limit > MAX_LIMIT && call.switches.limit_over_100 == LimitOver100::Refuse {
            return Err(errors::bad_arguments("limit cannot exceed 100."));
        }
        limit = limit.min(MAX_LIMIT);
        if offset.saturating_add(limit) > WALL {
            return Err(errors::bad_arguments(BEYOND));
        }
        Ok(Self { limit, offset, with_total: matches!(call.query.get("total"), Some("true" | "True" | "1")) })
    }

    /// Cuts the page out of everything that was found, and writes only that.
    pub(super) fn of_all<T>(self, key: &str, found: &[T], show: impl Fn(&T) -> Value) -> Response {
        let shown: Vec<Value> = found.iter().skip(self.offset).take(self.limit).map(show).collect();
        let mut body = Map::new();
        body.insert(key.to_owned(), Value::Array(shown));
        body.insert("limit".to_owned(), json!(self.limit));
        body.insert("offset".to_owned(), json!(self.offset));
        body.insert("more".to_owned(), json!(found.len() > self.offset.saturating_add(self.limit)));
        body.insert("total".to_owned(), json!(self.with_total.then_some(found.len())));
        Json(body).into_response()
    }
}
