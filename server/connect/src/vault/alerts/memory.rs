//! Alerts in memory: what the SQL says, said of a list.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
// Tests stop it and move it.
use tokio::time::Instant;

use super::{new_id, store::*};
use crate::{
    UserId,
    vault::{memory::Memory, store::Outcome},
};

#[derive(Debug, Default)]
pub(in crate::vault) struct Alerts {
    /// Generations that were told to be broken.
    alarms: HashMap<String, i64>,
    /// In the order they were noted.
    outbox: Vec<(AlertRow, Instant)>,
}

#[async_trait]
impl AlertStore for Memory {
    async fn note_news(&self, ways: &[&str], now: i64) -> Outcome<u64> {
        let mut tables = self.tables();
        let broken: HashMap<String, (i64, &str)> =
            tables.broken().map(|(user, generation, why)| (user, (generation, why.code()))).collect();
        let mut news = Vec::new();
        let over = tables
            .alerts
            .alarms
            .iter()
            .filter(|(user, told)| broken.get(*user).is_none_or(|(generation, _)| generation != *told));
        for user in over.map(|(user, _)| user.clone()).collect::<Vec<_>>() {
            tables.alerts.alarms.remove(&user);
            let how = if tables.has_connection(&user) { WORKS } else { GONE };
            news.push((user, how));
        }
        for (user, (generation, why)) in broken {
            if tables.alerts.alarms.insert(user.clone(), generation).is_none() {
                news.push((user, why));
            }
        }
        for (user, news) in &news {
            for way in ways {
                let row = AlertRow {
                    id: new_id()?,
                    user: UserId::from_row(user.clone()),
                    way: (*way).to_owned(),
                    news: (*news).to_owned(),
                    noted_at: now,
                    tries: 0,
                };
                tables.alerts.outbox.push((row, Instant::now()));
            }
        }
        Ok(news.len() as u64)
    }

    async fn due_alerts(&self, way: &str, limit: i64, hold: Duration) -> Outcome<Vec<AlertRow>> {
        let mut tables = self.tables();
        let (now, mut seen, mut due) = (Instant::now(), Vec::new(), Vec::new());
        for (row, at) in tables.alerts.outbox.iter_mut().filter(|(row, _)| row.way == way) {
            let is_first = !seen.contains(&row.user);
            seen.push(row.user.clone());
            if is_first && *at <= now && due.len() < usize::try_from(limit).unwrap_or(0) {
                *at = now + hold;
                row.tries += 1;
                due.push(row.clone());
            }
        }
        Ok(due)
    }

    async fn postpone_alert(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()> {
        if let Some((_, at)) = self.tables().alerts.outbox.iter_mut().find(|(row, _)| row.id == *id) {
            *at = Instant::now() + due_in;
        }
        Ok(())
    }

    async fn remove_alert(&self, id: &[u8; 16]) -> Outcome<()> {
        self.tables().alerts.outbox.retain(|(row, _)| row.id != *id);
        Ok(())
    }

    async fn forget_alerts(&self, noted_before: i64) -> Outcome<Vec<AlertRow>> {
        let outbox = &mut self.tables().alerts.outbox;
        let old = outbox.extract_if(.., |(row, _)| row.noted_at < noted_before);
        Ok(old.map(|(row, _)| row).collect())
    }
}
