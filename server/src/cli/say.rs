//! How the command line speaks.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;

use super::Failure;

/// What the person asked to see. Nobody may be there to see it any more; but where it cannot be kept, whoever asked
/// must not think that it is.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    heard(write(&line(text)))
}

/// A file, as it is to the last byte; on a terminal, its text.
pub(super) fn hand_out(file: &[u8]) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        return say(String::from_utf8_lossy(file).replace("\r\n", "\n").trim_end());
    }
    heard(write(file))
}

/// The same as [`say`], for what somebody must have seen.
pub(super) fn show(text: &str) -> Result<(), Failure> {
    write(&line(text)).map_err(unwritten)
}

/// The last word before the program ends.
pub(super) fn say_error(why: &str) {
    _ = writeln!(io::stderr(), "pdconnect: {}", plain(why));
}

fn line(text: &str) -> Vec<u8> {
    format!("{}\n", plain(text)).into_bytes()
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(bytes)?;
    out.flush()
}

fn heard(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        // Who reads has read enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(unwritten),
    }
}

fn unwritten(why: io::Error) -> Failure {
    format!("standard output could not be written: {why}")
}

/// What others wrote may stand in it: nothing of it steers the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() && it != '\n' { ' ' } else { it }).collect()
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
