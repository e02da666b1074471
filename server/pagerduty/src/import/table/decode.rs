//! From bytes to text: UTF-8, or UTF-16 as some spreadsheets write it. Anything else is named, so that whoever sent it
//! knows what to do instead.

use std::borrow::Cow;

use super::{Mistake, Unreadable, lex::line_breaks};

/// What files of other kinds begin with, and what to say of them.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\xD0\xCF\x11\xE0", "This is an Excel workbook of the old kind (.xls), whatever its name ends in."),
    (b"%PDF", "This is a PDF document. Go back to the spreadsheet it was made from."),
    (b"{\\rtf", "This is a formatted text (RTF), as TextEdit and WordPad save it, and not a table."),
    (b"\x1F\x8B", "This is a compressed file (gzip). Unpack it and load what is in it."),
    (b"PK\x05\x06", "This is an empty ZIP archive."),
];

/// What to do about all of them.
const SAVE_AS: &str = "In Excel choose Save as → CSV UTF-8 (Comma delimited) and load the file that makes.";

/// How far into a ZIP archive its first names are looked for, and from its end those of its directory.
const ZIP_EDGE: usize = 4096;

/// The text of a file, without its byte order mark.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    if let Some(said) = other_kind(bytes) {
        return Err(Unreadable::new(1, said));
    }
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ if has_nuls(bytes, 1) => utf16(bytes, u16::from_le_bytes)?,
        _ if has_nuls(bytes, 0) => utf16(bytes, u16::from_be_bytes)?,
        _ => utf8(bytes)?,
    };
    if is_markup(&text) {
        let said = "This is a web page (HTML) or an XML document, and not a table; some programs name such a file .csv \
                    or .xls. Open it in a spreadsheet.";
        return Err(Unreadable::new(1, format!("{said} {SAVE_AS}")));
    }
    Ok(text)
}

fn other_kind(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(format!("{} {SAVE_AS}", archive(bytes)));
    }
    let (_, said) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature))?;
    Some(format!("{said} {SAVE_AS}"))
}

/// Today's spreadsheets are ZIP archives of many files.
fn archive(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..ZIP_EDGE).unwrap_or(bytes);
    let tail = bytes.get(bytes.len().saturating_sub(ZIP_EDGE)..).unwrap_or_default();
    let holds = |name: &[u8]| [head, tail].iter().any(|part| part.windows(name.len()).any(|it| it == name));
    if holds(b".iwa") {
        return "This is a document of Apple's Numbers. In Numbers choose File → Export to → CSV, with the text encoding \
                Unicode (UTF-8).";
    }
    if holds(b"opendocument") {
        return "This is an OpenDocument spreadsheet. In LibreOffice choose Save as → Text CSV, with the character set \
                Unicode (UTF-8).";
    }
    if holds(b"xl/") || holds(b"[Content_Types]") {
        return "This is an Excel workbook that was renamed: to change what its name ends in does not make it a CSV file.";
    }
    "This is a ZIP archive, which an Excel workbook that was renamed is too. Unpack it, or open it in a spreadsheet."
}

fn is_markup(text: &str) -> bool {
    let start = text.trim_start();
    ["<!doctype", "<html", "<head", "<body", "<table", "<?xml", "<!--"]
        .iter()
        .any(|tag| start.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag)))
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    // How many lines are meant tells whether one letter is broken, or the whole file of another encoding.
    let (mut line, mut first, mut last, mut lines) = (1, None, 0, 0_u64);
    for chunk in bytes.utf8_chunks() {
        line += line_breaks(chunk.valid());
        if let [byte, ..] = chunk.invalid()
            && last != line
        {
            first = first.or(Some((line, *byte)));
            (last, lines) = (line, lines + 1);
        }
    }
    let (line, byte) = first.unwrap_or((1, 0));
    let more = match lines {
        0 | 1 if error.error_len().is_none() => " The file ends in the middle of a letter.".to_owned(),
        0 | 1 => String::new(),
        2 => " It is the same in one more line.".to_owned(),
        _ => format!(" It is the same in {} more lines.", lines - 1),
    };
    Err(Unreadable::new(
        line,
        format!("Line {line} holds a byte that is not UTF-8 (0x{byte:02X}).{more} {ENCODING}"),
    ))
}

const ENCODING: &str =
    "Letters such as ü and é cannot be read: save the file as “CSV UTF-8”, not as plain “CSV”.";

/// Whether every other byte at the beginning is NUL, as in UTF-16 all of a header's are: the `first` one, and so on.
fn has_nuls(bytes: &[u8], first: usize) -> bool {
    let head = bytes.get(..16).unwrap_or(bytes);
    head.len() >= 4 && head.iter().enumerate().all(|(place, byte)| (*byte == 0) == (place % 2 == first))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, Unreadable> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for read in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let Ok(read) = read else { return Err(not_utf16(&text, "half of a letter")) };
        text.push(read);
    }
    if odd.is_empty() { Ok(Cow::Owned(text)) } else { Err(not_utf16(&text, "one byte too many")) }
}

fn not_utf16(before: &str, found: &str) -> Unreadable {
    let line = 1 + line_breaks(before);
    Unreadable::new(
        line,
        format!("The file is Unicode text (UTF-16), but line {line} holds {found}. {ENCODING}"),
    )
}

impl Unreadable {
    /// For one reason, which is about the whole file.
    pub(super) fn new(line: u64, said: impl Into<String>) -> Self {
        Self { mistakes: vec![Mistake { line, column: None, said: said.into() }], more: 0 }
    }
}
