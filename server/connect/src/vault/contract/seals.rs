//! Values that somebody changed in the database are refused, whichever way they were changed.

use std::time::Duration;

use super::{
    content,
    database::Database,
    grants::{about, grant, opened, stored, tokens},
    home::Home,
    id, keep_to_revoke, user,
};
use crate::{
    Vault, VaultError,
    vault::store::{Lease, Taken},
};

show_for!([sqlite, postgres]: {
    sr_73_a_changed_byte_is_refused_in_every_column,
    sr_73_what_belongs_to_another_person_is_refused,
    sr_73_what_belongs_in_another_column_is_refused,
    sr_74_what_an_older_generation_held_is_refused,
    sr_73_a_changed_attempt_is_refused,
    sr_73_a_changed_revocation_is_dropped_and_the_others_go_on,
});

const COLUMNS: [&str; 3] = ["data_key", "tokens_sealed", "about_sealed"];
const BROWSER: u8 = 7;

async fn read(db: &mut Database, column: &str, name: &str) -> Vec<u8> {
    db.bytes(&format!("SELECT {column} FROM connection WHERE user_id = 'PACCT/{name}'")).await
}

async fn write(db: &mut Database, column: &str, name: &str, bytes: &[u8]) {
    db.put(&format!("UPDATE connection SET {column} = $1 WHERE user_id = 'PACCT/{name}'"), bytes).await;
}

/// Whether a person's connection opens, all of it.
async fn open(vault: &Vault, name: &str) -> Result<String, VaultError> {
    opened(&vault.connection(&user(name)).await?.unwrap())
}

/// The value with each byte changed, or cut off before it, and a byte too long.
fn changed(value: &[u8]) -> Vec<Vec<u8>> {
    let flip = |i: usize| {
        let mut bytes = value.to_vec();
        bytes[i] ^= 0x40;
        bytes
    };
    let mut all: Vec<_> = (0..value.len()).map(flip).collect();
    all.extend([0, 1, 24, 25, 41, value.len() - 1].map(|end| value[..end].to_vec()));
    all.push([value, &[0]].concat());
    all
}

/// A handful of them.
fn some(all: Vec<Vec<u8>>) -> impl Iterator<Item = Vec<u8>> {
    let ends = all.len() - 8;
    all.into_iter().enumerate().filter(move |(i, _)| i % 13 == 0 || *i > ends).map(|(_, bytes)| bytes)
}

async fn sr_73_a_changed_byte_is_refused_in_every_column(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    grant(&vault, &user("PA"), 1, "a").await.unwrap();
    grant(&vault, &user("PB"), 2, "b").await.unwrap();
    for column in COLUMNS {
        let value = read(&mut db, column, "PA").await;
        for bad in some(changed(&value)) {
            write(&mut db, column, "PA", &bad).await;
            assert!(matches!(open(&vault, "PA").await, Err(VaultError::Unsealable)), "{column}: {bad:?}");
        }
        assert_eq!(open(&vault, "PB").await.unwrap(), "b", "{column}: nobody else is touched");
        write(&mut db, column, "PA", &value).await;
        assert_eq!(open(&vault, "PA").await.unwrap(), "a");
    }
    // A new grant takes the place of what does not open, and so does wiping it.
    for column in COLUMNS {
        write(&mut db, column, "PA", b"\x01").await;
        let session = super::session(column.len() as u8, &user("PA"));
        let (tokens, about) = (tokens("anew"), about("anew", "c"));
        vault
            .put_connection(&user("PA"), &tokens, &about, content(1).times, Some(&session), None)
            .await
            .unwrap();
        assert_eq!(open(&vault, "PA").await.unwrap(), "anew");
    }
    write(&mut db, "data_key", "PA", b"").await;
    vault.remove_unopened(&user("PA")).await.unwrap();
    assert!(vault.connection(&user("PA")).await.unwrap().is_none());
}

async fn sr_73_what_belongs_to_another_person_is_refused(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    grant(&vault, &user("PA"), 1, "a").await.unwrap();
    grant(&vault, &user("PB"), 2, "b").await.unwrap();
    for columns in [&COLUMNS[..1], &COLUMNS[1..2], &COLUMNS[2..], &COLUMNS[..]] {
        let mut before = Vec::new();
        for column in columns {
            let (a, b) = (read(&mut db, column, "PA").await, read(&mut db, column, "PB").await);
            write(&mut db, column, "PA", &b).await;
            write(&mut db, column, "PB", &a).await;
            before.push((column, a, b));
        }
        for name in ["PA", "PB"] {
            assert!(matches!(open(&vault, name).await, Err(VaultError::Unsealable)), "{columns:?} of {name}");
        }
        for (column, a, b) in before {
            write(&mut db, column, "PA", &a).await;
            write(&mut db, column, "PB", &b).await;
        }
        assert_eq!(
            (open(&vault, "PA").await.unwrap(), open(&vault, "PB").await.unwrap()),
            ("a".into(), "b".into())
        );
    }
}

async fn sr_73_what_belongs_in_another_column_is_refused(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    grant(&vault, &user("PA"), 1, "a").await.unwrap();
    for column in COLUMNS {
        let value = read(&mut db, column, "PA").await;
        for other in COLUMNS.into_iter().filter(|other| *other != column) {
            let foreign = read(&mut db, other, "PA").await;
            write(&mut db, column, "PA", &foreign).await;
            assert!(matches!(open(&vault, "PA").await, Err(VaultError::Unsealable)), "{other} in {column}");
        }
        write(&mut db, column, "PA", &value).await;
    }
    assert_eq!(open(&vault, "PA").await.unwrap(), "a");
}

async fn sr_74_what_an_older_generation_held_is_refused(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    let pa = user("PA");
    grant(&vault, &pa, 1, "first").await.unwrap();
    let mut old = Vec::new();
    for column in COLUMNS {
        old.push((column, read(&mut db, column, "PA").await));
    }
    let refresh = async |text: &str| {
        let from = stored(&vault, &pa).await;
        assert!(vault.advance(&from, &tokens(text), &about(text, "first"), content(2).times).await.unwrap());
    };
    // After a refresh the data key is the same, after a new grant it is another.
    for step in ["refreshed", "granted", "refreshed once more"] {
        match step {
            "granted" => grant(&vault, &pa, 2, "second").await.unwrap(),
            text => refresh(text).await,
        }
        for columns in [&old[1..2], &old[2..], &old[1..], &old[..]] {
            let mut new = Vec::new();
            for (column, value) in columns {
                new.push((*column, read(&mut db, column, "PA").await));
                write(&mut db, column, "PA", value).await;
            }
            let refused = open(&vault, "PA").await;
            assert!(matches!(refused, Err(VaultError::Unsealable)), "{step}, {} columns", columns.len());
            for (column, value) in new {
                write(&mut db, column, "PA", &value).await;
            }
        }
        assert!(open(&vault, "PA").await.is_ok());
    }
    // The fence says the same to whoever puts the generation back without its values.
    let last = stored(&vault, &pa).await.generation();
    db.run("UPDATE connection SET generation = generation - 3").await;
    assert!(matches!(open(&vault, "PA").await, Err(VaultError::Unsealable)));
    assert_eq!(vault.lease(&pa, last, "owner", super::LONG).await.unwrap(), Lease::Moved);
}

async fn sr_73_a_changed_attempt_is_refused(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    let take = async |byte| vault.take_attempt(&id(byte), Some(&id(BROWSER)), 1000).await;
    let put =
        async |byte| vault.put_attempt(&id(byte), &id(BROWSER), b"the verifier", None, 1000).await.unwrap();
    const VALUE: &str = "SELECT sealed FROM attempt WHERE used_at IS NULL";
    const CHANGE: &str = "UPDATE attempt SET sealed = $1 WHERE used_at IS NULL";
    let mut byte = 100;
    put(byte).await;
    let value = db.bytes(VALUE).await;
    assert!(matches!(take(byte).await, Ok(Taken::Now(_))));
    for i in 0..some(changed(&value)).count() {
        byte += 1;
        put(byte).await;
        let value = db.bytes(VALUE).await;
        let bad = some(changed(&value)).nth(i).unwrap();
        db.put(CHANGE, &bad).await;
        assert!(matches!(take(byte).await, Err(VaultError::Unsealable)), "{bad:?}");
        assert!(matches!(take(byte).await, Ok(Taken::Before)), "it is used all the same");
    }
    // Another attempt's, and one of its own that was used.
    byte += 1;
    put(byte).await;
    db.put(CHANGE, &value).await;
    assert!(matches!(take(byte).await, Err(VaultError::Unsealable)));
}

async fn sr_73_a_changed_revocation_is_dropped_and_the_others_go_on(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    let mut seen = 0;
    keep_to_revoke(&vault, "good", 1).await;
    keep_to_revoke(&vault, "another", 2).await;
    let (good, another) = (
        db.bytes("SELECT sealed FROM revocation WHERE created_at = 1").await,
        db.bytes("SELECT sealed FROM revocation WHERE created_at = 2").await,
    );
    db.put("UPDATE revocation SET sealed = $1 WHERE created_at = 2", &good).await;
    let mut foreign = vec![good, another];
    loop {
        keep_to_revoke(&vault, "bad", 3).await;
        let value = db.bytes("SELECT sealed FROM revocation WHERE created_at = 3").await;
        let Some(bad) = foreign.pop().or_else(|| some(changed(&value)).nth(seen)) else { break };
        db.put("UPDATE revocation SET sealed = $1 WHERE created_at = 3", &bad).await;
        let due = vault.due_revocations(Duration::ZERO).await.unwrap();
        let due: Vec<_> = due.iter().map(|row| row.tokens.access.expose()).collect();
        assert_eq!(due, ["access good"]);
        assert_eq!(db.number("SELECT count(*) FROM revocation").await, 1, "what never opens is not kept");
        seen += usize::from(foreign.is_empty());
    }
    assert!(seen > 10);
}
