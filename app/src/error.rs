//! What a page shows when something could not be done.
//!
//! Coarse, serialisable and finished: the server writes the sentences, the
//! browser only shows them. Causes are logged where the error is made.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

use crate::permission::Permission;

#[cfg(feature = "ssr")]
mod ssr;

/// An error in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    /// A stable word for tests and styles, for example `denied`.
    pub code: String,
    /// What happened, in a few words.
    pub title: String,
    /// Why, in a sentence or two.
    pub detail: String,
    /// What the reader can do next.
    pub next: String,
    /// What PagerDuty itself said, where it said something fit to show.
    pub said: Option<String>,
    /// Permissions that were asked for and are needed, but were not granted.
    pub missing: Vec<Permission>,
    /// Whether connecting again is the way on; else it is the first page.
    pub can_connect: bool,
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// Reached in the browser when the server could not be asked at all, and on
    /// the server when it cannot read what it was sent.
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        crate::ssr::answer_not_understood();
        Self {
            code: "unreachable".into(),
            title: "No answer from this app".into(),
            detail: "The server could not be reached, or it answered something this page does not know."
                .into(),
            next: "Check your connection, then reload the page.".into(),
            said: None,
            missing: Vec::new(),
            can_connect: false,
        }
    }
}
