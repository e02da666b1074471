//! What stands around a cell's text, and how the text is compared and shown.

use crate::import::csv::is_guardable;

/// The most characters of a cell that a sentence repeats.
const SHOWN: usize = 60;

/// The text itself: without the space around it, and without what keeps a spreadsheet from calculating it.
pub(super) fn clean(raw: &str) -> &str {
    let text = raw.trim();
    if let Some(rest) = text.strip_prefix('\'')
        && is_guardable(text)
    {
        return rest.trim();
    }
    let quoted = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    quoted.map_or(text, str::trim)
}

/// Small letters and digits, by which names are compared: `E-mail` is `email`, and `Time_Zone` is `time zone`.
pub(super) fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// As a sentence repeats it: in quotation marks, on one line, and not all of it.
pub(super) fn shown(text: &str) -> String {
    let plain = |c: char| if c.is_control() || is_invisible(c) { ' ' } else { c };
    let mut shown: String = text.chars().take(SHOWN).map(plain).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("“{shown}”")
}

/// What no cell can hold: a tab and a line break are all the control characters people mean.
pub(super) fn control(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
}

/// Marks of writing direction and spaces without width, which come along when something is copied from elsewhere.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
