//! Secrets: where they are, and everywhere they are not.

mod events;
mod printed;
mod sealed;
mod sweep;
