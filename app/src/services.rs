//! The account's services.

use leptos::prelude::*;

use crate::{board::Board, error::AppError};

/// The services that fit what the address asks for.
#[server(endpoint = "services")]
pub async fn services(query: String) -> Result<Board, AppError> {
    crate::ssr::services(&query).await
}
