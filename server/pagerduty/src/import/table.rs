//! What stands in a file.

use super::wanted::{Kind, Wanted, WantedUser};
use fields::Fields;
use header::Header;
use lex::{Fault, Row, What};

mod cell;
pub(super) mod columns;
mod contacts;
mod decode;
mod fields;
mod header;
mod lex;
pub(super) mod listed;
mod services;
#[cfg(test)]
mod tests;
mod users;

/// A file that is larger is not read.
pub const MAX_BYTES: usize = 5 << 20;
/// Rows below the header.
pub const MAX_ROWS: usize = 10_000;
/// Columns a file may have.
pub const MAX_COLUMNS: usize = 64;
/// Bytes a cell may have.
pub const MAX_FIELD_BYTES: usize = 1024;
/// What is kept of everything wrong with a file that cannot be read.
const MAX_MISTAKES: usize = 1000;

/// A file that could be read.
#[derive(Clone, Debug)]
pub struct Table {
    /// What its rows are.
    pub kind: Kind,
    /// The names of its columns, as they stand there. One without a name is empty, and left out.
    pub header: Vec<String>,
    /// Every row that holds something.
    pub rows: Vec<Record>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it begins, counted from 1; the header is line 1, or follows the lines above it.
    pub line: u64,
    /// Its cells as they stand there, one for each column: without the space around them, and without the apostrophe
    /// [`super::csv::line`] puts before what a spreadsheet would calculate.
    pub cells: Vec<String>,
    /// What it asks for, or everything that is wrong with its values.
    pub wanted: Result<Wanted, Vec<Mistake>>,
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: u64,
    /// The name of the column, where it is about one.
    pub column: Option<String>,
    /// What was found and what was expected, in a finished sentence.
    pub said: String,
}

/// A file that is not a table of that kind: nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Everything found wrong with it, in the order of its lines; at most 1,000.
    pub mistakes: Vec<Mistake>,
    /// How many more there are.
    pub more: u64,
}

impl Table {
    /// Reads a file of users or of services.
    pub fn read(kind: Kind, bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > MAX_BYTES {
            let most = MAX_BYTES >> 20;
            let said =
                format!("The file is larger than {most} MB. Split it, and load one part after the other.");
            return Err(Unreadable::new(1, said));
        }
        let text = decode::text(bytes)?;
        let mut rows = header::rows(kind, &text).map_err(|said| Unreadable::new(1, said))?;
        let mut problems = Problems::default();
        let first = rows.by_ref().find(|row| !row.is_blank());
        let Some(first) = first else { return Err(Unreadable::new(1, empty(kind))) };
        let header = Header::read(kind, &first, &mut problems);
        if !first.faults.is_empty() {
            // Where a column ends is not sure then, nor what it is called.
            problems = Problems::default();
            problems.add_faults(&header, &first);
        }
        let (mut records, mut count, mut last) = (Vec::new(), 0, first.line);
        while let Some(row) = rows.next() {
            if row.is_blank() {
                continue;
            }
            count += 1;
            if count <= MAX_ROWS + 1 {
                last = row.line;
            }
            problems.add_faults(&header, &row);
            // Nothing of a file that cannot be read is used: the rest is only looked through for what else is wrong.
            if count > MAX_ROWS || problems.any() {
                records = Vec::new();
                rows.count_only();
            } else {
                records.push(Record::read(&header, &row));
            }
        }
        if count > MAX_ROWS {
            problems.add(last, None, || {
                format!(
                    "The file has at least {count} rows, and no more than {MAX_ROWS} are read. Split it, and load one \
                     part after the other."
                )
            });
        }
        if count == 0 && !problems.any() {
            let said = "There is a header and no row below it: nothing to load.";
            problems.add(first.line, None, || said.to_owned());
        }
        let header = header.columns.into_iter().map(|it| it.name).collect();
        problems.finish(Self { kind, header, rows: records })
    }
}

fn empty(kind: Kind) -> String {
    let columns: Vec<_> = columns::written(kind).collect();
    format!("The file is empty. Its first line must hold the names of columns: {}.", columns.join(", "))
}

impl Record {
    fn read(header: &Header, row: &Row) -> Self {
        let cell = |place| row.cells.get(place).map(|it: &lex::Cell| cell::clean(&it.text).to_owned());
        let cells: Vec<_> = header.columns.iter().map(|it| cell(it.place).unwrap_or_default()).collect();
        let mut fields = Fields::new(header, row, &cells);
        let wanted = match header.kind {
            _ if fields.is_askew() => fields.finish(Wanted::User(WantedUser::default())),
            Kind::Users => {
                let user = users::read(&mut fields);
                fields.finish(Wanted::User(user))
            }
            Kind::Services => {
                let service = services::read(&mut fields);
                fields.finish(Wanted::Service(service))
            }
        };
        Self { line: row.line, cells, wanted }
    }
}

/// Why a file cannot be read, as it comes up.
#[derive(Debug, Default)]
struct Problems {
    kept: Vec<Mistake>,
    more: u64,
}

impl Problems {
    fn any(&self) -> bool {
        !self.kept.is_empty()
    }

    fn add(&mut self, line: u64, column: Option<&str>, said: impl FnOnce() -> String) {
        if self.kept.len() < MAX_MISTAKES {
            self.kept.push(Mistake { line, column: column.map(str::to_owned), said: said() });
        } else {
            self.more += 1;
        }
    }

    fn add_faults(&mut self, header: &Header, row: &Row) {
        for Fault { line, column, what } in &row.faults {
            let name = header.columns.iter().find(|it| it.place == *column).map(|it| it.name.as_str());
            let place = column + 1;
            self.add(*line, name, || match what {
                What::Stray => format!(
                    "Column {place} has a quotation mark inside a value that does not begin with one. Put the whole \
                     value in quotation marks, and double each one inside it."
                ),
                What::Trailing { opened } => format!(
                    "In column {place} the quotation mark of line {opened} is closed, but the value goes on. A \
                     quotation mark inside a value is doubled."
                ),
                What::Unclosed => format!(
                    "The quotation mark that opens the value in column {place} is never closed: this may be half a \
                     file."
                ),
            });
        }
    }

    fn finish(mut self, table: Table) -> Result<Table, Unreadable> {
        if !self.any() {
            return Ok(table);
        }
        self.kept.sort_by_key(|it| it.line);
        Err(Unreadable { mistakes: self.kept, more: self.more })
    }
}
