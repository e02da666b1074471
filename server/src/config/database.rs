//! The one setting that may hold a password.

use std::{borrow::Cow, fmt};

use url::Url;

use super::{
    ConfigError, HIDDEN,
    settings::{Settings, Source},
    wrong,
};

/// Where connections are kept. No `Debug` shows a password in it.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// `DATABASE_URL`, or `default`.
    pub(super) fn read(s: &Settings, default: &str) -> Result<Self, ConfigError> {
        let url = Self(s.get("DATABASE_URL").unwrap_or(default).to_owned());
        if has_password(url.expose()) && s.source("DATABASE_URL") == Source::Flag {
            return Err(wrong(
                "DATABASE_URL",
                "it holds a password, and everyone on this machine can read a command line. Put it into the \
                 environment or into config.json",
            ));
        }
        Ok(url)
    }

    /// The whole address, for the one call that opens it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn without_password(&self) -> String {
        if !has_password(&self.0) {
            return self.0.clone();
        }
        let Ok(mut url) = Url::parse(&self.0) else { return HIDDEN.into() };
        if url.password().is_some() {
            _ = url.set_password(Some(HIDDEN));
        }
        let hidden = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            let value = if name == "password" { HIDDEN.into() } else { value.into_owned() };
            (name.into_owned(), value)
        };
        let query: Vec<_> = url.query_pairs().map(hidden).collect();
        if !query.is_empty() {
            url.query_pairs_mut().clear().extend_pairs(query);
        }
        url.to_string().replace("%E2%80%A2", "•")
    }
}

/// Before the host, or among the parameters.
pub(crate) fn has_password(url: &str) -> bool {
    Url::parse(url)
        .is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password"))
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_password())
    }
}
