//! The program as browsers and PagerDuty meet it: over HTTP, with a sandbox
//! for PagerDuty. Tests are named after the rows of the security list they show.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop there and say where"
)]

mod harness;

mod alerts;
mod app_tokens;
mod audit;
mod embed;
mod faults;
mod flood;
mod importing;
mod oauth;
mod operations;
mod proxy;
mod refresh;
mod sessions;
mod terminal;
mod tokens;
mod torture;
mod traces;
mod using;
mod v1;

mod config;
mod csrf;
mod edge;
mod limits;
mod metrics;
mod secrets;
mod setup;
mod supply;
