//! What was consented to, and the tokens that stand for it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::seed::Region;

/// One person's agreement with one app; every token issued from it points here.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    /// `None` for an app token, which acts for nobody.
    pub(crate) person: Option<String>,
    pub(crate) region: Region,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) delegation_id: String,
    pub(crate) sid: String,
    pub(crate) auth_time: Timestamp,
    /// The start of the window beyond which nothing can be refreshed.
    pub(crate) began: Timestamp,
}

impl Consent {
    pub(crate) fn scope(&self) -> String {
        self.scopes.join(" ")
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    Access,
    Refresh,
    /// From `client_credentials`: acts for the app, not for a person.
    App,
}

pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) value: String,
    pub(crate) consent: Arc<Consent>,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) revoked: bool,
    /// When a refresh token was used.
    pub(crate) rotated: Option<Timestamp>,
}

/// What may be told of a token without giving it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenStatus {
    pub kind: TokenKind,
    /// The person's e-mail; `None` for an app token.
    pub user: Option<String>,
    pub region: Region,
    /// The beginning and the end of the token.
    pub masked: String,
    pub scope: String,
    pub issued: Timestamp,
    pub expires: Timestamp,
    pub revoked: bool,
    /// A refresh token that was used and replaced.
    pub rotated: bool,
}

impl Token {
    pub(crate) fn status(&self, user: Option<String>) -> TokenStatus {
        let start: String = self.value.chars().take(8).collect();
        let end: String = self.value.chars().skip(self.value.chars().count().saturating_sub(4)).collect();
        TokenStatus {
            kind: self.kind,
            user,
            region: self.consent.region,
            masked: format!("{start}…{end}"),
            scope: self.consent.scope(),
            issued: self.issued,
            expires: self.expires,
            revoked: self.revoked,
            rotated: self.rotated.is_some(),
        }
    }
}
