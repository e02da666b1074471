//! Every operation of the API: what it needs, and what it answers.

use leptos::prelude::*;

use crate::{board::Board, error::AppError};

/// The operations that fit what the address asks for, and the answer of one where it says so.
#[server(endpoint = "explorer")]
pub async fn explorer(query: String) -> Result<Board, AppError> {
    crate::ssr::explorer(&query).await
}
