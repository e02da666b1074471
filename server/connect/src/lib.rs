#![doc = include_str!("../README.md")]

pub mod checkup;
pub mod connect;
pub mod error;
pub mod event;
pub mod imports;
pub mod refresh;
pub mod revoke;
pub mod session;
pub mod state;
pub mod vault;
pub mod walkthrough;

mod attempt;
mod callback;
mod clock;
mod cookies;
mod identity;
mod local_path;
mod sweep;
mod token;
mod user_id;

pub use checkup::{Finding, Verdict};
pub use clock::Clock;
pub use connect::{Begun, Connect, Finished, Registration};
pub use error::Error;
pub use event::Event;
pub use identity::{About, Identity};
pub use imports::{Import, ImportError, ImportOptions};
pub use local_path::LocalPath;
pub use revoke::Disconnected;
pub use session::Session;
pub use state::{Connection, Reason, State, Times, Trouble};
pub use user_id::UserId;
pub use vault::{Vault, VaultError};
