//! The client against a sandbox: a PagerDuty that runs on this machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop there and say where"
)]

mod errors;
mod lists;
mod rate;
mod requests;
mod retries;
mod support;
mod writes;
