//! Reading and writing, each behaviour by its name.

use super::*;
use crate::import::{
    csv,
    wanted::{WantedService, WantedUser},
};

mod any;
mod files;
mod headers;
mod rows;
mod services;
mod users;
mod written;

fn users(file: &str) -> Table {
    Table::read(Kind::Users, file.as_bytes()).unwrap()
}

fn services(file: &str) -> Table {
    Table::read(Kind::Services, file.as_bytes()).unwrap()
}

fn unreadable(file: impl AsRef<[u8]>) -> Unreadable {
    Table::read(Kind::Users, file.as_ref()).unwrap_err()
}

/// The only thing wrong with a file: its line, its column, and what is said.
fn only(file: impl AsRef<[u8]>) -> (u64, Option<String>, String) {
    let mistakes = unreadable(file).mistakes;
    let [Mistake { line, column, said }] = mistakes.as_slice() else { panic!("{mistakes:?}") };
    (*line, column.clone(), said.clone())
}

fn user(record: &Record) -> &WantedUser {
    match &record.wanted {
        Ok(Wanted::User(user)) => user,
        other => panic!("{other:?}"),
    }
}

fn service(record: &Record) -> &WantedService {
    match &record.wanted {
        Ok(Wanted::Service(service)) => service,
        other => panic!("{other:?}"),
    }
}

/// One user whose further cell is this.
fn with(column: &str, value: &str) -> Result<WantedUser, Vec<String>> {
    let row = csv::line(["Ann", "ann@example.com", value]);
    let table = users(&format!("name,email,{column}\n{row}"));
    match table.rows.into_iter().next().unwrap().wanted {
        Ok(Wanted::User(user)) => Ok(user),
        Ok(other) => panic!("{other:?}"),
        Err(mistakes) => {
            assert!(mistakes.iter().all(|it| it.column.as_deref() == Some(column)), "{mistakes:?}");
            Err(mistakes.into_iter().map(|it| it.said).collect())
        }
    }
}

/// What is said of a value, once.
fn refusal(column: &str, value: &str) -> String {
    let said = with(column, value).expect_err(value);
    assert_eq!(said.len(), 1, "{said:?}");
    said.concat()
}

/// What every sentence a person reads is like.
fn assert_finished(mistakes: &[Mistake]) {
    for Mistake { said, line, .. } in mistakes {
        assert!(*line > 0 && said.len() > 10 && said.ends_with(['.', '?']), "{said}");
        assert!(!said.contains(|c: char| c.is_control()), "{said:?}");
    }
}
