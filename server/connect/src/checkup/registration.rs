//! The app as PagerDuty knows it: credentials, redirect URL, scopes.

use pagerduty::{Error, Scopes, oauth::Reception, operations};

use super::{Finding, Told, listed};
use crate::{Connect, error};

/// Where to mend it.
const APP: &str = "In PagerDuty, open Integrations → Developer Tools → App Registration → this app";

pub(super) fn check(connect: &Connect, told: &Told) -> [Finding; 3] {
    let redirect_uri = &connect.registration().redirect_uri;
    [credentials(told), redirect(redirect_uri, told), scopes(connect.scopes(), told)]
}

fn credentials(told: &Told) -> Finding {
    let turned_by_client = matches!(told.reception, Ok(Reception::Turned { names_client: true, .. }));
    match &told.knows_client {
        Ok(true) => Finding::ok(
            "credentials",
            "PagerDuty knows this app’s client ID, and takes the secret that comes with it.",
        ),
        Ok(false) if turned_by_client => Finding::failed(
            "credentials",
            "wrong-client-id",
            "PagerDuty does not know this client ID.",
            format!(
                "{APP}, and compare the client ID there with the one that is set here, letter by letter."
            ),
        ),
        Ok(false) => {
            let known = told.reception.is_ok() && !turned_by_client;
            let found = if known {
                "PagerDuty knows the client ID, but does not take the secret."
            } else {
                "PagerDuty does not take this client ID with this secret."
            };
            Finding::failed(
                "credentials",
                "wrong-secret",
                found,
                format!(
                    "Compare the client secret with the file that PagerDuty let you download. A secret is shown once. If it \
                     is lost: {APP}, press Delete Client, and configure OAuth 2.0 again."
                ),
            )
        }
        Err(why) => not_told("credentials", why),
    }
}

fn redirect(redirect_uri: &str, told: &Told) -> Finding {
    match &told.reception {
        Ok(Reception::SignIn | Reception::SentBack { .. }) => {
            Finding::ok("redirect-url", format!("PagerDuty knows the redirect URL {redirect_uri}."))
        }
        Ok(Reception::Turned { names_redirect: true, .. }) => Finding::failed(
            "redirect-url",
            "wrong-redirect",
            format!("PagerDuty does not know the redirect URL {redirect_uri}."),
            format!(
                "{APP}, and enter exactly {redirect_uri} under Redirect URLs: scheme, port and a slash at the end count. \
                 If people reach this app elsewhere, set the redirect URL to that."
            ),
        ),
        Ok(Reception::Turned { names_client: true, .. }) => Finding::open(
            "redirect-url",
            "not-told",
            "Whether the redirect URL is registered can be told once PagerDuty knows the client ID.",
        ),
        Ok(Reception::Turned { status, .. }) => Finding::failed(
            "redirect-url",
            "turned-away",
            format!("PagerDuty does not go on to sign-in: it answers {status}, with a page of its own."),
            format!(
                "Press Connect and read that page. Most likely the redirect URL is not registered: {redirect_uri}."
            ),
        ),
        Err(why) => not_told("redirect-url", why),
    }
}

fn scopes(asked: &Scopes, told: &Told) -> Finding {
    if let Ok(Reception::SentBack { error, .. }) = &told.reception
        && error == "invalid_scope"
    {
        return Finding::failed(
            "scopes",
            "scope-refused",
            format!("PagerDuty refuses the scopes that are asked for: {}.", listed(asked)),
            format!("{APP} → Scoped OAuth, and tick them; or ask for no more than you need."),
        );
    }
    let is_known = |scope: &&str| {
        matches!(*scope, "openid" | "read" | "write") || operations::with_scope(scope).next().is_some()
    };
    let unknown: Vec<_> = asked.iter().filter(|scope| !is_known(scope)).collect();
    if unknown.is_empty() {
        return Finding::ok(
            "scopes",
            format!("PagerDuty documents every scope that is asked for: {}.", listed(asked)),
        );
    }
    Finding::warning(
        "scopes",
        "unknown-scope",
        format!(
            "PagerDuty documents no scope of this name: {}. It leaves out what it does not know.",
            unknown.join(", ")
        ),
        "Correct it: PagerDuty’s documentation tells which scope each operation needs.",
    )
}

/// PagerDuty was not there to ask; or gave an answer that says nothing of it.
fn not_told(check: &'static str, why: &Error) -> Finding {
    match why {
        Error::Unreachable { .. } => {
            Finding::open(check, "not-told", "PagerDuty could not be asked about it.")
        }
        why => Finding::warning(
            check,
            "not-told",
            format!("PagerDuty’s answer does not tell: {why}."),
            "Run the check again in a minute. If it stays so, signing in will tell.",
        ),
    }
}

/// Whether PagerDuty says before sign-in that the app is not installed.
pub(super) fn is_not_installed(told: &Told) -> bool {
    let Ok(Reception::SentBack { error, said }) = &told.reception else { return false };
    matches!(error::of_authorize(error.clone(), said.clone()), error::Error::NotInstalled { .. })
}
