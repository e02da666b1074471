//! The filters of lists.

use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::call::Call;
use super::errors;

/// What every list is narrowed by. A filter that was not sent lets everything through.
pub(super) struct Find<'a> {
    call: &'a Call,
}

impl<'a> Find<'a> {
    pub(super) fn by(call: &'a Call) -> Self {
        Self { call }
    }

    /// `query`: some part of the name, whatever its case.
    pub(super) fn words(&self, name: &str) -> bool {
        let Some(query) = self.call.query.get("query") else { return true };
        name.to_lowercase().contains(&query.to_lowercase())
    }

    /// `team_ids[]` and its like: one of the ids.
    pub(super) fn ids(&self, filter: &str) -> Option<Vec<&'a str>> {
        let ids = self.call.query.all(filter);
        (!ids.is_empty()).then_some(ids)
    }

    /// `team_ids[]`, which an account without teams may not even ask.
    pub(super) fn teams(&self) -> Result<Option<Vec<&'a str>>, Response> {
        let ids = self.ids("team_ids[]");
        if ids.is_some() {
            self.call.needs_ability("teams")?;
        }
        Ok(ids)
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Response> {
        let Some(text) = self.call.query.get(name) else { return Ok(None) };
        let read = read_time(text);
        read.map(Some).ok_or_else(|| errors::bad_arguments(&format!("{name} must be an ISO 8601 date.")))
    }
}

/// A filter lets through what it names one of.
pub(super) fn lets<'a>(filter: Option<&Vec<&str>>, ids: impl IntoIterator<Item = &'a str>) -> bool {
    filter.is_none_or(|wanted| ids.into_iter().any(|id| wanted.contains(&id)))
}

/// With an offset, or without one in UTC; a bare date is its first moment.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
