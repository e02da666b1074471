//! What is kept about how the app is set up.

use super::{home::Home, text};
use crate::vault::store::{Origin, SignInTrouble};

show_for!([memory, sqlite, postgres]: {
    the_last_sign_in_that_failed_is_kept_until_one_goes_well,
    whose_people_are_kept_is_said_once_and_for_all,
    what_a_visitor_can_make_up_hides_nothing,
    whether_it_can_be_written_to_is_asked_by_writing,
});

async fn the_last_sign_in_that_failed_is_kept_until_one_goes_well(home: Home) {
    let store = home.store().await;
    let trouble = |code: &str, at| SignInTrouble { code: code.into(), detail: "users.read".into(), at };
    assert_eq!(store.sign_in_trouble().await.unwrap(), None);
    store.note_sign_in(None).await.unwrap();
    for (code, at) in [("missing-permission", 1000), ("not-installed", 2000)] {
        store.note_sign_in(Some(&trouble(code, at))).await.unwrap();
        assert_eq!(text(&store.sign_in_trouble().await.unwrap()), text(&Some(trouble(code, at))));
    }
    store.note_sign_in(None).await.unwrap();
    assert_eq!(store.sign_in_trouble().await.unwrap(), None);
}

async fn whose_people_are_kept_is_said_once_and_for_all(home: Home) {
    let vault = home.vault().await;
    vault.refuse_unless_of(Origin::Sandbox).await.unwrap();
    vault.refuse_unless_of(Origin::PagerDuty).await.unwrap();
    vault.mark(Origin::Sandbox).await.unwrap();
    vault.mark(Origin::Sandbox).await.unwrap();
    assert!(vault.mark(Origin::PagerDuty).await.is_err());
    assert!(vault.refuse_unless_of(Origin::PagerDuty).await.is_err());
    vault.refuse_unless_of(Origin::Sandbox).await.unwrap();
}

async fn what_a_visitor_can_make_up_hides_nothing(home: Home) {
    let vault = home.vault().await;
    let trouble = |code: &str| SignInTrouble { code: code.into(), detail: String::new(), at: 1000 };
    for (said, kept) in [
        ("not-installed", "not-installed"),
        ("wrong-region", "wrong-region"),
        ("not-installed", "wrong-region"),
    ] {
        vault.note_sign_in(Some(&trouble(said))).await.unwrap();
        assert_eq!(vault.sign_in_trouble().await.unwrap(), Some(trouble(kept)), "{said}");
    }
}

async fn whether_it_can_be_written_to_is_asked_by_writing(home: Home) {
    let vault = home.vault().await;
    vault.check_writing(1000).await.unwrap();
    vault.check_writing(1000).await.unwrap();
}
