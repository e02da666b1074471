#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod error;
pub mod http;
pub mod id_token;
pub mod oauth;
pub mod region;
pub mod scope;
pub mod secret;

pub mod api;
pub mod operations;
pub mod page;
pub mod rate;

pub mod abilities;
pub mod escalation_policies;
pub mod incidents;
pub mod licenses;
pub mod oncalls;
pub mod schedules;
pub mod services;
pub mod teams;
pub mod users;

pub mod events;

pub mod import;

mod avatar;
mod client;
mod lenient;
mod observe;
mod reference;

pub use api::{Api, NoRead, Read, Retry};
pub use avatar::Avatar;
pub use client::Client;
pub use error::Error;
pub use escalation_policies::EscalationPolicy;
pub use events::Events;
pub use id_token::{IdTokenError, IdTokens, Identity};
pub use incidents::{Incident, IncidentStatus, Urgency};
pub use oauth::{Grant, OAuth};
pub use observe::Call;
pub use oncalls::OnCall;
pub use operations::Operation;
pub use page::{Page, Pages};
pub use reference::Reference;
pub use region::{Endpoints, Region};
pub use schedules::Schedule;
pub use scope::Scopes;
pub use secret::{AccessToken, ClientSecret, Code, IdToken, RefreshToken, RoutingKey, Verifier};
pub use services::{Service, ServiceStatus};
pub use teams::Team;
pub use users::User;
