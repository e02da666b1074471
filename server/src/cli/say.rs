//! How the command line speaks.

use std::io::{self, Write};

use jiff::Timestamp;

/// What the person asked to see. Nobody may be there to see it; and what others wrote may stand in it: nothing of it
/// steers the terminal.
pub(super) fn say(text: &str) {
    let plain: String = text.chars().map(|it| if it.is_control() && it != '\n' { ' ' } else { it }).collect();
    _ = writeln!(io::stdout(), "{plain}");
}

/// The last word before the program ends.
pub(super) fn say_error(why: &str) {
    _ = writeln!(io::stderr(), "pdconnect: {why}");
}

/// A time of ours, as RFC 3339 writes it.
pub(super) fn time(unix_secs: i64) -> String {
    Timestamp::from_second(unix_secs).unwrap_or_default().to_string()
}

/// Rows under their headings, in columns as wide as they need to be.
pub(super) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let all: Vec<[String; N]> = [headings.map(str::to_owned)].into_iter().chain(rows).collect();
    let mut widths = [0; N];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}
