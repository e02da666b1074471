//! "How this worked": the steps of the flow that just happened.

use leptos::prelude::*;

use crate::{board::Board, error::AppError};

/// One request of the flow.
#[derive(Clone, Debug)]
pub struct Step {
    /// "Your browser asked PagerDuty to sign you in".
    pub title: String,
    /// What it is for, in two or three sentences.
    pub purpose: String,
    /// Who spoke to whom: "Browser → PagerDuty", "This server → PagerDuty".
    pub between: String,
    /// Whether the browser had no part in it.
    pub back_channel: bool,
    pub method: String,
    /// Address without query or body.
    pub address: String,
    /// "Query", "Form body" or "Headers" parts, in the order sent.
    pub parameters: Vec<Parameter>,
    /// What came back, where it is worth showing.
    pub answer: Vec<Parameter>,
    /// HTTP status; none where the browser alone saw it.
    pub status: Option<String>,
    /// How long it took, "12 ms"; none for the steps a person takes.
    pub took: Option<String>,
    /// The clause that defines it: "RFC 6749 §4.1.1".
    pub source: String,
}

/// One parameter, explained.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    /// The value, or a masked stand-in.
    pub value: String,
    /// Whether `value` is a stand-in for a secret.
    pub masked: bool,
    /// One line on what it does.
    pub meaning: String,
}

/// The steps that connected this person.
#[server(endpoint = "how_it_worked")]
pub async fn how_it_worked() -> Result<Board, AppError> {
    crate::ssr::how_it_worked().await
}
