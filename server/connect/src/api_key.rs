//! Keys that programs in other languages ask for identities with. The operator issues them; whoever holds one gets
//! what its scopes allow, for every user of the application it was made for.

use std::fmt;

use url::Url;

use crate::{
    Connect, Error, Event,
    token::{self, Hash},
    vault::ApiKeyRow,
};

/// Tells what a key is to whoever finds one, people and scanners.
const PREFIX: &str = "pdc_";
/// When a key was last used is written at most this often.
const TOUCH_SECS: i64 = 60;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyScope {
    /// See who is connected, and how it stands. No tokens.
    Read,
    /// Get fresh access tokens.
    Token,
    /// Make links by which people connect.
    Connect,
    /// Disconnect people.
    Delete,
}

impl KeyScope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Token, Self::Connect, Self::Delete];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "identities.read",
            Self::Token => "identities.token",
            Self::Connect => "connect",
            Self::Delete => "identities.delete",
        }
    }

    /// Reads what [`KeyScope::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A key about to be issued.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// To tell it from others by: which program has it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// Origins (`https://app.example`) that its links may lead back to.
    pub return_to: Vec<Url>,
    /// When it ends, in Unix seconds.
    pub expires_at: Option<i64>,
}

/// A key as the operator sees it: everything but itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// To speak of it by. Not secret.
    pub id: String,
    /// Which program has it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// Origins that its links may lead back to.
    pub return_to: Vec<String>,
    /// In Unix seconds.
    pub created_at: i64,
    /// In Unix seconds; none for one that does not end by itself.
    pub expires_at: Option<i64>,
    /// In Unix seconds, to the minute; none when it never was.
    pub used_at: Option<i64>,
    /// In Unix seconds; none while it counts.
    pub revoked_at: Option<i64>,
}

/// The key itself. It is shown once, and kept nowhere here.
pub struct ApiKeySecret(zeroize::Zeroizing<String>);

impl ApiKeySecret {
    /// For the one place that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// Nobody issued it.
    #[error("this key is not known here; ask the operator for one")]
    Unknown,
    /// It was issued for a time that is over.
    #[error("this key has expired; ask the operator for another")]
    Expired,
    /// The operator took it back.
    #[error("this key was revoked; ask the operator for another")]
    Revoked,
}

impl Connect {
    /// Issues a key.
    pub async fn issue_key(&self, new: NewKey) -> Result<(ApiKey, ApiKeySecret), Error> {
        let secret = zeroize::Zeroizing::new(format!("{PREFIX}{}", token::random()));
        let hash = token::hash(&secret);
        let origins: Vec<String> =
            new.return_to.iter().map(|url| url.origin().ascii_serialization()).collect();
        let row = ApiKeyRow {
            id: token::short(&hash),
            hash,
            name: new.name,
            scopes: new.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" "),
            return_to: origins.join(" "),
            created_at: self.now(),
            expires_at: new.expires_at,
            used_at: None,
            revoked_at: None,
        };
        self.vault().put_api_key(&row).await?;
        tracing::warn!(target: "security", event = "key.issued", key = row.id, scopes = row.scopes);
        let (key, detail) = (row.id.clone(), row.scopes.clone());
        self.tell(Event::Key { key, what: "key.issued", detail }).await;
        Ok((row.into(), ApiKeySecret(secret)))
    }

    /// The key that this is. Asked at every call, so that a key that was revoked is refused by every replica at once.
    pub async fn api_key(&self, secret: &str) -> Result<Result<ApiKey, KeyRefused>, Error> {
        let hash: Hash = token::hash(secret);
        let Some(row) = self.vault().api_key(&hash).await? else { return Ok(Err(KeyRefused::Unknown)) };
        let now = self.now();
        if row.revoked_at.is_some() {
            return Ok(Err(KeyRefused::Revoked));
        }
        if row.expires_at.is_some_and(|end| end <= now) {
            return Ok(Err(KeyRefused::Expired));
        }
        if row.used_at.is_none_or(|used| now - used > TOUCH_SECS)
            && let Err(e) = self.vault().touch_api_key(&row.id, now).await
        {
            // Only what the operator sees hangs on it.
            tracing::warn!(event = "key.untouched", cause = %e);
        }
        Ok(Ok(row.into()))
    }

    /// All keys, revoked ones included, the oldest first.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, Error> {
        Ok(self.vault().api_keys().await?.into_iter().map(ApiKey::from).collect())
    }

    /// Takes a key back. False when there is none of that id, or it was revoked before.
    pub async fn revoke_key(&self, id: &str) -> Result<bool, Error> {
        let revoked = self.vault().revoke_api_key(id, self.now()).await?;
        if revoked {
            tracing::warn!(target: "security", event = "key.revoked", key = id);
            self.tell(Event::Key { key: id.to_owned(), what: "key.revoked", detail: String::new() }).await;
        }
        Ok(revoked)
    }
}

impl ApiKey {
    /// Whether it may do this.
    pub fn allows(&self, scope: KeyScope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it is neither revoked nor expired, at a time in Unix seconds.
    pub fn counts(&self, now: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// Whether its links may lead back there.
    pub fn may_return_to(&self, url: &Url) -> bool {
        let origin = url.origin().ascii_serialization();
        matches!(url.scheme(), "https" | "http") && self.return_to.contains(&origin)
    }
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes.split(' ').filter_map(KeyScope::parse).collect(),
            return_to: row
                .return_to
                .split(' ')
                .filter(|origin| !origin.is_empty())
                .map(str::to_owned)
                .collect(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
        }
    }
}
