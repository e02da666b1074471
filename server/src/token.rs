//! The access token itself, for the person whose it is: deliberately, by POST, where the operator lets them.

use app::ssr::AppState;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

pub(crate) async fn reveal(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if !state.reveals {
        return (StatusCode::FORBIDDEN, "This app does not show tokens: REVEAL_TOKENS is off.")
            .into_response();
    }
    let connect = &state.connect;
    let user = match connect.session(&headers).await {
        Ok(Some(session)) => session.user,
        Ok(None) => {
            return (StatusCode::UNAUTHORIZED, "You are not connected. Connect first.").into_response();
        }
        Err(_) => return unavailable(),
    };
    match connect.reveal(&user, "browser").await {
        Ok(identity) => {
            tracing::warn!(target: "security", event = "token.revealed", user = %user);
            identity.access_token.expose().to_owned().into_response()
        }
        Err(error) if error.is_reconnect_required() => {
            (StatusCode::UNAUTHORIZED, "The connection is over. Connect again.").into_response()
        }
        Err(_) => unavailable(),
    }
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "It cannot be fetched right now. Try again in a moment.")
        .into_response()
}
