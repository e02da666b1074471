//! Pages and server functions of Connect for PagerDuty.
//!
//! One crate, built twice: with `ssr` it renders on the server, with `hydrate`
//! it takes over in the browser. Nothing secret lives here.

// A page is one deeply nested type.
#![recursion_limit = "256"]

pub mod error;
pub mod permission;

pub mod account;
pub mod board;
pub mod connect;
pub mod explorer;
pub mod how;
pub mod import;
pub mod incidents;
pub mod oncalls;
pub mod page;
pub mod services;

pub mod routes;
pub mod ui;

#[cfg(feature = "ssr")]
mod boards;
#[cfg(feature = "ssr")]
pub mod setup;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod ssr;
/// The browser cannot change the status of an answer it already has.
#[cfg(not(feature = "ssr"))]
mod ssr {
    pub fn answer(_status: u16) {}
    pub fn answer_not_understood() {}
}

pub use routes::App;
