//! Whatever stands in a file, reading it ends in rows or in sentences.

use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner,
};

use super::*;

const PIECES: &[&str] = &[
    "name",
    "email",
    "Phone",
    "teams",
    "notify_high",
    "push",
    "Ann",
    "a@b",
    "+49 30 1234567",
    "sms:5",
    "A:manager",
    "4h",
    "\"",
    "\"\"",
    "'",
    "=",
    "=\"",
    "+",
    "-",
    "@",
    ",",
    ",",
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\u{1b}",
    " ",
    "\u{a0}",
    "\u{feff}",
    "é",
    "🦀",
    "sep=;\n",
    "E+12",
    ":",
    "\u{202e}",
    "\"x\"",
];

/// What holds of every reading, whatever was read.
fn read(kind: Kind, bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() as u64;
    match Table::read(kind, bytes) {
        Ok(table) => {
            assert!((1..=MAX_ROWS).contains(&table.rows.len()) && table.header.len() <= MAX_COLUMNS);
            assert!(table.rows.windows(2).all(|pair| pair[0].line < pair[1].line));
            for row in &table.rows {
                assert_eq!(row.cells.len(), table.header.len());
                assert!(row.line > 1 && row.line <= lines);
                if let Err(mistakes) = &row.wanted {
                    assert!(!mistakes.is_empty());
                    assert_finished(mistakes);
                }
            }
        }
        Err(Unreadable { mistakes, more }) => {
            assert!(!mistakes.is_empty() && mistakes.len() <= 1000 && (more == 0 || mistakes.len() == 1000));
            assert!(mistakes.is_sorted_by_key(|it| it.line) && mistakes.iter().all(|it| it.line <= lines));
            assert_finished(&mistakes);
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    select(Kind::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_rows_or_in_sentences(kind in kind(), bytes in vec(any::<u8>(), 0..400)) {
        read(kind, &bytes);
    }

    #[test]
    fn anything_like_a_table_ends_in_rows_or_in_sentences(kind in kind(), pieces in vec(select(PIECES), 0..80)) {
        read(kind, pieces.concat().as_bytes());
        read(kind, format!("name,email,phone,teams\n{}", pieces.concat()).as_bytes());
    }
}

/// What the fuzz target does, without its toolchain: good files, broken in many ways, always the same.
#[test]
fn sr_92_twenty_thousand_broken_files_end_in_rows_or_in_sentences() {
    let whole = Kind::ALL.map(csv::template);
    let break_it = vec((0..4_u8, any::<prop::sample::Index>(), any::<u8>(), select(PIECES)), 1..8);
    let mut runner = TestRunner::deterministic();
    for round in 0..20_000 {
        let mut file = whole[round % 2].clone().into_bytes();
        for (how, place, byte, piece) in break_it.new_tree(&mut runner).unwrap().current() {
            let at = place.index(file.len() + 1);
            match how {
                0 => file.truncate(at),
                1 => drop(file.splice(at..at, [byte])),
                2 => drop(file.splice(at..at, piece.bytes())),
                _ => drop(file.drain(at..(at + usize::from(byte)).min(file.len()))),
            }
        }
        // Now and then as a file of the other kind.
        let kind = round + usize::from(round % 16 < 2);
        read(Kind::ALL[kind % 2], &file);
    }
}

#[test]
fn five_megabytes_of_commas_are_an_empty_file_or_an_empty_row() {
    let commas = ",".repeat(MAX_BYTES - 100);
    assert!(only(&commas).2.contains("is empty"));
    assert!(only(format!("name,email\n{commas}")).2.contains("no row"));
    assert!(only(format!("name,email{commas}x\n")).2.contains("columns"));
    let table = users(&format!("name,email\nAnn,a@b{commas}x\n"));
    assert_eq!(table.rows[0].wanted.as_ref().unwrap_err().len(), 1);
}

#[test]
fn a_cell_of_five_megabytes_is_a_mistake_and_not_kept() {
    let long = "x".repeat(MAX_BYTES - 100);
    for cell in [long.clone(), format!("\"{long}\""), format!("\"{}\"", "\"".repeat(MAX_BYTES - 100))] {
        let table = users(&format!("name,email\nAnn,{cell}\n"));
        assert!(table.rows[0].cells[1].len() <= MAX_FIELD_BYTES + 4);
        assert!(table.rows[0].wanted.as_ref().unwrap_err()[0].said.contains("1024 bytes"));
    }
    assert!(only(format!("name,email\nAnn,\"{long}\n")).2.contains("half a file"));
    assert!(unreadable(&long).mistakes[0].said.contains("There is no column"));
}

#[test]
fn a_million_empty_lines_are_nothing() {
    for end in ["\n", "\r\n", "\r", " \n", ",\n"] {
        let lines = end.repeat(1_000_000);
        assert!(only(&lines).2.contains("is empty"));
        let table = users(&format!("{lines}name,email\n{lines}Ann,a@b\n"));
        assert_eq!(table.rows[0].line, 2_000_002, "{end:?}");
    }
}

#[test]
fn two_million_rows_are_counted_and_not_kept() {
    let (_, _, said) = only(format!("name,email\n{}", "x\n".repeat(2_000_000)));
    assert!(said.contains("at least 2000000 rows"), "{said}");
    let error = unreadable(format!("name,email\n{}", "x\"\n".repeat(1_700_000)));
    assert_eq!((error.mistakes.len(), error.more), (1000, 1_699_001));
}
