//! The pages that the server writes whole. Nothing of it is in the browser's half: see [`crate::board`].

pub(crate) mod connection;
pub(crate) mod explorer;
pub(crate) mod how;
pub(crate) mod import;
pub(crate) mod incidents;
pub(crate) mod oncalls;
pub(crate) mod outcome;
pub(crate) mod parts;
pub(crate) mod services;

mod step;
mod timeline;
