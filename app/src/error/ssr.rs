//! From the library's errors to sentences. The cause is logged where the
//! library meets it, once; a person gets what happened and what to do.

use pagerduty_connect::{Error, Words};

use super::AppError;
use crate::ssr;

/// A database that restarts is back by then.
const RETRY_AFTER_SECS: u64 = 5;

impl From<Error> for AppError {
    /// Also sets the status of the answer under way.
    fn from(error: Error) -> Self {
        ssr::answer(error.status().as_u16());
        match &error {
            Error::Later { wait, .. } => ssr::retry_after(wait.as_secs().max(1)),
            Error::Vault | Error::Stopped => ssr::retry_after(RETRY_AFTER_SECS),
            _ => {}
        }
        let Words { title, detail, next } = error.words();
        let next = settings(&error).map_or_else(|| next.to_owned(), |settings| format!("{next} {settings}"));
        let (mut said, mut missing) = (None, Vec::new());
        let code = error.code().to_owned();
        match error {
            Error::Denied { said: s } | Error::Refused { said: s, .. } | Error::NotInstalled { said: s } => {
                said = s
            }
            Error::MissingScopes { missing: scopes } => missing = ssr::permissions(&scopes),
            _ => {}
        }
        Self { code, title: title.into(), detail: detail.into(), next, said, missing, can_connect: true }
    }
}

/// What the library's words leave out, since it knows nothing of settings.
fn settings(error: &Error) -> Option<&'static str> {
    match error {
        Error::Returned { why, .. } => settings(why),
        Error::Refused { error, .. } if error == "invalid_scope" => {
            Some("What it asks for stands in PD_SCOPES.")
        }
        Error::Misconfigured => Some(
            "They are PD_CLIENT_ID and PD_CLIENT_SECRET; “pdconnect doctor” tells which of them is wrong.",
        ),
        Error::WrongRegion { .. } => Some("They are PD_API_URL and PD_EU_API_URL."),
        _ => None,
    }
}

impl AppError {
    /// Wiped here, but PagerDuty could not be told.
    pub(crate) fn not_revoked() -> Self {
        Self {
            code: "not-revoked".into(),
            title: "Disconnected here, but PagerDuty did not answer".into(),
            detail: "Everything stored here was removed, so this app can no longer act for you. PagerDuty could not \
                     be asked to revoke the tokens, so it may still list them as valid. This app goes on asking for a day."
                .into(),
            next: "Revoke the access by hand in PagerDuty: under My Profile, remove this app. Or, as an admin, under \
                   App Registration → this app → Client, press Revoke All Tokens; that ends it for everyone who \
                   uses the app."
                .into(),
            said: None,
            missing: Vec::new(),
            can_connect: true,
        }
    }
}

impl AppError {
    /// Wiped here; what was stored could not be read, and so not be revoked.
    pub(crate) fn unreadable() -> Self {
        Self {
            code: "not-revoked".into(),
            title: "Disconnected here; PagerDuty was not told".into(),
            detail: "Everything stored here was removed, so this app can no longer act for you. What was stored could \
                     not be read any more, so PagerDuty could not be asked to revoke the tokens."
                .into(),
            ..Self::not_revoked()
        }
    }
}
