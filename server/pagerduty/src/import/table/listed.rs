//! Several things in one cell: `Payments:manager; Platform`.
//!
//! They are separated by `;`, `|` or a line break. One that holds any of these stands in quotation marks of its own, as
//! in `"Fire; ice"; Platform`, with those inside it doubled: every name can be written.

/// How many a cell can list. What a file makes of five megabytes stays in proportion.
pub(super) const MAX_LISTED: usize = 50;

/// One of the things in a cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Without the quotation marks around it.
    pub text: String,
    /// What follows the quotation marks, where there are any.
    pub after: Option<String>,
}

fn is_separator(c: char) -> bool {
    matches!(c, ';' | '|' | '\r' | '\n')
}

/// What a cell lists, or why that cannot be told.
pub(super) fn entries(cell: &str) -> Result<Vec<Entry>, String> {
    let (mut entries, mut rest) = (Vec::new(), cell);
    loop {
        rest = rest.trim_start_matches(|c: char| is_separator(c) || c.is_whitespace());
        if rest.is_empty() {
            return Ok(entries);
        }
        if entries.len() == MAX_LISTED {
            return Err(format!("More than {MAX_LISTED} are listed here, which is the most that can be."));
        }
        let quoted = match rest.strip_prefix('"') {
            Some(inside) => Some(unquoted(inside, &mut rest)?),
            None => None,
        };
        let end = rest.find(is_separator).unwrap_or(rest.len());
        let (text, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = behind;
        let text = text.trim().to_owned();
        entries.push(match quoted {
            Some(quoted) => Entry { text: quoted.trim().to_owned(), after: Some(text) },
            None => Entry { text, after: None },
        });
    }
}

/// What stands up to the closing quotation mark; `rest` is what follows it.
fn unquoted<'a>(mut inside: &'a str, rest: &mut &'a str) -> Result<String, String> {
    let mut text = String::new();
    loop {
        let Some((part, behind)) = inside.split_once('"') else {
            return Err("A quotation mark at the beginning of an entry must be closed at its end. One that belongs to \
                        the name is doubled, with the name in quotation marks."
                .to_owned());
        };
        text.push_str(part);
        *rest = behind;
        let Some(behind) = behind.strip_prefix('"') else { return Ok(text) };
        text.push('"');
        inside = behind;
    }
}

/// As it is written into a list.
pub(crate) fn entry(text: &str) -> String {
    if text.contains(is_separator) || text.starts_with('"') || text.trim() != text || text.is_empty() {
        quoted(text)
    } else {
        text.to_owned()
    }
}

/// A place on a team, as it is written into a list.
pub(crate) fn team(name: &str, role: Option<&str>) -> String {
    match role {
        Some(role) => format!("{}:{role}", entry(name)),
        // What looks like a role belongs to this name.
        None if split_role(name).1.is_some() => quoted(name),
        None => entry(name),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A team's name, and the role after its last colon if that is one.
pub(super) fn split_role(text: &str) -> (&str, Option<&'static str>) {
    let Some((name, last)) = text.rsplit_once(':') else { return (text, None) };
    match role(last) {
        Some(role) => (name.trim_end(), Some(role)),
        None => (text, None),
    }
}

/// A role on a team.
pub(super) fn role(text: &str) -> Option<&'static str> {
    ["observer", "responder", "manager"].into_iter().find(|role| role.eq_ignore_ascii_case(text.trim()))
}
