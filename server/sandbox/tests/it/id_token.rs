//! The id_token: what an honest one says, and every way to spoil it.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pagerduty_sandbox::{Subject, Tamper};
use serde_json::{Value, json};

use crate::support::*;

async fn jwks(driver: &Driver) -> Vec<Value> {
    let response = driver.get(driver.url("/global/oauth/anonymous/jwks")).await;
    response.json::<Value>().await.unwrap()["keys"].as_array().unwrap().clone()
}

fn has_kid(keys: &[Value], kid: &Value) -> bool {
    keys.iter().any(|key| key["kid"] == *kid)
}

/// Whether some key of the set verifies the token as RS256, whatever its header says.
fn verifies(keys: &[Value], token: &str) -> bool {
    let bytes = |text: &Value| URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    keys.iter().any(|key| {
        let public = PublicKeyComponents { n: bytes(&key["n"]), e: bytes(&key["e"]) };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).is_ok()
    })
}

async fn id_token(driver: &Driver, tamper: Tamper) -> String {
    driver.sandbox.set_switches(|switches| switches.id_token = tamper);
    text(&driver.connect_with(&[("nonce", Some("the-nonce"))], BETHANY).await, "id_token").to_owned()
}

#[tokio::test]
async fn an_honest_id_token_verifies_and_carries_the_claims_of_a_real_one() {
    let driver = Driver::start().await;
    let tokens = driver.connect_with(&[("nonce", Some("the-nonce"))], BETHANY).await;
    let token = text(&tokens, "id_token");
    let keys = jwks(&driver).await;
    assert!(verifies(&keys, token));

    let (header, claims) = jwt(token);
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["kid"], keys[0]["kid"]);
    assert_eq!(header["x5t"], keys[0]["x5t"]);
    assert_eq!(claims["iss"], driver.sandbox.issuer());
    assert_eq!(claims["aud"], json!(["https://api.pagerduty.com", driver.sandbox.client_id()]));
    assert_eq!(claims["azp"], driver.sandbox.client_id());
    for (name, expected) in [
        ("sub", "PBETH01"),
        ("user_id", "PBETH01"),
        ("account_id", "PACME01"),
        ("subdomain", "acme"),
        ("region", "UnitedStates"),
        ("acr", "acr:html-form:unitedstates"),
        ("amr", "acr:html-form:unitedstates"),
        ("purpose", "id"),
        ("nonce", "the-nonce"),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(seconds("exp") - seconds("iat"), 3600);
    assert!(seconds("auth_time") <= seconds("iat"));
    for name in ["jti", "sid", "delegation_id"] {
        assert!(!claims[name].as_str().unwrap().is_empty(), "{name}");
    }
    let hash = digest(&SHA256, text(&tokens, "access_token").as_bytes());
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
}

#[tokio::test]
async fn a_european_id_token_names_the_european_api() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| switches.subject = Subject::Email);
    let (_, claims) = jwt(text(&driver.connect(ELIF).await, "id_token"));
    assert_eq!(claims["aud"], json!(["https://api.eu.pagerduty.com", driver.sandbox.client_id()]));
    assert_eq!(claims["region"], "Europe");
    assert_eq!(claims["subdomain"], "acme-eu");
    assert_eq!(claims["sub"], ELIF);
    assert_eq!(claims["user_id"], "PELIF11");
    assert!(!claims.contains_key("nonce"));
}

#[tokio::test]
async fn a_new_key_signs_and_the_old_one_stays_or_goes() {
    let driver = Driver::start().await;
    let before = id_token(&driver, Tamper::None).await;
    driver.sandbox.rotate_keys();
    let after = id_token(&driver, Tamper::None).await;
    assert_ne!(jwt(&before).0["kid"], jwt(&after).0["kid"]);
    let keys = jwks(&driver).await;
    assert!(verifies(&keys, &before) && verifies(&keys, &after));

    driver.sandbox.set_switches(|switches| switches.keep_old_keys = false);
    let response = driver.http.post(driver.url("/_sandbox/keys/rotate")).send().await.unwrap();
    let kid = response.json::<Value>().await.unwrap()["kid"].clone();
    let last = id_token(&driver, Tamper::None).await;
    let keys = jwks(&driver).await;
    assert_eq!(keys.len(), 1);
    assert!(has_kid(&keys, &kid) && verifies(&keys, &last) && !verifies(&keys, &after));
}

#[tokio::test]
async fn spoilt_signatures_do_not_verify() {
    let driver = Driver::start().await;
    let keys = jwks(&driver).await;

    let none = id_token(&driver, Tamper::AlgNone).await;
    assert!(jwt(&none).0["alg"] == "none" && none.ends_with('.'));

    let bad = id_token(&driver, Tamper::BadSignature).await;
    assert!(jwt(&bad).0["alg"] == "RS256" && !verifies(&keys, &bad));

    let kid = id_token(&driver, Tamper::WrongKid).await;
    assert!(verifies(&keys, &kid) && !has_kid(&keys, &jwt(&kid).0["kid"]));

    let confused = id_token(&driver, Tamper::Hs256WithPublicKey).await;
    let (header, _) = jwt(&confused);
    assert!(header["alg"] == "HS256" && has_kid(&keys, &header["kid"]));
    let (message, signature) = confused.rsplit_once('.').unwrap();
    let pem = pem(&keys[0]);
    let secret = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(hmac::verify(&secret, message.as_bytes(), &signature).is_ok());
}

/// The PEM of a 2048-bit RSA key, built from its JWK byte by byte.
fn pem(key: &Value) -> String {
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
    assert_eq!(key["e"], "AQAB");
    let start = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100";
    let mut der: Vec<u8> =
        (0..start.len()).step_by(2).map(|at| u8::from_str_radix(&start[at..at + 2], 16).unwrap()).collect();
    der.extend(modulus);
    der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    let encoded = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        (0..encoded.len()).step_by(64).map(|at| &encoded[at..encoded.len().min(at + 64)]).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[tokio::test]
async fn spoilt_claims_are_signed_honestly() {
    let driver = Driver::start().await;
    let keys = jwks(&driver).await;
    let client = driver.sandbox.client_id().to_owned();
    let claims = async |tamper| {
        let token = id_token(&driver, tamper).await;
        assert!(verifies(&keys, &token), "{tamper:?}");
        jwt(&token).1
    };
    let honest = claims(Tamper::None).await;
    let now = honest["iat"].as_i64().unwrap();

    assert_eq!(claims(Tamper::WrongIssuer).await["iss"], "https://issuer.example/oauth");
    assert_eq!(claims(Tamper::AudWithoutClient).await["aud"], json!(["https://api.pagerduty.com"]));
    let foreign = json!(["https://api.elsewhere.example", client]);
    assert_eq!(claims(Tamper::AudForeignApi).await["aud"], foreign);
    assert_ne!(claims(Tamper::WrongNonce).await["nonce"], honest["nonce"]);
    assert_ne!(claims(Tamper::WrongAzp).await["azp"], client.as_str());
    assert!(claims(Tamper::Expired).await["exp"].as_i64().unwrap() < now);
    assert!(claims(Tamper::NotYetValid).await["nbf"].as_i64().unwrap() > now + 1800);
    let anonymous = claims(Tamper::NoUserId).await;
    assert!(!anonymous.contains_key("user_id") && !anonymous.contains_key("sub"));

    driver.sandbox.set_switches(|switches| switches.echo_nonce = false);
    assert!(!claims(Tamper::None).await.contains_key("nonce"));
}

#[tokio::test]
async fn an_id_token_can_be_garbage_or_missing() {
    let driver = Driver::start().await;
    let garbage = id_token(&driver, Tamper::Garbage).await;
    assert!(garbage.split('.').all(|part| {
        URL_SAFE_NO_PAD.decode(part).map_or(true, |json| serde_json::from_slice::<Value>(&json).is_err())
    }));
    driver.sandbox.set_switches(|switches| switches.id_token = Tamper::Missing);
    assert!(driver.connect(BETHANY).await.get("id_token").is_none());
}
