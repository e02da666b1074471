//! Grants, through the seal: what is stored opens again, for its person and generation.

use std::time::Duration;

use pagerduty::{AccessToken, RefreshToken};
use serde_json::json;

use super::{LONG, content, home::Home, id, keep_to_revoke, session, user};
use crate::{
    About, UserId, Vault, VaultError,
    state::Reason,
    vault::{Stored, Tokens},
};

show_for!([memory, sqlite, postgres]: {
    what_was_granted_opens_again,
    a_refresh_and_a_new_grant_open_again,
    what_a_new_grant_leaves_is_revoked_when_it_stands_on_another_consent,
    sr_30_what_is_wiped_is_revoked_and_no_refresh_brings_it_back,
});

pub(super) fn tokens(text: &str) -> Tokens {
    Tokens {
        access: AccessToken::new(format!("access {text}").as_str()),
        refresh: Some(RefreshToken::new(format!("refresh {text}").as_str())),
        before: None,
    }
}

pub(super) fn about(name: &str, consent: &str) -> About {
    let about = json!({
        "user": { "id": "PUSER", "name": name }, "subdomain": "acme", "region": "us",
        "asked": "openid", "granted": "openid", "delegation_id": consent, "steps": [],
    });
    serde_json::from_value(about).unwrap()
}

pub(super) async fn grant(vault: &Vault, user: &UserId, byte: u8, text: &str) -> Result<(), VaultError> {
    let session = session(byte, user);
    vault
        .put_connection(user, &tokens(text), &about(text, text), content(1).times, Some(&session), None)
        .await
}

pub(super) async fn stored(vault: &Vault, user: &UserId) -> Stored {
    vault.connection(user).await.unwrap().expect("there is a connection")
}

/// What it was granted with, once all of it has opened.
pub(super) fn opened(stored: &Stored) -> Result<String, VaultError> {
    let (tokens, about) = (stored.tokens()?, stored.about()?);
    let access = tokens.access.expose().strip_prefix("access ").unwrap();
    let refresh = tokens.refresh.as_ref().unwrap().expose().strip_prefix("refresh ").unwrap();
    assert_eq!((access, refresh), (about.user.name.as_str(), access));
    Ok(access.to_owned())
}

/// What is due to be revoked, in order.
async fn to_revoke(vault: &Vault) -> Vec<String> {
    let due = vault.due_revocations(LONG).await.unwrap();
    let mut due: Vec<_> = due.iter().map(|row| row.tokens.access.expose().to_owned()).collect();
    due.sort();
    due
}

async fn what_was_granted_opens_again(home: Home) {
    let vault = home.vault().await;
    assert!(vault.connection(&user("PA")).await.unwrap().is_none());
    let given = Tokens { before: Some(RefreshToken::new("the one before")), ..tokens("first") };
    let session = session(1, &user("PA"));
    vault
        .put_connection(&user("PA"), &given, &about("first", "c"), content(1).times, Some(&session), None)
        .await
        .unwrap();
    let stored = stored(&vault, &user("PA")).await;
    assert_eq!(opened(&stored).unwrap(), "first");
    assert_eq!(stored.times(), content(1).times);
    assert_eq!(stored.tokens().unwrap().before.unwrap().expose(), "the one before");
    assert_eq!(stored.about().unwrap().delegation_id.as_deref(), Some("c"));
    assert_eq!(vault.sessions_of(&user("PA")).await.unwrap().len(), 1);
}

async fn a_refresh_and_a_new_grant_open_again(home: Home) {
    let vault = home.vault().await;
    let pa = user("PA");
    grant(&vault, &pa, 1, "first").await.unwrap();
    let first = stored(&vault, &pa).await;
    assert!(vault.advance(&first, &tokens("next"), &about("next", "first"), content(2).times).await.unwrap());
    assert!(
        !vault.advance(&first, &tokens("late"), &about("late", "first"), content(2).times).await.unwrap()
    );
    let next = stored(&vault, &pa).await;
    assert_eq!(opened(&next).unwrap(), "next");
    assert_eq!(next.generation(), first.generation() + 1);
    assert_eq!(opened(&first).unwrap(), "first", "what was read before opens too");

    assert!(vault.rewrite_about(&next, &about("renamed", "first")).await.unwrap());
    assert!(!vault.rewrite_about(&first, &about("late", "first")).await.unwrap());
    let renamed = stored(&vault, &pa).await;
    assert_eq!(renamed.about().unwrap().user.name, "renamed");
    assert_eq!(renamed.tokens().unwrap().access.expose(), "access next");

    assert!(vault.give_up(&pa, next.generation(), None, Reason::Revoked, true).await.unwrap());
    grant(&vault, &pa, 2, "second").await.unwrap();
    let second = stored(&vault, &pa).await;
    assert_eq!((opened(&second).unwrap().as_str(), second.reason()), ("second", None));
    assert!(second.generation() > next.generation(), "generations never come twice");
}

async fn what_a_new_grant_leaves_is_revoked_when_it_stands_on_another_consent(home: Home) {
    let vault = home.vault().await;
    let pa = user("PA");
    let put = async |text: &str, consent: &str, byte| {
        let session = session(byte, &pa);
        vault
            .put_connection(&pa, &tokens(text), &about(text, consent), content(1).times, Some(&session), None)
            .await
            .unwrap();
    };
    put("first", "consent 1", 1).await;
    put("second", "consent 1", 2).await;
    assert!(to_revoke(&vault).await.is_empty(), "revoking it might end the new one too");
    put("third", "consent 2", 3).await;
    assert_eq!(to_revoke(&vault).await, ["access second"]);
    assert!(to_revoke(&vault).await.is_empty(), "somebody is at it");
}

async fn sr_30_what_is_wiped_is_revoked_and_no_refresh_brings_it_back(home: Home) {
    let vault = home.vault().await;
    let pa = user("PA");
    grant(&vault, &pa, 1, "first").await.unwrap();
    let first = stored(&vault, &pa).await;
    let second = about("second", "first");
    assert!(vault.advance(&first, &tokens("second"), &second, content(2).times).await.unwrap());
    let second = stored(&vault, &pa).await;
    assert!(
        vault.remove_connection(&pa, &first, first.tokens().ok().as_ref(), 1000).await.unwrap().is_none()
    );
    let to_wipe = second.tokens().ok();
    let left = vault.remove_connection(&pa, &second, to_wipe.as_ref(), 1000).await.unwrap().unwrap();

    assert!(
        !vault.advance(&second, &tokens("late"), &about("late", "first"), content(3).times).await.unwrap()
    );
    assert!(!vault.rewrite_about(&second, &about("late", "first")).await.unwrap());
    vault.touch_session(&id(1), 5000).await.unwrap();
    assert!(vault.connection(&pa).await.unwrap().is_none());
    assert!(vault.session(&id(1)).await.unwrap().is_none());
    // Nor does it touch the connection that is made after it, of as many tokens.
    grant(&vault, &pa, 1, "after").await.unwrap();
    for late in [&first, &second] {
        let about = about("late", "first");
        assert!(!vault.advance(late, &tokens("late"), &about, content(3).times).await.unwrap());
        assert!(!vault.rewrite_about(late, &about).await.unwrap());
        assert!(vault.remove_connection(&pa, late, None, 1000).await.unwrap().is_none());
        assert!(!vault.give_up(&pa, late.generation(), None, Reason::Revoked, true).await.unwrap());
    }
    assert_eq!(opened(&stored(&vault, &pa).await).unwrap(), "after");

    assert!(to_revoke(&vault).await.is_empty(), "whoever wiped it goes first");
    vault.postpone_revocation(&left, Duration::ZERO).await.unwrap();
    let due = vault.due_revocations(LONG).await.unwrap();
    assert_eq!((due.len(), due[0].id, due[0].created_at, due[0].tries), (1, left, 1000, 1));
    assert_eq!(due[0].tokens.access.expose(), "access second");
    vault.remove_revocation(&left).await.unwrap();

    keep_to_revoke(&vault, "nobody's", 2000).await;
    assert_eq!(to_revoke(&vault).await, ["access nobody's"]);
    grant(&vault, &pa, 2, "again").await.unwrap();
    vault.remove_unopened(&pa).await.unwrap();
    vault.remove_unopened(&pa).await.unwrap();
    assert!(vault.connection(&pa).await.unwrap().is_none());
}
