#![doc = include_str!("../README.md")]

mod options;
mod sandbox;

mod front;
mod serve;

mod api;
mod avatar;
mod control;
mod events;
mod oauth;

mod faults;
mod recorder;
mod switches;

mod account;
mod seed;
mod state;

mod clock;
mod html;
mod params;
mod random;

pub use events::Alert;
pub use faults::{Fault, Reset};
pub use options::{Options, Size};
pub use recorder::Recorded;
pub use sandbox::Sandbox;
pub use seed::{Region, Role};
pub use state::{TokenKind, TokenStatus};
pub use switches::*;
