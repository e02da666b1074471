//! The id_token (OpenID Connect Core §2), with the claims PagerDuty's really carry, and ways to spoil it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::keys::SigningKey;
use super::token::Issued;
use crate::random;
use crate::seed::Region;
use crate::state::World;
use crate::switches::{Subject, Tamper};

/// Seconds by which a spoilt token misses its time.
const HOUR: i64 = 3600;

/// `None` for an app token, and when `tamper` says so.
pub(super) fn make(world: &World, issued: &Issued) -> Option<String> {
    let tamper = world.switches().id_token;
    match tamper {
        Tamper::Missing => return None,
        Tamper::Garbage => return Some("this.is-not.a-jwt".to_owned()),
        _ => {}
    }
    let mut claims = claims(world, issued)?;
    spoil(&mut claims, world, tamper);
    let key = world.keys().current();
    let header = match tamper {
        Tamper::AlgNone => json!({ "alg": "none" }),
        Tamper::Hs256WithPublicKey => json!({ "kid": key.kid, "x5t": key.x5t, "alg": "HS256" }),
        Tamper::WrongKid => json!({ "kid": "0000000000", "x5t": key.x5t, "alg": "RS256" }),
        _ => json!({ "kid": key.kid, "x5t": key.x5t, "alg": "RS256" }),
    };
    let message = format!("{}.{}", part(&header), part(&Value::Object(claims)));
    let signature = sign(&key, tamper, message.as_bytes())?;
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn claims(world: &World, issued: &Issued) -> Option<Map<String, Value>> {
    let switches = world.switches();
    let consent = &issued.consent;
    let person = world.person(consent.person.as_deref()?)?;
    let now = world.clock.now().as_second();
    let region = match consent.region {
        Region::Us => "UnitedStates",
        Region::Eu => switches.eu_region_claim.as_str(),
    };
    let acr = format!("acr:html-form:{}", region.to_lowercase());
    let subject = match switches.subject {
        Subject::UserId => &person.id,
        Subject::Email => &person.email,
    };
    let claims = json!({
        "exp": now.saturating_add_unsigned(switches.id_token_seconds),
        "nbf": now,
        "jti": random::uuid(),
        "iss": world.issuer(),
        "aud": [consent.region.audience(), world.client_id],
        "sub": subject,
        "auth_time": consent.auth_time.as_second(),
        "iat": now,
        "purpose": "id",
        "at_hash": at_hash(&issued.access_token),
        "acr": acr,
        // A string, though OpenID Connect says array: so it is in PagerDuty's tokens.
        "amr": acr,
        "delegation_id": consent.delegation_id,
        "product_abilities": [],
        "account_id": consent.region.account_id(),
        "user_id": person.id,
        "azp": world.client_id,
        "subdomain": consent.region.subdomain(),
        "region": region,
        "sid": consent.sid,
    });
    let Value::Object(mut claims) = claims else { return None };
    if let Some(nonce) = consent.nonce.clone().filter(|_| switches.echo_nonce) {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    Some(claims)
}

fn spoil(claims: &mut Map<String, Value>, world: &World, tamper: Tamper) {
    let now = world.clock.now().as_second();
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    match tamper {
        Tamper::WrongIssuer => set("iss", "https://issuer.example/oauth".into()),
        Tamper::AudWithoutClient => set("aud", json!(["https://api.pagerduty.com"])),
        Tamper::AudForeignApi => set("aud", json!(["https://api.elsewhere.example", world.client_id])),
        Tamper::WrongNonce => set("nonce", "not-the-nonce-that-was-sent".into()),
        Tamper::WrongAzp => set("azp", random::uuid().into()),
        Tamper::Expired => {
            set("iat", (now - 2 * HOUR).into());
            set("nbf", (now - 2 * HOUR).into());
            set("exp", (now - HOUR).into());
        }
        Tamper::NotYetValid => {
            set("nbf", (now + HOUR).into());
            set("exp", (now + 2 * HOUR).into());
        }
        Tamper::NoUserId => {
            claims.remove("user_id");
            claims.remove("sub");
        }
        Tamper::None
        | Tamper::AlgNone
        | Tamper::Hs256WithPublicKey
        | Tamper::WrongKid
        | Tamper::BadSignature
        | Tamper::Garbage
        | Tamper::Missing => {}
    }
}

fn sign(key: &SigningKey, tamper: Tamper, message: &[u8]) -> Option<Vec<u8>> {
    match tamper {
        Tamper::AlgNone => Some(Vec::new()),
        Tamper::Hs256WithPublicKey => {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_pem.as_bytes());
            Some(hmac::sign(&secret, message).as_ref().to_vec())
        }
        Tamper::BadSignature => {
            let mut signature = key.sign(message)?;
            if let Some(byte) = signature.last_mut() {
                *byte ^= 1;
            }
            Some(signature)
        }
        _ => key.sign(message),
    }
}

/// OpenID Connect Core §3.1.3.6: the left half of the hash of the access token.
fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(half)
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
