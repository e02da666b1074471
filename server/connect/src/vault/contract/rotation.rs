//! The operator's key changes while replicas are at work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    at_once, content,
    grants::{about, grant, opened, stored, tokens},
    home::Home,
    id, keep_to_revoke, user,
};
use crate::{
    UserId, Vault, VaultError, token,
    vault::{
        connections::data_key_place,
        ring::{Ring, introduce},
        store::Taken,
    },
};

show_for!([sqlite, postgres]: {
    sr_75_everything_opens_before_during_and_after_a_rotation,
    sr_76_with_the_old_key_alone_nothing_opens_and_nothing_changes,
    sr_75_replicas_go_on_while_the_key_changes,
    a_replica_that_had_the_new_key_all_along_seals_with_it,
    a_replica_that_slept_through_a_rotation_goes_on_with_whatever_comes_first,
    a_key_that_was_let_go_never_comes_back,
    a_key_made_ready_outlives_the_dropping_of_old_ones,
    what_was_read_before_its_key_was_let_go_still_opens,
    sr_75_a_rotation_cut_short_is_finished_by_the_next,
    sr_75_two_rotations_at_once_end_with_one_key,
    sr_73_what_was_changed_stays_refused_after_a_rotation,
});
show_for!([memory]: {
    in_memory_there_is_nothing_to_rotate,
});

const BROWSER: u8 = 7;

async fn put_attempt(vault: &Vault, byte: u8) {
    vault.put_attempt(&id(byte), &id(BROWSER), b"remembered", None, 1000).await.unwrap();
}

async fn take_attempt(vault: &Vault, byte: u8) -> Result<String, VaultError> {
    match vault.take_attempt(&id(byte), Some(&id(BROWSER)), 1000).await? {
        Taken::Now(plain) => Ok(String::from_utf8(plain.to_vec()).unwrap()),
        other => panic!("{other:?}"),
    }
}

async fn open(vault: &Vault, name: &str) -> String {
    opened(&stored(vault, &user(name)).await).unwrap()
}

/// The keys that the values in the database name.
async fn used_keys(home: &Home) -> i64 {
    let sql = "SELECT count(*) FROM (SELECT key_id FROM attempt UNION SELECT key_id FROM connection
               UNION SELECT key_id FROM revocation) AS used";
    home.database().await.number(sql).await
}

async fn sr_75_everything_opens_before_during_and_after_a_rotation(home: Home) {
    let (a, b) = (home.vault().await, home.vault().await);
    let first = home.keys();
    for byte in 1..=4 {
        put_attempt(&a, byte).await;
    }
    grant(&a, &user("PA"), 1, "a").await.unwrap();
    keep_to_revoke(&a, "left", 1000).await;
    take_attempt(&a, 1).await.unwrap();

    let done = a.rotate().await.unwrap();
    assert!(done.is_new);
    assert_eq!((done.resealed, done.unused.len()), (6, 1), "four attempts, a data key, a revocation");
    assert_eq!(home.keys().lines().count(), 2);
    assert!(home.keys().starts_with(&first));
    // The other replica has not heard of it.
    put_attempt(&b, 5).await;
    assert_eq!(used_keys(&home).await, 2);
    assert_eq!(open(&b, "PA").await, "a");
    assert_eq!(take_attempt(&b, 2).await.unwrap(), "remembered");
    assert_eq!(take_attempt(&a, 5).await.unwrap(), "remembered");

    put_attempt(&home.vault().await, 6).await;
    assert_eq!(
        a.drop_old_keys().await.unwrap(),
        done.unused,
        "the attempt the other has sealed is in the way"
    );
    assert_eq!(home.keys().lines().count(), 2);
    let again = b.rotate().await.unwrap();
    assert_eq!((again.is_new, again.resealed, &again.key), (false, 1, &done.key));
    assert!(a.drop_old_keys().await.unwrap().is_empty());
    assert_eq!(home.keys().lines().count(), 1);
    assert!(!home.keys().contains(first.trim()));

    for vault in [&a, &b, &home.vault().await] {
        vault.check().await.unwrap();
        assert_eq!(open(vault, "PA").await, "a");
    }
    assert_eq!(take_attempt(&a, 3).await.unwrap(), "remembered");
    assert_eq!(take_attempt(&b, 4).await.unwrap(), "remembered");
    let due = b.due_revocations(Duration::ZERO).await.unwrap();
    assert_eq!(due[0].tokens.access.expose(), "access left");
    let next = a.rotate().await.unwrap();
    assert!(next.is_new && next.key != done.key, "the next one begins anew");
}

async fn sr_76_with_the_old_key_alone_nothing_opens_and_nothing_changes(home: Home) {
    let (a, late) = (home.vault().await, home.vault().await);
    let first = home.keys();
    grant(&a, &user("PA"), 1, "a").await.unwrap();
    let refused = |opened: Result<(), VaultError>, key: &str| {
        let wrong = matches!(&opened, Err(VaultError::WrongKey { path, id }) if *path == home.key_file() && id == key);
        assert!(wrong, "{opened:?}");
    };
    let done = a.rotate().await.unwrap();
    for step in ["rotated", "dropped"] {
        if step == "dropped" {
            assert!(a.drop_old_keys().await.unwrap().is_empty());
        }
        let (keys, before) = (home.keys(), home.database().await.picture().await);
        home.set_keys(&first);
        refused(home.open().await.map(drop), &done.key);
        refused(late.check().await, &done.key);
        refused(late.connection(&user("PA")).await.map(drop), &done.key);
        refused(late.rotate().await.map(drop), &done.key);
        refused(late.drop_old_keys().await.map(drop), &done.key);
        assert_eq!(home.keys(), first);
        assert_eq!(home.database().await.picture().await, before, "{step}");
        home.set_keys(&keys);
    }
    assert_eq!(open(&late, "PA").await, "a", "with the file put back it goes on");
}

/// All that a replica does, until it is told to stop. Every error is a failure.
async fn work(vault: Vault, replica: u8, stop: Arc<AtomicBool>) -> u32 {
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        rounds += 1;
        let (attempt, text) = (token::hash(&token::random()), format!("{replica} {rounds}"));
        let who = user(&format!("P{replica}{}", rounds % 3));
        vault.put_attempt(&attempt, &id(BROWSER), text.as_bytes(), None, 1000).await.unwrap();
        put(&vault, &who, &text).await;
        let fresh = stored(&vault, &who).await;
        assert_eq!(opened(&fresh).unwrap(), text);
        let next = format!("{text} next");
        assert!(vault.advance(&fresh, &tokens(&next), &about(&next, &text), content(1).times).await.unwrap());
        assert_eq!(opened(&stored(&vault, &who).await).unwrap(), next);
        let taken = vault.take_attempt(&attempt, Some(&id(BROWSER)), 1000).await.unwrap();
        assert!(matches!(taken, Taken::Now(plain) if plain.as_slice() == text.as_bytes()));
        vault.keep_to_revoke(&tokens(&text), 1000).await.unwrap();
        for due in vault.due_revocations(super::LONG).await.unwrap() {
            vault.remove_revocation(&due.id).await.unwrap();
        }
    }
    rounds
}

async fn put(vault: &Vault, user: &UserId, text: &str) {
    let session = super::SessionRow { id: token::hash(&token::random()), ..super::session(1, user) };
    let (tokens, about) = (tokens(text), about(text, text));
    vault.put_connection(user, &tokens, &about, content(1).times, Some(&session), None).await.unwrap();
}

async fn sr_75_replicas_go_on_while_the_key_changes(home: Home) {
    let (a, b, c) = (home.vault().await, home.vault().await, home.vault().await);
    let stop = Arc::new(AtomicBool::new(false));
    // Two that work, one of which at two things at once, and others that come and go;
    // a third changes the keys.
    let workers = [(&a, 1), (&b, 2), (&b, 3)];
    let workers =
        workers.map(|(vault, replica)| tokio::spawn(work(vault.clone(), replica, Arc::clone(&stop))));
    let guests = tokio::spawn({
        let (home, stop) = (home.clone(), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::Relaxed) {
                let guest = home.vault().await;
                guest.check().await.unwrap();
                guest.close().await;
            }
        }
    });
    for _ in 0..6 {
        let done = c.rotate().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        // What replicas were just sealing with the old key is left for another run.
        while !c.drop_old_keys().await.unwrap().is_empty() {
            assert_eq!(c.rotate().await.unwrap().key, done.key);
        }
    }
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        assert!(worker.await.unwrap() > 6, "it was at work meanwhile");
    }
    guests.await.unwrap();
    assert_eq!(home.keys().lines().count(), 1);
    assert_eq!(used_keys(&home).await, 1);
    for vault in [a, b, c, home.vault().await] {
        put(&vault, &user("PA"), "after").await;
        assert_eq!(open(&vault, "PA").await, "after");
    }
}

async fn a_replica_that_had_the_new_key_all_along_seals_with_it(home: Home) {
    let a = home.vault().await;
    let ready = a.prepare_key().unwrap().unwrap();
    let b = home.vault().await;
    let done = a.rotate().await.unwrap();
    assert_eq!((done.is_new, done.key), (true, ready), "the one made ready, and no other");
    assert_eq!(home.keys().lines().count(), 2);
    // It is asked now and then whether all is well, and hears of it then.
    b.check().await.unwrap();
    put_attempt(&b, 1).await;
    assert!(a.drop_old_keys().await.unwrap().is_empty(), "nothing is sealed with the old one");
    assert_eq!(take_attempt(&a, 1).await.unwrap(), "remembered");
}

async fn a_replica_that_slept_through_a_rotation_goes_on_with_whatever_comes_first(home: Home) {
    let a = home.vault().await;
    grant(&a, &user("PA"), 1, "a").await.unwrap();
    let sleepers = [home.vault().await, home.vault().await, home.vault().await, home.vault().await];
    let [attempts, grants, wipes, revokes] = &sleepers;
    let pa = stored(wipes, &user("PA")).await;
    a.rotate().await.unwrap();
    assert!(a.drop_old_keys().await.unwrap().is_empty());

    put_attempt(attempts, 1).await;
    grant(grants, &user("PB"), 2, "b").await.unwrap();
    let wiped = wipes.remove_connection(&user("PA"), &pa, Some(&tokens("wiped")), 1000).await.unwrap();
    a.postpone_revocation(&wiped.unwrap(), Duration::ZERO).await.unwrap();
    keep_to_revoke(revokes, "kept", 1000).await;

    assert_eq!(take_attempt(&a, 1).await.unwrap(), "remembered");
    assert_eq!(open(&a, "PB").await, "b");
    assert_eq!(a.due_revocations(Duration::ZERO).await.unwrap().len(), 2);
    assert_eq!(used_keys(&home).await, 1);
}

async fn a_key_that_was_let_go_never_comes_back(home: Home) {
    let a = home.vault().await;
    let first = home.keys();
    a.rotate().await.unwrap();
    let both = home.keys();
    assert!(a.drop_old_keys().await.unwrap().is_empty());
    let second = home.keys();
    // As if it had been killed after the database forgot the key, and before the file did.
    home.set_keys(&both);
    assert!(a.rotate().await.unwrap().is_new);
    assert!(home.vault().await.drop_old_keys().await.unwrap().is_empty());
    let third = home.keys();
    assert_eq!(third.lines().count(), 1);
    assert!(![first, second].contains(&third), "it seals with a key that was to be got rid of");
}

async fn a_key_made_ready_outlives_the_dropping_of_old_ones(home: Home) {
    let a = home.vault().await;
    let first = home.keys();
    a.rotate().await.unwrap();
    let ready = a.prepare_key().unwrap().unwrap();
    assert!(a.drop_old_keys().await.unwrap().is_empty());
    assert_eq!(home.keys().lines().count(), 2);
    assert!(!home.keys().contains(first.trim()));
    assert_eq!(a.rotate().await.unwrap().key, ready);
}

async fn what_was_read_before_its_key_was_let_go_still_opens(home: Home) {
    let (a, b) = (home.vault().await, home.vault().await);
    grant(&a, &user("PA"), 1, "a").await.unwrap();
    // The two halves of a read, with all of a rotation between them.
    let (ring, row) = (b.ring(), b.store().unwrap().connection(&user("PA")).await.unwrap().unwrap());
    a.rotate().await.unwrap();
    assert!(a.drop_old_keys().await.unwrap().is_empty());
    b.check().await.unwrap();
    let place = data_key_place(b"PACCT/PA");
    assert!(b.open_sealed(&ring, place, &row.data_key).await.is_ok());
    let refused = b.open_sealed(&b.ring(), place, &row.data_key).await;
    assert!(matches!(refused, Err(VaultError::Unsealable)), "to whoever reads it now it is an old value");
}

async fn sr_75_a_rotation_cut_short_is_finished_by_the_next(home: Home) {
    let a = home.vault().await;
    for byte in 0..205 {
        put_attempt(&a, byte).await;
    }
    put(&a, &user("PA"), "a").await;
    let file = home.key_file();

    // After the file was written, and before the database was told.
    let key = Ring::add(&file).unwrap();
    let b = home.vault().await;
    let done = b.rotate().await.unwrap();
    assert_eq!((done.is_new, done.resealed, done.key.as_str()), (true, 206, key.id()));
    assert!(b.drop_old_keys().await.unwrap().is_empty());

    // After the database was told, and before anything was sealed anew.
    let key = Ring::add(&file).unwrap();
    b.store().unwrap().add_key(&introduce(&key, true).unwrap()).await.unwrap();
    let c = home.vault().await;
    let done = c.rotate().await.unwrap();
    assert_eq!((done.is_new, done.resealed, done.key.as_str()), (false, 206, key.id()));
    assert!(c.drop_old_keys().await.unwrap().is_empty());

    // Anywhere.
    for round in 0..8u64 {
        let task = tokio::spawn({
            let vault = home.vault().await;
            async move { vault.rotate().await.map(drop) }
        });
        tokio::time::sleep(Duration::from_micros(round * round * 600)).await;
        task.abort();
        _ = task.await;
        let next = home.vault().await;
        next.rotate().await.unwrap();
        assert!(next.drop_old_keys().await.unwrap().is_empty());
        assert_eq!(home.keys().lines().count(), 1);
        assert_eq!(open(&next, "PA").await, "a");
        assert_eq!(take_attempt(&next, round as u8).await.unwrap(), "remembered");
        next.close().await;
    }
    assert_eq!(take_attempt(&a, 204).await.unwrap(), "remembered", "a replica that slept through all of it");
}

async fn sr_75_two_rotations_at_once_end_with_one_key(home: Home) {
    let vaults = [home.vault().await, home.vault().await, home.vault().await];
    for byte in 0..50 {
        put_attempt(&vaults[0], byte).await;
    }
    for round in 0..5 {
        at_once(3, |i| {
            let vault = vaults[i].clone();
            async move { vault.rotate().await.unwrap() }
        })
        .await;
        vaults[0].rotate().await.unwrap();
        at_once(3, |i| {
            let vault = vaults[i].clone();
            async move { vault.drop_old_keys().await.unwrap() }
        })
        .await;
        assert_eq!(home.keys().lines().count(), 1, "round {round}");
        assert_eq!(home.database().await.number("SELECT count(*) FROM vault_key").await, 1);
        for (i, vault) in (0..).zip(&vaults) {
            assert_eq!(take_attempt(vault, round * 3 + i).await.unwrap(), "remembered");
        }
    }
}

async fn sr_73_what_was_changed_stays_refused_after_a_rotation(home: Home) {
    let (vault, mut db) = (home.vault().await, home.database().await);
    for (byte, name) in [(1, "PA"), (2, "PB"), (3, "PC")] {
        grant(&vault, &user(name), byte, name).await.unwrap();
    }
    put_attempt(&vault, 1).await;
    keep_to_revoke(&vault, "left", 1000).await;
    let key = db.bytes("SELECT data_key FROM connection WHERE user_id = 'PACCT/PC'").await;
    db.put("UPDATE connection SET data_key = $1 WHERE user_id = 'PACCT/PA'", &key).await;
    db.put("UPDATE connection SET tokens_sealed = $1 WHERE user_id = 'PACCT/PB'", &[1; 80]).await;
    db.put("UPDATE attempt SET sealed = $1", &[1; 80]).await;
    db.put("UPDATE revocation SET sealed = $1", &[]).await;

    vault.rotate().await.unwrap();
    assert!(vault.drop_old_keys().await.unwrap().is_empty(), "what does not open is not in the way");
    assert_eq!(used_keys(&home).await, 1);
    for vault in [vault, home.vault().await] {
        assert!(matches!(vault.connection(&user("PA")).await, Err(VaultError::Unsealable)));
        let pb = stored(&vault, &user("PB")).await;
        assert!(matches!(pb.tokens(), Err(VaultError::Unsealable)));
        assert!(pb.about().is_ok(), "what was not changed opens");
        assert_eq!(open(&vault, "PC").await, "PC");
    }
    let vault = home.vault().await;
    assert!(matches!(take_attempt(&vault, 1).await, Err(VaultError::Unsealable)));
    assert!(vault.due_revocations(Duration::ZERO).await.unwrap().is_empty());
}

async fn in_memory_there_is_nothing_to_rotate(home: Home) {
    let vault = home.vault().await;
    put_attempt(&vault, 1).await;
    let done = vault.rotate().await.unwrap();
    assert_eq!((done.is_new, done.resealed, done.unused.len()), (false, 0, 0));
    assert!(vault.drop_old_keys().await.unwrap().is_empty());
    assert!(vault.prepare_key().unwrap().is_none());
    vault.check().await.unwrap();
    assert_eq!(take_attempt(&vault, 1).await.unwrap(), "remembered");
}
