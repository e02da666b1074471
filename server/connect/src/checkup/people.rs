//! What only a person's sign-in tells, and how the connections that are there do.

use pagerduty::{Error as ApiError, Region, Scopes};

use super::{Finding, Told, listed, registration};
use crate::{Connect, Error, UserId, vault::SignInTrouble};

/// Connections that are tried.
const TRIED: usize = 5;

const INSTALL: &str = "An admin of that account must install the app, at https://app.pagerduty.com/oauth_apps/ followed \
                       by the app’s ID. So it is with public Scoped apps; an app of your own account needs no \
                       installing there.";
const REGION: &str = "Check the API hosts of the two regions: they may have changed places.";

pub(super) async fn check(connect: &Connect, told: &Told) -> Vec<Finding> {
    let users = match connect.vault().users("").await {
        Ok(users) => users,
        // The vault's own finding says so.
        Err(_) => {
            return vec![Finding::open("sign-in", "not-told", "The database was not there to be asked.")];
        }
    };
    let trouble = connect.vault().sign_in_trouble().await.ok().flatten();
    let mut findings = vec![sign_in(told, trouble, users.is_empty())];
    for user in users.iter().take(TRIED) {
        findings.push(connection(connect, user).await);
    }
    findings
}

/// As if nobody had signed in yet.
pub(super) fn nobody_yet(told: &Told) -> Finding {
    sign_in(told, None, true)
}

fn sign_in(told: &Told, trouble: Option<SignInTrouble>, is_first: bool) -> Finding {
    if registration::is_not_installed(told) {
        let found = "PagerDuty says that the app is not installed.";
        return Finding::failed("sign-in", "not-installed", found, INSTALL);
    }
    let trouble = trouble.map(|it| (it.code, it.detail));
    match trouble.as_ref().map(|(code, detail)| (&**code, &**detail)) {
        Some((Error::NOT_INSTALLED, _)) => Finding::warning(
            "sign-in",
            "not-installed",
            "Somebody came back from signing in and was told that the app is not installed in their account. The \
             browser brought it, and anybody can write that into an address: it may not be so.",
            format!("If nobody of an account can connect: {INSTALL}"),
        ),
        Some(("missing-permission", detail)) => Finding::failed(
            "sign-in",
            "missing-scope",
            format!(
                "At the last sign-in PagerDuty left out, in silence, what nobody can be greeted without: {}.",
                listed(&Scopes::parse(detail))
            ),
            tick(&Scopes::parse(detail)),
        ),
        Some(("wrong-region", detail)) => {
            let right = Region::from_code(detail).map_or("another", Region::name);
            Finding::failed(
                "sign-in",
                "wrong-region",
                format!(
                    "The account of the last sign-in lives in one service region, and its token is taken by the API \
                     host that is set for the other: {right}."
                ),
                REGION,
            )
        }
        // Where PagerDuty could be asked, the credentials' own finding says how it is now.
        Some(("misconfigured", _)) if told.knows_client.is_err() => Finding::failed(
            "sign-in",
            "wrong-secret",
            "At the last sign-in PagerDuty did not take this app’s client ID and secret.",
            "See what the check of the credentials says.",
        ),
        _ if is_first => Finding::open(
            "sign-in",
            "nobody-yet",
            "Nobody has signed in yet. Only then can be told whether the scopes are ticked, which region the account \
             lives in, and whether an admin must install the app. A sign-in that fails says which.",
        ),
        _ => Finding::ok("sign-in", "Nothing in the set-up was in the way of the last sign-in."),
    }
}

fn tick(missing: &Scopes) -> String {
    format!(
        "In PagerDuty, open Integrations → Developer Tools → App Registration → this app → Scoped OAuth, tick {}, and \
         connect again.",
        listed(missing)
    )
}

async fn connection(connect: &Connect, user: &UserId) -> Finding {
    let failed = |code, found: String, todo: &str| Finding::failed("connection", code, found, todo);
    let warning = |code, found: String, todo: &str| Finding::warning("connection", code, found, todo);
    let about = match tried(connect, user).await {
        Ok(()) => connect.connection(user).await.ok().flatten().map(|it| it.about),
        Err(Error::Api(ApiError::WrongRegion { right })) => {
            let found = format!(
                "The token of {user} is not taken by the API host of their region, but by that of the other: {}.",
                right.name()
            );
            return failed("wrong-region", found, REGION);
        }
        Err(Error::Misconfigured) => {
            let found =
                format!("The connection of {user} cannot be renewed: PagerDuty does not take the secret.");
            return failed("wrong-secret", found, "See what the check of the credentials says.");
        }
        Err(e) if e.is_reconnect_required() => {
            let found = format!("The connection of {user} is over: {e}.");
            return warning("reconnect", found, "Only they can mend it, by connecting again.");
        }
        Err(e) => {
            let found = format!("The connection of {user} could not be tried: {e}.");
            return warning("not-told", found, "Run the check again in a minute.");
        }
    };
    let Some(about) = about else {
        return Finding::ok("connection", format!("{user} has just disconnected."));
    };
    let missing = about.missing();
    if !missing.is_empty() {
        let found =
            format!("{user} was asked for {}, and PagerDuty left it out in silence.", listed(&missing));
        return warning("missing-scope", found, &tick(&missing));
    }
    Finding::ok(
        "connection",
        format!("{user} is connected; their account lives in {}.", about.region().name()),
    )
}

/// A fresh token that is refused may be one for the other region.
async fn tried(connect: &Connect, user: &UserId) -> Result<(), Error> {
    match connect.check(user).await {
        Err(Error::Api(ApiError::Unauthorized)) => {
            let identity = connect.identity(user).await?;
            Err(Error::Api(identity.api(connect.client()).why_unauthorized().await))
        }
        told => told,
    }
}
