//! The sandbox, used as a client and a browser use it: over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop there and say where"
)]

mod api;
mod authorize;
mod control;
mod events;
mod faults;
mod flow;
mod id_token;
mod pages;
mod refresh;
mod rest;
mod revoke;
mod support;
mod token;
