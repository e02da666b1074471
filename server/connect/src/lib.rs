#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod alerts;
pub mod audit;
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

#[cfg(feature = "axum")]
pub mod mount;
pub mod sender;

pub mod api_key;
pub mod link;

mod app_token;
mod attempt;
mod begin;
mod callback;
mod clock;
mod cookies;
mod finish;
mod identities;
mod identity;
mod local_path;
mod owner;
mod sweep;
mod token;
mod user_id;
mod words;

pub use alerts::{Alerting, Webhook, WebhookSecret};
pub use api_key::ApiKey;
pub use app_token::{Account, AppToken};
pub use begin::Begun;
pub use checkup::{Finding, Verdict};
pub use clock::Clock;
pub use connect::{Connect, Registration};
pub use error::Error;
pub use event::Event;
pub use finish::Finished;
pub use identities::{Deleted, Filter, Found, Page};
pub use identity::{About, Identity};
pub use imports::{Import, ImportError, ImportOptions};
pub use local_path::LocalPath;
pub use owner::Owner;
pub use revoke::Disconnected;
pub use session::Session;
pub use state::{Connection, Reason, State, Times, Trouble};
pub use user_id::UserId;
pub use vault::{Vault, VaultError};
pub use words::Words;
