#![doc = include_str!("../README.md")]

pub mod connect;
pub mod error;
pub mod session;
pub mod vault;
pub mod walkthrough;

mod attempt;
mod callback;
mod clock;
mod cookies;
mod identity;
mod local_path;
mod token;
mod user_id;

pub use clock::Clock;
pub use connect::{Begun, Connect, Disconnected, Finished, Registration};
pub use error::Error;
pub use identity::About;
pub use local_path::LocalPath;
pub use session::Session;
pub use user_id::UserId;
pub use vault::{Vault, VaultError};
