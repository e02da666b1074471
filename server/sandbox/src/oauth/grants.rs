//! The three grants: code, refresh token, client credentials.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::token::Issued;
use super::token_request::TokenError;
use crate::clock::later;
use crate::params::Params;
use crate::random;
use crate::seed::Region;
use crate::state::{Consent, Refused, TokenKind, World};
use crate::switches::{AppKind, Switches};

/// RFC 6749 §4.1.3 and RFC 7636 §4.6.
pub(super) fn code(world: &World, params: &Params) -> Result<Issued, TokenError> {
    let value = required(params, "code")?;
    let redirect_uri = required(params, "redirect_uri")?;
    let verifier = params.get("code_verifier");

    let switches = world.switches();
    let now = world.clock.now();
    let mut ledger = world.ledger();
    let code = ledger
        .code(value, now, &switches)
        .map_err(|refused| TokenError::invalid_grant(why("code", refused)))?;
    let checked = if code.redirect_uri == redirect_uri {
        check_verifier(code.challenge.as_deref(), verifier)
    } else {
        Err(TokenError::invalid_grant("The redirect_uri is not the one of the authorize request."))
    };
    code.used = checked.is_ok() || switches.failed_exchange_burns_code;
    checked?;
    let consent = Arc::clone(&code.consent);
    drop(ledger);
    Ok(issue_pair(world, &consent, &consent, &switches, true))
}

/// RFC 6749 §6. PagerDuty documents a new refresh token in every answer.
pub(super) fn refresh(world: &World, params: &Params) -> Result<Issued, TokenError> {
    let value = required(params, "refresh_token")?;
    let switches = world.switches();
    let consent = world
        .ledger()
        .use_refresh(value, world.clock.now(), &switches)
        .map_err(|refused| TokenError::invalid_grant(why("refresh token", refused)))?;
    let narrowed = params.get("scope").filter(|_| switches.refresh_narrows_scope);
    let access = narrowed.map_or_else(|| Arc::clone(&consent), |asked| Arc::new(narrow(&consent, asked)));
    let mut issued = issue_pair(world, &access, &consent, &switches, switches.id_token_on_refresh);
    issued.with_client_info = false;
    Ok(issued)
}

fn narrow(consent: &Consent, asked: &str) -> Consent {
    let mut narrowed = consent.clone();
    narrowed
        .scopes
        .retain(|held| held == "openid" || asked.split_ascii_whitespace().any(|scope| scope == held));
    narrowed
}

/// An app token for one account, named in the scope as `as_account-us.acme`.
pub(super) fn app(world: &World, params: &Params) -> Result<Issued, TokenError> {
    let switches = world.switches();
    if switches.app_kind == AppKind::Classic {
        return Err(TokenError::bad("unauthorized_client", "Only Scoped apps have app tokens."));
    }
    let asked: Vec<&str> = params.get("scope").unwrap_or_default().split_ascii_whitespace().collect();
    let invalid_scope = || TokenError::invalid_request("Invalid scope");
    let mut accounts = asked.iter().filter(|scope| scope.starts_with("as_account-"));
    let (Some(account), None) = (accounts.next(), accounts.next()) else { return Err(invalid_scope()) };
    let region = [Region::Us, Region::Eu]
        .into_iter()
        .find(|region| **account == format!("as_account-{}.{}", region.code(), region.subdomain()))
        .ok_or_else(invalid_scope)?;
    let mut scopes: Vec<String> =
        switches.app_scopes().into_iter().filter(|scope| asked.contains(&scope.as_str())).collect();
    scopes.sort();
    scopes.insert(0, (*account).to_owned());

    let now = world.clock.now();
    let consent = Arc::new(Consent {
        person: None,
        region,
        scopes,
        nonce: None,
        delegation_id: random::uuid(),
        sid: String::new(),
        auth_time: now,
        began: now,
    });
    let expires_in = switches.access_seconds();
    let expires = later(now, expires_in);
    let access_token = world.ledger().issue(TokenKind::App, &consent, now, expires, &switches);
    Ok(Issued {
        scope: consent.scope(),
        consent,
        access_token,
        refresh_token: None,
        expires_in,
        with_id_token: false,
        with_client_info: false,
    })
}

/// The access token may have fewer scopes than the refresh token, which keeps what was consented to.
fn issue_pair(
    world: &World,
    access: &Arc<Consent>,
    consent: &Arc<Consent>,
    switches: &Switches,
    with_id_token: bool,
) -> Issued {
    let now = world.clock.now();
    // Nothing lives beyond the window that began with the consent.
    let window_ends = later(consent.began, switches.window_seconds());
    let access_expires = later(now, switches.access_seconds()).min(window_ends);
    let refresh_expires = later(now, switches.refresh_seconds()).min(window_ends);
    let mut ledger = world.ledger();
    let access_token = ledger.issue(TokenKind::Access, access, now, access_expires, switches);
    let refresh_token = ledger.issue(TokenKind::Refresh, consent, now, refresh_expires, switches);
    Issued {
        scope: access.scope(),
        consent: Arc::clone(access),
        access_token,
        refresh_token: Some(refresh_token),
        expires_in: u64::try_from(access_expires.as_second() - now.as_second()).unwrap_or(0),
        with_id_token,
        with_client_info: true,
    }
}

fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), TokenError> {
    let refused = |why| Err(TokenError::invalid_grant(why));
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => refused("A code_verifier was sent, but no code_challenge before it."),
        (Some(_), None) => refused("Missing parameter code_verifier."),
        (Some(_), Some(verifier)) if !is_verifier(verifier) => {
            refused("The code_verifier must be 43 to 128 unreserved characters.")
        }
        (Some(challenge), Some(verifier)) => {
            let computed = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            let right = bool::from(computed.as_bytes().ct_eq(challenge.as_bytes()));
            if right { Ok(()) } else { refused("The code_verifier does not match the code_challenge.") }
        }
    }
}

/// RFC 7636 §4.1.
fn is_verifier(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}

fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, TokenError> {
    params.get(name).ok_or_else(|| TokenError::invalid_request(&format!("Missing parameter {name}.")))
}

fn why(what: &str, refused: Refused) -> &'static str {
    match (what, refused) {
        ("code", Refused::Expired) => "The code has expired.",
        ("code", Refused::Used) => "The code has been used.",
        ("code", _) => "The code is unknown.",
        (_, Refused::Expired) => "The refresh token has expired.",
        (_, Refused::Used) => "The refresh token has been used.",
        (_, Refused::Revoked) => "The refresh token has been revoked.",
        (_, Refused::Unknown) => "The refresh token is unknown.",
    }
}
