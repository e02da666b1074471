//! The audit log: appended by many, and whatever is done to it behind the program's back is found.

use super::{at_once, home::Home, user};
use crate::{
    Vault,
    audit::{AuditFault, BrokenAudit, check_audit_file},
    vault::Entry,
};

show_for!([memory, sqlite, postgres]: {
    lines_are_numbered_chained_and_read_in_order,
    many_at_once_make_one_chain,
    an_empty_log_stands,
});
show_for!([sqlite, postgres]: {
    whatever_is_done_to_a_log_is_found_and_named,
    nothing_is_built_on_a_forged_head,
    a_log_whose_head_is_gone_is_not_begun_anew,
    a_log_stands_before_during_and_after_a_rotation,
    an_export_is_checked_by_itself,
});

fn entry(number: i64) -> Entry {
    Entry {
        at: 1000 + number,
        event: "refreshed",
        user: user("PA"),
        detail: format!("{{\"number\":{number}}}"),
    }
}

async fn append(vault: &Vault, numbers: std::ops::RangeInclusive<i64>) {
    vault.append_audit(&numbers.map(entry).collect::<Vec<_>>()).await.unwrap();
}

async fn fault(vault: &Vault) -> Option<(i64, AuditFault)> {
    let checked = vault.check_audit().await.unwrap();
    checked.err().map(|BrokenAudit { line, fault }| (line, fault))
}

async fn lines_are_numbered_chained_and_read_in_order(home: Home) {
    let vault = home.vault().await;
    append(&vault, 1..=3).await;
    append(&vault, 4..=1203).await;
    let checked = vault.check_audit().await.unwrap().unwrap();
    assert_eq!((checked.lines, checked.since), (1203, Some(1001)));
    let (mut after, mut all) = (i64::MIN, Vec::new());
    while let Some(last) = {
        let some = vault.audit_lines(after).await.unwrap();
        all.extend(some.iter().map(|line| (line.seq, line.at, line.detail.clone())));
        some.last().map(|line| line.seq)
    } {
        after = last;
    }
    let expected = (1..=1203).map(|n| (n, 1000 + n, format!("{{\"number\":{n}}}")));
    assert_eq!(all, expected.collect::<Vec<_>>());
}

async fn many_at_once_make_one_chain(home: Home) {
    // On a server and on a file, three replicas.
    let first = home.vault().await;
    let vaults = match first.0.key_file {
        Some(_) => [first, home.vault().await, home.vault().await],
        None => [first.clone(), first.clone(), first],
    };
    at_once(12, |i| {
        let vault = vaults[i % 3].clone();
        async move {
            for number in 1..=10 {
                append(&vault, number..=number).await;
            }
        }
    })
    .await;
    for vault in vaults {
        assert_eq!(vault.check_audit().await.unwrap().unwrap().lines, 120);
    }
}

async fn an_empty_log_stands(home: Home) {
    let vault = home.vault().await;
    let checked = vault.check_audit().await.unwrap().unwrap();
    assert_eq!((checked.lines, checked.since), (0, None));
    assert!(vault.audit_lines(0).await.unwrap().is_empty());
}

async fn whatever_is_done_to_a_log_is_found_and_named(home: Home) {
    use AuditFault::{Added, CutOff, Dropped, Edited, HeadEdited, HeadMissing, Reordered};
    let vault = home.vault().await;
    append(&vault, 1..=9).await;
    let mut database = home.database().await;
    database.run("CREATE TABLE kept_line AS SELECT * FROM audit_line").await;
    database.run("CREATE TABLE kept_head AS SELECT * FROM audit_head").await;
    let copied = "INSERT INTO audit_line SELECT 10, at, event, user_id, detail, before_hash, hash FROM kept_line WHERE seq = 9";
    for (sql, line, fault_found) in [
        ("UPDATE audit_line SET detail = '{\"number\":6}' WHERE seq = 5", 5, Edited),
        ("UPDATE audit_line SET at = at + 1 WHERE seq = 1", 1, Edited),
        ("UPDATE audit_line SET user_id = 'PACCT/PB' WHERE seq = 9", 9, Edited),
        ("UPDATE audit_line SET event = 'broken' WHERE seq = 3", 3, Edited),
        ("UPDATE audit_line SET event = 'refreshedP', user_id = 'ACCT/PA' WHERE seq = 3", 3, Edited),
        ("UPDATE audit_line SET hash = before_hash WHERE seq = 4", 4, Edited),
        ("UPDATE audit_line SET before_hash = hash WHERE seq = 4", 4, Edited),
        ("DELETE FROM audit_line WHERE seq = 1", 1, Dropped),
        ("DELETE FROM audit_line WHERE seq = 5", 5, Dropped),
        ("DELETE FROM audit_line WHERE seq = 9", 9, CutOff(9)),
        ("DELETE FROM audit_line WHERE seq > 4", 5, CutOff(9)),
        ("DELETE FROM audit_line", 1, CutOff(9)),
        // Dropped, and the rest moved up.
        (
            "DELETE FROM audit_line WHERE seq = 5; UPDATE audit_line SET seq = 5 WHERE seq = 6",
            5,
            Reordered(6),
        ),
        (
            "UPDATE audit_line SET seq = 100 WHERE seq = 4; UPDATE audit_line SET seq = 4 WHERE seq = 7;
             UPDATE audit_line SET seq = 7 WHERE seq = 100",
            4,
            Reordered(7),
        ),
        (copied, 10, Added),
        ("UPDATE audit_line SET seq = 0 WHERE seq = 1", 0, Added),
        ("UPDATE audit_head SET lines = 8", 0, HeadEdited),
        (
            "DELETE FROM audit_line WHERE seq = 9; UPDATE audit_head SET lines = 8,
            last_hash = (SELECT hash FROM audit_line WHERE seq = 8)",
            0,
            HeadEdited,
        ),
        ("UPDATE audit_head SET mark = last_hash", 0, HeadEdited),
        ("DELETE FROM audit_head", 0, HeadMissing),
    ] {
        assert_eq!(fault(&vault).await, None, "before {sql}");
        database.run(sql).await;
        assert_eq!(fault(&vault).await, Some((line, fault_found)), "{sql}");
        // A process that has not seen the log before finds the same.
        assert_eq!(fault(&home.vault().await).await, Some((line, fault_found)), "{sql}");
        database.run("DELETE FROM audit_line; INSERT INTO audit_line SELECT * FROM kept_line").await;
        database.run("DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept_head").await;
    }
    database.run("UPDATE audit_head SET data_key = mark").await;
    assert_eq!(
        fault(&home.vault().await).await,
        Some((0, HeadEdited)),
        "with another key nothing can be said"
    );
}

async fn nothing_is_built_on_a_forged_head(home: Home) {
    let vault = home.vault().await;
    append(&vault, 1..=3).await;
    let mut database = home.database().await;
    let forge = "DELETE FROM audit_line WHERE seq = 3; UPDATE audit_head SET lines = 2,
                 last_hash = (SELECT hash FROM audit_line WHERE seq = 2)";
    database.run(forge).await;
    vault.append_audit(&[entry(4)]).await.unwrap_err();
    assert_eq!(database.number("SELECT count(*) FROM audit_line").await, 2);
    assert_eq!(fault(&vault).await, Some((0, AuditFault::HeadEdited)), "a true mark would have hidden it");
}

async fn a_log_whose_head_is_gone_is_not_begun_anew(home: Home) {
    let vault = home.vault().await;
    append(&vault, 1..=3).await;
    home.database().await.run("DELETE FROM audit_head").await;
    for vault in [vault, home.vault().await] {
        vault.append_audit(&[entry(4)]).await.unwrap_err();
        assert_eq!(fault(&vault).await, Some((0, AuditFault::HeadMissing)));
    }
}

async fn a_log_stands_before_during_and_after_a_rotation(home: Home) {
    let (a, b) = (home.vault().await, home.vault().await);
    append(&a, 1..=2).await;
    let done = a.rotate().await.unwrap();
    assert_eq!(done.resealed, 1, "the log's key, and no line");
    append(&b, 3..=4).await;
    assert!(a.drop_old_keys().await.unwrap().is_empty());
    for vault in [a, b, home.vault().await] {
        append(&vault, 5..=5).await;
        assert_eq!(fault(&vault).await, None);
    }
}

async fn an_export_is_checked_by_itself(home: Home) {
    let vault = home.vault().await;
    append(&vault, 1..=4).await;
    let head = vault.export_audit_head().await.unwrap().unwrap();
    append(&vault, 5..=5).await;
    let lines = vault.audit_lines(0).await.unwrap();
    let file: Vec<String> =
        lines.iter().filter(|line| line.seq <= head.0).map(|line| line.to_json()).chain([head.1]).collect();
    let check = |lines: &[String]| check_audit_file(&lines.join("\n"), &home.key_file());
    let checked = check(&file).unwrap().unwrap();
    assert_eq!((checked.lines, checked.since), (4, Some(1001)));
    // Every letter of it counts, also where the JSON says the same.
    for line in 0..file.len() - 1 {
        for at in 0..file[line].len() {
            let mut changed = file.clone();
            changed[line].replace_range(at..=at, if &file[line][at..=at] == "1" { "2" } else { "1" });
            assert!(check(&changed).unwrap().is_err(), "{}", changed[line]);
        }
        let mut spaced = file.clone();
        spaced[line].insert(1, ' ');
        assert_eq!(check(&spaced).unwrap().unwrap_err().fault, AuditFault::Edited);
    }
    vault.rotate().await.unwrap();
    assert!(check(&file).unwrap().is_ok(), "the old key is still in the file");
    vault.drop_old_keys().await.unwrap();
    check(&file).unwrap_err();
}
