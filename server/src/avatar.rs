//! The signed-in person's picture, so that their browser talks to this server alone.

use app::ssr::AppState;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

pub(crate) async fn show(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match picture(&state, &headers).await {
        Ok(Some(avatar)) => ([(header::CONTENT_TYPE, avatar.content_type)], avatar.bytes).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::warn!(event = "avatar.failed", cause = %why);
            StatusCode::NOT_FOUND.into_response()
        }
    }
}

async fn picture(
    state: &AppState,
    headers: &HeaderMap,
) -> Result<Option<pagerduty::Avatar>, Box<dyn std::error::Error + Send + Sync>> {
    let connect = &state.connect;
    let Some(session) = connect.session(headers).await? else { return Ok(None) };
    let Some(connection) = connect.connection(&session.user).await? else { return Ok(None) };
    let Some(address) = connection.about.user.avatar_url else { return Ok(None) };
    Ok(Some(connect.client().avatar(&address).await?))
}
