//! What every home must do (`vault/store.rs` says it in words), shown for each of
//! them by the same tests, and once more through the seal where that says more.

use std::{fmt::Debug, sync::Arc, time::Duration};

use tokio::sync::Barrier;

use super::store::*;
use crate::{UserId, Vault, state::Times, token::Hash};

/// Makes tests of each function, one for each of the homes: `leases::…::sqlite`.
macro_rules! show_for {
    ($homes:tt: { $($test:ident),+ $(,)? }) => { $(show_for!(@ $test $homes);)+ };
    (@ $test:ident [$($home:ident),+]) => {
        mod $test {
            use crate::vault::contract::home::{Home, show};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $home() {
                    show(Home::$home().await, super::$test).await;
                }
            )+
        }
    };
}

mod alerts;
mod api;
mod attempts;
mod audit;
mod connections;
mod database;
mod fences;
mod grants;
mod home;
mod imports;
mod keys;
mod leases;
mod opening;
mod refusals;
mod revocations;
mod rotation;
mod seals;
mod sessions;
mod setup;

/// A key the database of [`home::Home::store`] knows.
const KEY: &str = "first key";
/// Longer than any test.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// Makes so many calls at once, each from a task of its own.
async fn at_once<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let task = |i| {
        let (start, call) = (Arc::clone(&start), call(i));
        tokio::spawn(async move {
            start.wait().await;
            call.await
        })
    };
    let tasks: Vec<_> = (0..count).map(task).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn count<T>(answers: &[T], is: impl Fn(&T) -> bool) -> usize {
    answers.iter().filter(|answer| is(answer)).count()
}

fn user(name: &str) -> UserId {
    UserId::from_row(format!("PACCT/{name}"))
}

fn id(byte: u8) -> Hash {
    [byte; 32]
}

fn sealed(text: &str) -> Sealed {
    Sealed { key_id: KEY.into(), bytes: text.into() }
}

fn content(generation: i64) -> Content {
    let times = Times {
        connected_at: 1000,
        refreshed_at: 1000 + generation,
        access_until: 2000 + generation,
        idle_until: 3000 + generation,
        window_until: 9000,
    };
    let text = |name| format!("{name} of generation {generation}").into_bytes();
    Content { generation, tokens: text("tokens"), about: text("about"), times }
}

fn session(byte: u8, user: &UserId) -> SessionRow {
    let started_at = 1000 + i64::from(byte);
    SessionRow {
        id: id(byte),
        user: user.clone(),
        browser: format!("browser {byte}"),
        started_at,
        seen_at: started_at,
        ended: None,
    }
}

fn revocation(byte: u8) -> RevocationRow {
    let sealed = sealed(&format!("tokens to revoke {byte}"));
    RevocationRow { id: [byte; 16], sealed, created_at: i64::from(byte), tries: 0 }
}

/// Keeps these to be revoked, by whoever asks next.
async fn keep_to_revoke(vault: &Vault, text: &str, now: i64) {
    let id = vault.keep_to_revoke(&grants::tokens(text), now).await.unwrap();
    vault.postpone_revocation(&id, Duration::ZERO).await.unwrap();
}

/// A connection of generation 1, with the session of that number.
async fn connect(store: &dyn Store, user: &UserId, byte: u8) {
    let row = (&sealed("data key"), &content(1));
    assert!(store.put_connection(user, row, None, Some(&session(byte, user)), None, None).await.unwrap());
}

async fn connection(store: &dyn Store, user: &UserId) -> ConnectionRow {
    store.connection(user).await.unwrap().expect("there is a connection")
}

/// Everything a person has, to be compared.
async fn picture(store: &dyn Store, user: &UserId) -> String {
    let connection = store.connection(user).await.unwrap();
    let sessions = store.sessions_of(user).await.unwrap();
    text(&(connection, sessions))
}

fn text(value: &impl Debug) -> String {
    format!("{value:?}")
}

/// The revocations that are due, in order, and not for long.
async fn due(store: &dyn Store) -> Vec<[u8; 16]> {
    let rows = store.due_revocations(100, LONG).await.unwrap();
    let mut ids: Vec<_> = rows.into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}
