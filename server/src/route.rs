//! Where a request leads, as the author of the route wrote it: `/import/{id}`, without what anybody put into it.

use axum::extract::{MatchedPath, Request};

/// None where no route fits.
pub(crate) fn of(request: &Request) -> Option<String> {
    let route = request.extensions().get::<MatchedPath>()?.as_str();
    // Of a folder, axum names its own part too.
    Some(route.split("/{*__private").next().unwrap_or(route).to_owned())
}
