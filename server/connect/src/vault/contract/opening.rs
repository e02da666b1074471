//! The first start, and several of them at once.

use super::{at_once, grants::grant, home::Home, user};
use crate::VaultError;

show_for!([sqlite, postgres]: {
    rf_27_three_that_start_at_once_on_nothing_share_one_key_and_one_schema,
    rf_27_three_that_start_at_once_change_nothing_that_is_there,
    rf_27_a_database_of_a_newer_version_is_left_to_it,
    sr_76_without_its_key_a_database_is_not_touched,
});

async fn rf_27_three_that_start_at_once_on_nothing_share_one_key_and_one_schema(home: Home) {
    for round in 0..20 {
        home.clear().await;
        let opened = at_once(3, |_| {
            let home = home.clone();
            async move { home.open().await }
        })
        .await;
        assert!(opened.iter().all(Result::is_ok), "round {round}: {opened:?}");
        assert_eq!(home.keys().lines().count(), 1);
        let mut db = home.database().await;
        assert_eq!(db.number("SELECT count(*) FROM vault_key").await, 1);
        assert_eq!(db.number("SELECT count(*) FROM vault_key WHERE current = 1").await, 1);
        let migrations = sqlx::migrate!("./migrations/sqlite").iter().count() as i64;
        assert_eq!(db.number("SELECT count(*) FROM _sqlx_migrations WHERE success").await, migrations);
        db.close().await;
        // What one of them stores, the others open.
        let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
        grant(&opened[0], &user("PA"), 1, "a").await.unwrap();
        for vault in &opened {
            assert!(vault.connection(&user("PA")).await.unwrap().unwrap().tokens().is_ok());
            vault.close().await;
        }
        assert_eq!(home.leftovers(), Vec::<String>::new(), "no half-written file stays");
    }
}

async fn rf_27_three_that_start_at_once_change_nothing_that_is_there(home: Home) {
    let first = home.vault().await;
    grant(&first, &user("PA"), 1, "a").await.unwrap();
    let (keys, before) = (home.keys(), home.database().await.picture().await);
    let opened = at_once(3, |_| {
        let home = home.clone();
        async move { home.open().await }
    })
    .await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    assert_eq!(home.keys(), keys);
    assert_eq!(home.database().await.picture().await, before);
}

async fn rf_27_a_database_of_a_newer_version_is_left_to_it(home: Home) {
    grant(&home.vault().await, &user("PA"), 1, "a").await.unwrap();
    let mut db = home.database().await;
    let future =
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
                  VALUES (9999, 'from the future', CURRENT_TIMESTAMP, TRUE, $1, 1)";
    db.put(future, &[0]).await;
    let (keys, before) = (home.keys(), db.picture().await);
    for _ in 0..3 {
        let refused = home.open().await.unwrap_err();
        assert!(matches!(refused, VaultError::Newer(_)), "{refused}");
        assert!(refused.to_string().contains("nothing was changed"));
        assert_eq!(db.picture().await, before);
        assert_eq!(home.keys(), keys);
    }
    db.run("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    home.vault().await;
}

async fn sr_76_without_its_key_a_database_is_not_touched(home: Home) {
    home.vault().await.close().await;
    let keys = home.keys();
    let before = home.database().await.picture().await;
    std::fs::remove_file(home.key_file()).unwrap();
    assert!(matches!(home.open().await, Err(VaultError::KeyMissing(path)) if path == home.key_file()));
    assert!(!home.key_file().exists(), "a key was made");
    home.set_keys("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert!(matches!(home.open().await, Err(VaultError::WrongKey { path, .. }) if path == home.key_file()));
    assert_eq!(home.database().await.picture().await, before);
    home.set_keys(&keys);
    // A known text that somebody changed tells nothing about a key any more.
    let mut db = home.database().await;
    db.put("UPDATE vault_key SET sealed = $1", &[1; 60]).await;
    assert!(matches!(home.open().await, Err(VaultError::WrongKey { .. })));
}
