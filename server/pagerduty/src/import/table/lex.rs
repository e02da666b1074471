//! From text to cells: RFC 4180, with any line ending and any of four separators.
//!
//! Our own, since the `csv` crate closes an open quotation mark at the end of a file, takes a stray one for text without
//! saying so, and cannot tell in which column it stands.

use super::{MAX_COLUMNS, MAX_FIELD_BYTES};

/// What separates cells, the most usual first.
pub(super) const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// What is kept of a cell: what may stand in it and what is taken off it later (`'`, or `="` and `"`).
const KEPT_BYTES: usize = MAX_FIELD_BYTES + 4;

/// Yields every row but empty lines. Looks at each byte a fixed number of times, whatever stands there.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    line: u64,
    separator: char,
    keeps: bool,
}

/// One row, as far as it can be told apart.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Where it begins.
    pub line: u64,
    /// Its cells, of which no more are kept than a file may have columns.
    pub cells: Vec<Cell>,
    /// How many cells it has.
    pub width: usize,
    /// The last of its cells that holds something, counted from 1; 0 when none does.
    pub filled: usize,
    /// What keeps it from being read: the first such thing, and a quotation mark that is never closed.
    pub faults: Vec<Fault>,
}

/// One cell.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// What stands in it, without the quotation marks around it.
    pub text: String,
    /// Whether there is more than is kept.
    pub is_cut: bool,
}

/// A quotation mark where none can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: u64,
    /// Counted from 0.
    pub column: usize,
    pub what: What,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It stands inside a cell that does not begin with one.
    Stray,
    /// More follows the one that closes the cell.
    Trailing { opened: u64 },
    /// None closes the cell.
    Unclosed,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(rest: &'a str, line: u64, separator: char) -> Self {
        Self { rest, line, separator, keeps: true }
    }

    /// From here on rows are only counted: their cells stay empty.
    pub(super) fn count_only(&mut self) {
        self.keeps = false;
    }

    /// The next cell, up to what ends it.
    fn cell(&mut self, row: &mut Row) -> Cell {
        if self.rest.starts_with(self.separator) {
            return Cell::default();
        }
        let blank = |c: char| c == ' ' || (c == '\t' && self.separator != '\t');
        self.rest = self.rest.trim_start_matches(blank);
        let mut cell = Cell::default();
        // ="00123" is how other programs keep Excel from making a number of it.
        let is_formula = self.rest.starts_with("=\"");
        let Some(inside) = self.rest.strip_prefix(if is_formula { "=\"" } else { "\"" }) else {
            let text = self.rest_of_cell();
            if text.contains('"') {
                row.fault(self.line, What::Stray);
            }
            row.note(text);
            self.keep(&mut cell, text);
            return cell;
        };
        let opened = self.line;
        self.rest = inside;
        if is_formula {
            self.keep(&mut cell, "=\"");
        }
        loop {
            let Some((text, rest)) = self.rest.split_once('"') else {
                row.fault(opened, What::Unclosed);
                self.line += line_breaks(self.rest);
                self.rest = "";
                return cell;
            };
            self.line += line_breaks(text);
            row.note(text);
            self.keep(&mut cell, text);
            self.rest = rest;
            let Some(rest) = rest.strip_prefix('"') else { break };
            row.note("\"");
            self.keep(&mut cell, "\"");
            self.rest = rest;
        }
        if is_formula {
            self.keep(&mut cell, "\"");
        }
        if !self.rest_of_cell().trim().is_empty() {
            row.fault(self.line, What::Trailing { opened });
        }
        cell
    }

    /// What stands before the next separator or line end. By bytes, as no part of a longer letter is one of these.
    fn rest_of_cell(&mut self) -> &'a str {
        let ends = |byte: &u8| char::from(*byte) == self.separator || matches!(byte, b'\n' | b'\r');
        let end = self.rest.as_bytes().iter().position(ends).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        text
    }

    fn end_of_line(&mut self) -> bool {
        let Some(rest) = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\r', '\n']))
        else {
            return false;
        };
        self.rest = rest;
        self.line += 1;
        true
    }

    fn keep(&self, cell: &mut Cell, text: &str) {
        if !self.keeps || cell.is_cut {
            return;
        }
        let room = KEPT_BYTES.saturating_sub(cell.text.len());
        cell.is_cut = text.len() > room;
        cell.text.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
    }
}

impl Iterator for Lexer<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while self.end_of_line() {}
        if self.rest.is_empty() {
            return None;
        }
        let mut row = Row { line: self.line, ..Row::default() };
        loop {
            let cell = self.cell(&mut row);
            row.width += 1;
            if self.keeps && row.width <= MAX_COLUMNS {
                row.cells.push(cell);
            }
            match self.rest.strip_prefix(self.separator) {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        self.end_of_line();
        Some(row)
    }
}

impl Row {
    /// Whether nothing stands in it.
    pub(super) fn is_blank(&self) -> bool {
        self.filled == 0
    }

    fn note(&mut self, text: &str) {
        if !text.trim_start().is_empty() {
            self.filled = self.width + 1;
        }
    }

    /// What follows the first fault of a row mostly follows from it.
    fn fault(&mut self, line: u64, what: What) {
        if self.faults.is_empty() || what == What::Unclosed {
            self.faults.push(Fault { line, column: self.width, what });
        }
        self.filled = self.width + 1;
    }
}

/// How many lines end in a text, by whatever ends them.
pub(super) fn line_breaks(text: &str) -> u64 {
    let (mut count, mut after_return) = (0, false);
    for byte in text.bytes() {
        count += u64::from(byte == b'\r' || (byte == b'\n' && !after_return));
        after_return = byte == b'\r';
    }
    count
}
