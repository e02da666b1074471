//! Loading users and services from files: what was loaded, what is to be done, and how far it is.

use leptos::prelude::*;

use crate::{board::Board, error::AppError};

/// Where files are loaded, and what became of those that were.
#[server(endpoint = "imports")]
pub async fn imports(query: String) -> Result<Board, AppError> {
    crate::ssr::imports(&query).await
}

/// One import, whatever it is at; none where there is none of that name, or it is somebody else's.
#[server(endpoint = "import")]
pub async fn import(id: String, query: String) -> Result<Option<Board>, AppError> {
    crate::ssr::import(&id, &query).await
}

/// Leaves rows of a plan out, or takes them in again, and leads back to the page.
#[server(endpoint = "import_choose")]
pub async fn choose_rows(
    id: String,
    #[server(default)] rows: Vec<String>,
    to: String,
    return_to: String,
) -> Result<(), AppError> {
    crate::ssr::choose_rows(&id, &rows, &to, &return_to).await
}

/// Applies an import, stops it for a while, goes on, ends it, plans its failed rows anew, or plans to undo it.
#[server(endpoint = "import_change")]
pub async fn change_import(id: String, to: String) -> Result<(), AppError> {
    crate::ssr::change_import(&id, &to).await
}
