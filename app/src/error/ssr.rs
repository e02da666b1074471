//! From the library's errors to sentences. The cause is logged where the
//! library meets it, once; a person gets what happened and what to do.

use pagerduty_connect::Error;

use super::AppError;
use crate::ssr;

/// A database that restarts is back by then.
const RETRY_AFTER_SECS: u64 = 5;

impl From<Error> for AppError {
    /// Also sets the status of the answer under way.
    fn from(error: Error) -> Self {
        ssr::answer(status(&error));
        match &error {
            Error::Later { wait, .. } => ssr::retry_after(wait.as_secs().max(1)),
            Error::Vault | Error::Stopped => ssr::retry_after(RETRY_AFTER_SECS),
            _ => {}
        }
        let (title, detail, next) = words(&error);
        let (mut said, mut missing) = (None, Vec::new());
        let code = error.code().to_owned();
        match error {
            Error::Denied { said: s } | Error::Refused { said: s, .. } | Error::NotInstalled { said: s } => {
                said = s
            }
            Error::MissingScopes { missing: scopes } => missing = ssr::permissions(&scopes),
            _ => {}
        }
        Self {
            code,
            title: title.into(),
            detail: detail.into(),
            next: next.into(),
            said,
            missing,
            can_connect: true,
        }
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

fn status(error: &Error) -> u16 {
    match error {
        e if e.is_callers() => 400,
        Error::Denied { .. } | Error::Refused { .. } | Error::NotInstalled { .. } => 403,
        Error::MissingScopes { .. } | Error::NoPermission => 403,
        Error::CodeRefused => 400,
        Error::NotConnected | Error::NeedsReconnect(_) => 401,
        Error::Tampered => 409,
        Error::Misconfigured | Error::WrongRegion { .. } => 502,
        Error::Api(_) | Error::PagerDuty(_) | Error::IdToken(_) => 502,
        _ => 503,
    }
}

fn words(error: &Error) -> (&'static str, &'static str, &'static str) {
    match error {
        Error::Malformed(_) => (
            "There is nothing to finish here",
            "The address lacks something that PagerDuty's answer always has, or has something twice. That is so after \
             a reload, too, or when an address was typed. Nothing was stored.",
            "Start again from this app.",
        ),
        Error::StateMismatch => (
            "This sign-in was not started here",
            "The answer belongs to a sign-in of another browser, or to none that this app knows. To protect you \
             from being signed in as somebody else, it was refused.",
            "Start the sign-in in this browser.",
        ),
        Error::Expired => (
            "This sign-in took too long",
            "It was started more than ten minutes ago. To be safe, it no longer counts.",
            "Start again; it takes a few seconds.",
        ),
        Error::AlreadyUsed => (
            "This answer was used before",
            "PagerDuty's answer works once. Reloading the page or going back brings up the same one again.",
            "Start again to connect.",
        ),
        Error::WrongIssuer => (
            "This answer does not come from PagerDuty",
            "It names another sender. It was refused, and nothing was stored.",
            "Start again from this app. If it happens twice, tell whoever runs it.",
        ),
        Error::Denied { .. } => (
            "You did not give consent",
            "PagerDuty told us that you pressed Cancel, and shared nothing about you.",
            "If that was a mistake, connect again and agree.",
        ),
        Error::NotInstalled { .. } => (
            "An admin must install this app first",
            "You are signed in at PagerDuty, but your account has not taken this app in. Nothing was stored.",
            "An admin of your PagerDuty account can install it, at app.pagerduty.com/oauth_apps/ followed by the app’s \
             ID. Whoever runs this app knows that ID. Then connect again.",
        ),
        Error::Refused { error, .. } if error == "invalid_scope" => (
            "PagerDuty refused a permission",
            "This app asks for a permission that it is not set up for, so that PagerDuty ended the sign-in. Nothing was \
             stored.",
            "An admin can tick it in PagerDuty: Integrations → App Registration → this app → Scoped OAuth. Or whoever \
             runs this app takes it out of PD_SCOPES.",
        ),
        Error::Refused { .. } => (
            "PagerDuty did not allow this",
            "PagerDuty ended the sign-in with an error of its own.",
            "Try again. If it stays so, an admin can check this app under App Registration in PagerDuty.",
        ),
        Error::CodeRefused => (
            "PagerDuty did not take the code",
            "The code your browser brought lives for 30 seconds and works once. This one came too late, or was \
             used already.",
            "Try again.",
        ),
        Error::Misconfigured => (
            "This app is not set up right",
            "PagerDuty does not accept this app's client ID and secret. It is nothing you did.",
            "Whoever runs this app must check PD_CLIENT_ID and PD_CLIENT_SECRET against its registration in PagerDuty. \
             “pdconnect doctor” tells which of them is wrong.",
        ),
        Error::WrongRegion { .. } => (
            "This app asks in the wrong region",
            "Your account lives in one of PagerDuty’s service regions, and this app is set up to look for it in the \
             other. It is nothing you did, and nothing was stored.",
            "Whoever runs this app must check PD_API_URL and PD_EU_API_URL: they may have changed places.",
        ),
        Error::MissingScopes { .. } => (
            "A permission is missing",
            "PagerDuty left out, without a word, permissions that this app is not set up for. Without them it \
             cannot even greet you, so nothing was stored.",
            "An admin can tick what is missing in PagerDuty: Integrations → App Registration → this app → Scoped \
             OAuth. Then connect again.",
        ),
        Error::NoPermission => (
            "PagerDuty does not let you use this",
            "You are signed in at PagerDuty, but your role there may not use its API, or the account has ended.",
            "Ask an admin of your PagerDuty account, or connect as somebody else.",
        ),
        Error::PagerDuty(_) => (
            "PagerDuty does not answer",
            "The sign-in got as far as PagerDuty, but its answer did not come or made no sense. Nothing was stored.",
            "Try again in a moment. status.pagerduty.com tells whether it is in trouble.",
        ),
        Error::IdToken(_) => (
            "PagerDuty's statement did not pass",
            "PagerDuty signs a statement of who signed in. This one did not pass our checks, so nothing was stored.",
            "Try again. If it happens twice, tell whoever runs this app.",
        ),
        Error::NotConnected => (
            "You are not connected",
            "This page is about your own connection, and this browser has none.",
            "Connect to PagerDuty, and you can come right back.",
        ),
        Error::NeedsReconnect(reason) => {
            let (title, detail) = ssr::over(*reason, false);
            (title, detail, "Connect again; it takes a few seconds.")
        }
        Error::Later { .. } | Error::Api(_) => (
            "PagerDuty does not answer",
            "It was asked, but its answer did not come or made no sense. Your connection is kept, and nothing was lost.",
            "Try again in a minute. status.pagerduty.com tells whether it is in trouble.",
        ),
        Error::Tampered => (
            "Your connection must be made again",
            "What this app had stored about it cannot be read: it was altered. It was not used, and nobody else's \
             connection is affected.",
            "Connect again. If it happens twice, tell whoever runs this app.",
        ),
        _ => (
            "This app cannot do that right now",
            "Its own storage does not answer. It is nothing you did, and nothing was lost.",
            "Try again in a moment.",
        ),
    }
}
