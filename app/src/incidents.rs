//! The account's incidents: found, acknowledged, resolved.

use leptos::prelude::*;

use crate::{board::Board, error::AppError};

/// The incidents that fit what the address asks for.
#[server(endpoint = "incidents")]
pub async fn incidents(query: String) -> Result<Board, AppError> {
    crate::ssr::incidents(&query).await
}

/// Acknowledges or resolves the incidents of a form, and leads back to the page with what became of each.
#[server(endpoint = "change_incidents")]
pub async fn change_incidents(
    #[server(default)] ids: Vec<String>,
    to: String,
    return_to: String,
) -> Result<(), AppError> {
    crate::ssr::change_incidents(ids, &to, &return_to).await
}
