#![doc = include_str!("../README.md")]

pub mod error;
pub mod http;
pub mod id_token;
pub mod oauth;
pub mod region;
pub mod scope;
pub mod secret;
pub mod users;

mod avatar;
mod client;

pub use avatar::Avatar;
pub use client::Client;
pub use error::Error;
pub use id_token::{IdTokenError, IdTokens, Identity};
pub use oauth::{Grant, OAuth};
pub use region::{Endpoints, Region};
pub use scope::Scopes;
pub use secret::{AccessToken, ClientSecret, Code, IdToken, RefreshToken, Verifier};
pub use users::User;
