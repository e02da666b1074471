//! Secrets: where they are, and everywhere they are not.

mod events;
mod printed;
mod rotation;
mod sealed;
mod sweep;
