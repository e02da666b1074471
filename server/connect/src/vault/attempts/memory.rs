//! Attempts in memory.

use async_trait::async_trait;

use super::store::{AttemptRow, AttemptStore, Taken};
use crate::{
    token::Hash,
    vault::{
        memory::Memory,
        store::{Outcome, Sealed},
    },
};

#[derive(Debug)]
pub(in crate::vault) struct Attempt {
    pub(in crate::vault) row: AttemptRow,
    used: bool,
}

#[async_trait]
impl AttemptStore for Memory {
    async fn put_attempt(
        &self,
        attempt: &AttemptRow,
        link: Option<&Hash>,
        forget_before: i64,
        blank_before: i64,
    ) -> Outcome<bool> {
        let mut tables = self.tables();
        if link.is_some_and(|link| !tables.use_link(link, attempt.started_at)) {
            return Ok(false);
        }
        tables.attempts.retain(|_, a| a.row.started_at >= forget_before);
        for old in tables.attempts.values_mut().filter(|a| a.row.started_at < blank_before) {
            old.row.sealed.bytes.clear();
        }
        tables.attempts.insert(attempt.id, Attempt { row: attempt.clone(), used: false });
        Ok(true)
    }

    async fn take_attempt(
        &self,
        id: &Hash,
        browser: Option<&Hash>,
        _now: i64,
        too_late_before: i64,
    ) -> Outcome<Taken<Sealed>> {
        let mut tables = self.tables();
        Ok(match tables.attempts.get_mut(id) {
            None => Taken::Unknown,
            Some(attempt) if attempt.row.started_at < too_late_before => Taken::TooLate,
            Some(attempt) if attempt.used => Taken::Before,
            Some(attempt) if browser.is_none_or(|b| attempt.row.browser != *b) => Taken::OtherBrowser,
            Some(attempt) => {
                attempt.used = true;
                let bytes = std::mem::take(&mut attempt.row.sealed.bytes);
                Taken::Now(Sealed { key_id: attempt.row.sealed.key_id.clone(), bytes })
            }
        })
    }
}
