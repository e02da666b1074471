//! The values of one row, by what they are, and everything that is found wrong with them.

use std::collections::HashSet;

use super::{
    MAX_FIELD_BYTES, Mistake,
    cell::{clean, control, shown},
    columns::Column,
    header::Header,
    lex::Row,
    listed::{Entry, entries},
};

/// The most of one row that is told: its columns are fewer.
const MAX_TOLD: usize = 16;

/// The values of one row.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    line: u64,
    header: &'a Header,
    cells: &'a [String],
    mistakes: Vec<Mistake>,
    untold: usize,
}

impl<'a> Fields<'a> {
    /// `cells` are those of `row` as the columns of the header have them.
    pub(super) fn new(header: &'a Header, row: &Row, cells: &'a [String]) -> Self {
        let mut fields = Self { line: row.line, header, cells, mistakes: Vec::new(), untold: 0 };
        fields.check_width(row);
        for (named, cell) in header.columns.iter().zip(cells) {
            let raw = row.cells.get(named.place);
            if raw.is_some_and(|raw| raw.is_cut) || cell.len() > MAX_FIELD_BYTES {
                let said = format!(
                    "This is longer than {MAX_FIELD_BYTES} bytes, which is the most a cell can hold."
                );
                fields.add(Some(&named.name), said);
            } else if let Some(c) = raw.and_then(|raw| control(&raw.text)) {
                let code = u32::from(c);
                let said = format!(
                    "This holds a character that cannot be seen (U+{code:04X}). Type the value anew."
                );
                fields.add(Some(&named.name), said);
            }
        }
        fields
    }

    /// A value where the header has no name is mostly one with the separator in it, and moves all that follow.
    fn check_width(&mut self, row: &Row) {
        let is_named = |place| self.header.columns.iter().any(|it| it.place == place);
        let mut cells = row.cells.iter().enumerate();
        let unnamed = cells.find(|(place, cell)| !clean(&cell.text).is_empty() && !is_named(*place));
        let Some(place) = unnamed.map(|(place, _)| place).or_else(|| row.filled.checked_sub(1)) else {
            return;
        };
        if !is_named(place) {
            let (at, columns) = (place + 1, self.header.columns.len());
            self.add(
                None,
                format!(
                    "There is a value in column {at}, which has no name in the header (it names {columns}). A value \
                     with a separator in it must stand in quotation marks."
                ),
            );
        }
    }

    /// What was found wrong.
    pub(super) fn finish<T>(mut self, wanted: T) -> Result<T, Vec<Mistake>> {
        if self.mistakes.is_empty() {
            return Ok(wanted);
        }
        if self.untold > 0 {
            let said = format!("There are {} more mistakes in this line.", self.untold);
            self.mistakes.push(Mistake { line: self.line, column: None, said });
        }
        Err(self.mistakes)
    }

    /// Whether values stand under the wrong names, so that nothing can be said of them.
    pub(super) fn is_askew(&self) -> bool {
        self.mistakes.iter().any(|it| it.column.is_none())
    }

    /// Whether something stands there, right or wrong.
    pub(super) fn has(&self, column: Column) -> bool {
        self.cell(column).is_some()
    }

    /// Notes what is wrong with a value.
    pub(super) fn wrong(&mut self, column: Column, said: String) {
        let header = self.header;
        self.add(Some(header.name(column)), said);
    }

    /// A value, unless its cell is empty.
    pub(super) fn value<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let cell = self.cell(column).filter(|_| !self.is_told(column))?;
        match read(cell) {
            Ok(value) => Some(value),
            Err(said) => {
                self.wrong(column, said);
                None
            }
        }
    }

    /// A value that must be there.
    pub(super) fn required<T: Default>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        if !self.has(column) {
            self.wrong(column, "This is empty, and must not be.".to_owned());
        }
        self.value(column, read).unwrap_or_default()
    }

    /// Everything a cell lists. Two things of which `same` makes the same are one too many.
    pub(super) fn each<T>(
        &mut self,
        column: Column,
        read: impl Fn(&Entry) -> Result<T, String>,
        same: impl Fn(&T) -> String,
    ) -> Vec<T> {
        let Some(entries) = self.value(column, entries) else { return Vec::new() };
        let (mut things, mut seen) = (Vec::new(), HashSet::new());
        for entry in entries {
            match read(&entry) {
                Ok(thing) if seen.insert(same(&thing)) => things.push(thing),
                Ok(_) => self.wrong(column, format!("{} stands here twice.", shown(&entry.text))),
                Err(said) => self.wrong(column, said),
            }
        }
        things
    }

    fn cell(&self, column: Column) -> Option<&'a str> {
        let cell = self.cells.get(self.header.place(column)?)?;
        Some(cell.as_str()).filter(|cell| !cell.is_empty())
    }

    fn is_told(&self, column: Column) -> bool {
        let name = self.header.name(column);
        self.mistakes.iter().any(|it| it.column.as_deref() == Some(name))
    }

    fn add(&mut self, column: Option<&str>, said: String) {
        if self.mistakes.len() < MAX_TOLD {
            self.mistakes.push(Mistake { line: self.line, column: column.map(str::to_owned), said });
        } else {
            self.untold += 1;
        }
    }
}

/// A text of no more characters than that.
pub(super) fn text(most: usize) -> impl Fn(&str) -> Result<String, String> {
    move |text| match text.chars().count() {
        count if count > most => {
            Err(format!("This has {count} characters, and PagerDuty takes up to {most}."))
        }
        _ => Ok(text.to_owned()),
    }
}
