//! The token answer (RFC 6749 §5.1), read as forgivingly as is safe: by the time
//! it is here the old refresh token may be spent, so that an answer refused for a
//! detail is a connection lost.

use std::{fmt, time::Duration};

use oauth2::{Scope, TokenResponse, basic::BasicTokenType};
use serde::{Deserialize, Deserializer, Serialize};

use super::Grant;
use crate::{AccessToken, IdToken, RefreshToken, Scopes};

/// Where the answer does not say, an hour is the careful guess (RFC 6749 §5.1
/// lets a server leave it out).
const UNSAID_LIFE: Duration = Duration::from_secs(3600);
/// Nothing PagerDuty issues lives longer.
const LONGEST_LIFE: Duration = Duration::from_secs(366 * 24 * 3600);

#[derive(Clone, Deserialize, Serialize)]
pub(super) struct TokenAnswer {
    access_token: oauth2::AccessToken,
    token_type: BasicTokenType,
    #[serde(default)]
    refresh_token: Option<oauth2::RefreshToken>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    id_token: Option<String>,
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenAnswer(…)")
    }
}

impl TokenResponse for TokenAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &oauth2::AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&oauth2::RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// Read as text from `scope`, by [`TokenAnswer::into_grant`].
    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl TokenAnswer {
    pub(super) fn into_grant(self, took: Duration) -> Grant {
        Grant {
            expires_in: self.expires_in().unwrap_or(UNSAID_LIFE).min(LONGEST_LIFE),
            access: AccessToken::new(self.access_token.into_secret()),
            refresh: self.refresh_token.map(|t| RefreshToken::new(t.into_secret())),
            id_token: self.id_token.map(IdToken::new),
            scopes: Scopes::parse(self.scope.as_deref().unwrap_or_default()),
            took,
        }
    }
}

/// A number, or a number in quotes; anything else counts as not said.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Number(n) => n.as_u64().or(n.as_f64().map(|n| n.max(0.0) as u64)),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}
