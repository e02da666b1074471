//! The line that says what stands in which column.

use super::{
    MAX_COLUMNS, Problems,
    cell::{clean, control, shown},
    columns::{self, Column},
    lex::{Lexer, Row, SEPARATORS},
};
use crate::import::wanted::Kind;

/// How much of a file tells which separator it has: a header of as many columns as there may be.
const LOOKED_AT: usize = 64 << 10;

/// What stands in which column.
#[derive(Debug)]
pub(super) struct Header {
    pub kind: Kind,
    /// Those that have a name, as they stand in the file.
    pub columns: Vec<Named>,
}

/// A column that has a name.
#[derive(Debug)]
pub(super) struct Named {
    pub name: String,
    /// Counted from 0.
    pub place: usize,
    /// Unless nobody knows it, and the file is not read.
    pub column: Option<Column>,
}

/// The rows of a text, from its header on; or why its first line cannot be followed.
pub(super) fn rows(kind: Kind, text: &str) -> Result<Lexer<'_>, String> {
    let (text, line, told) = after_sep(text)?;
    let (text, line) = after_blank_lines(text, line);
    let separator = told.unwrap_or_else(|| likeliest(kind, text));
    Ok(Lexer::new(text, line, separator))
}

/// Excel's own first line `sep=;`, which says what separates cells, and the text after it.
fn after_sep(text: &str) -> Result<(&str, u64, Option<char>), String> {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let (line, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let line = line.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(line);
    let told = match line.split_at_checked(4) {
        Some((sep, told)) if sep.eq_ignore_ascii_case("sep=") => told,
        _ => return Ok((text, 1, None)),
    };
    match SEPARATORS.into_iter().find(|it| told.strip_prefix(*it) == Some("")) {
        // The line's end is left: an empty line, which counts.
        Some(separator) => Ok((rest, 1, Some(separator))),
        None => Err(format!(
            "This line says that cells are separated by {}. They can be by a comma, a semicolon, a tab or “|”.",
            shown(told)
        )),
    }
}

/// From the first line on that holds something.
fn after_blank_lines(text: &str, mut line: u64) -> (&str, u64) {
    let (mut start, mut after_return) = (0, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'\r' | b'\n' => {
                line += u64::from(byte == b'\r' || !after_return);
                start = place + 1;
            }
            b' ' | b'\t' | b',' | b';' | b'|' => {}
            _ => break,
        }
        after_return = byte == b'\r';
    }
    (text.get(start..).unwrap_or_default(), line)
}

/// The separator that makes the most columns somebody knows, or else the most columns.
fn likeliest(kind: Kind, text: &str) -> char {
    let start = text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text);
    let columns = |separator| {
        let row = Lexer::new(start, 1, separator).next().unwrap_or_default();
        let known = row.cells.iter().filter(|cell| columns::named(kind, clean(&cell.text)).is_some());
        (known.count(), row.width)
    };
    // Of several that are as good the last is taken.
    SEPARATORS.into_iter().rev().max_by_key(|it| columns(*it)).unwrap_or(',')
}

impl Header {
    /// What the first row says.
    pub(super) fn read(kind: Kind, row: &Row, problems: &mut Problems) -> Self {
        let mut header = Self { kind, columns: Vec::new() };
        if row.filled > MAX_COLUMNS {
            let said = format!("There are {} columns, and no more than {MAX_COLUMNS} are read.", row.filled);
            problems.add(row.line, None, || said);
            return header;
        }
        for (place, cell) in row.cells.iter().enumerate() {
            let name = clean(&cell.text);
            if name.is_empty() {
                continue;
            }
            let column = columns::named(kind, name);
            if let Some(c) = control(&cell.text) {
                let name = shown(name);
                problems.add(row.line, None, || {
                    format!(
                        "The name of column {} ({name}) holds a character that cannot be seen (U+{:04X}): this may not \
                         be a CSV file at all. Save it as “CSV UTF-8”.",
                        place + 1,
                        u32::from(c)
                    )
                });
            } else if let Some(column) = column {
                header.check_twice(row.line, name, column, problems);
            } else if !columns::is_of_a_report(name) {
                problems.add(row.line, Some(name), || columns::unknown(kind, name));
            }
            header.columns.push(Named { name: name.to_owned(), place, column });
        }
        header.check_required(row.line, problems);
        header
    }

    /// The column that holds that.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|it| it.column == Some(column))
    }

    /// Its name as it stands in the file; before there is one, as it should.
    pub(super) fn name(&self, column: Column) -> &str {
        let found = self.columns.iter().find(|it| it.column == Some(column));
        found.map_or_else(|| columns::name(self.kind, column), |it| &it.name)
    }

    fn check_twice(&self, line: u64, name: &str, column: Column, problems: &mut Problems) {
        let is_name = |it: Column| matches!(it, Column::FirstName | Column::LastName);
        let same = |it: Column| {
            it == column || (it == Column::Name && is_name(column)) || (is_name(it) && column == Column::Name)
        };
        let Some(other) = self.columns.iter().find(|it| it.column.is_some_and(same)) else { return };
        let both = format!("{} and {}", shown(&other.name), shown(name));
        let lists = matches!(column, Column::Teams | Column::Phone | Column::Sms | Column::Emails);
        let hint = if lists {
            "Keep one, with several in a cell separated by “;”."
        } else {
            "Keep one of them."
        };
        problems.add(line, Some(name), || format!("The columns {both} mean the same. {hint}"));
    }

    fn check_required(&self, line: u64, problems: &mut Problems) {
        let has = |column| self.place(column).is_some();
        let mut missing = Vec::new();
        match (has(Column::Name), has(Column::FirstName), has(Column::LastName)) {
            (true, ..) | (_, true, true) => {}
            (_, true, false) => missing.push("last_name"),
            (_, false, true) => missing.push("first_name"),
            _ => missing.push("name"),
        }
        if self.kind == Kind::Users && !has(Column::Email) {
            missing.push("email");
        }
        for name in missing {
            problems.add(line, None, || {
                format!(
                    "The column “{name}” is missing. A file of {} needs it, and its first line must hold the names of \
                     the columns.",
                    self.kind.name()
                )
            });
        }
    }
}
