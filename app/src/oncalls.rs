//! Who is on call, now and over the next days.

use leptos::prelude::*;

use crate::{board::Board, error::AppError};

/// The shifts that fit what the address asks for.
#[server(endpoint = "on_call")]
pub async fn on_call(query: String) -> Result<Board, AppError> {
    crate::ssr::on_call(&query).await
}
