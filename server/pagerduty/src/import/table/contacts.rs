//! E-mail addresses and telephone numbers.

use super::{
    cell::{is_invisible, shown},
    listed::Entry,
};
use crate::import::wanted::{ContactKind, WantedContact};

/// The most characters of an e-mail address.
const MAX_EMAIL: usize = 100;

/// Country calling codes of two digits (ITU-T E.164, list of assigned codes); 1 and 7 have one, all others three.
const TWO_DIGITS: &[u16] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// One e-mail address. Whether it exists PagerDuty finds out; here only what cannot be one is refused.
pub(super) fn email(text: &str) -> Result<String, String> {
    let refused = |why: &str| Err(format!("{} is not an e-mail address: {why}.", shown(text)));
    let characters = text.chars().count();
    if characters > MAX_EMAIL {
        return refused(&format!("it has {characters} characters, and PagerDuty takes up to {MAX_EMAIL}"));
    }
    if let Some(c) = text.chars().find(|c| c.is_control() || is_invisible(*c)) {
        return refused(&format!(
            "it holds a character that cannot be seen (U+{:04X}); type it anew",
            u32::from(c)
        ));
    }
    if let Some(c) = text.chars().find(|c| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';')) {
        return match c.is_whitespace() {
            true => refused("there is a space in it"),
            false => refused(&format!("there is a “{c}” in it")),
        };
    }
    match text.split_once('@') {
        None => refused("there is no @ in it"),
        Some((_, domain)) if domain.contains('@') => refused("there is more than one @ in it"),
        Some(("", _)) => refused("nothing stands before the @"),
        Some((_, "")) => refused("nothing stands after the @"),
        Some((_, domain)) if domain.split('.').any(str::is_empty) => {
            refused("a dot after the @ is out of place")
        }
        Some(_) => Ok(text.to_owned()),
    }
}

/// A further address of somebody who signs in with another.
pub(super) fn further_email(entry: &Entry, sign_in: &str) -> Result<WantedContact, String> {
    let text = whole(entry)?;
    let address = email(text)?;
    if address.to_lowercase() == sign_in.to_lowercase() {
        return Err(format!(
            "{} is the address to sign in with, by which the person is reached anyway. Leave it out here.",
            shown(text)
        ));
    }
    Ok(WantedContact { kind: ContactKind::Email, address, country_code: None })
}

/// One telephone number, in international form only: without the country's code nobody can tell whose it is.
pub(super) fn telephone(kind: ContactKind, entry: &Entry) -> Result<WantedContact, String> {
    let plain: String = whole(entry)?.chars().filter(|c| !is_invisible(*c)).collect();
    let plain = plain.trim();
    if is_scientific(plain) {
        return Err(format!(
            "Excel has made {} of this telephone number, and its last digits are lost. Format the column as text, type \
             the number again as +49 30 1234567, and save.",
            shown(plain)
        ));
    }
    let Some(number) = plain.strip_prefix(['+', '＋']).or_else(|| plain.strip_prefix("00")) else {
        return Err(format!(
            "{} does not begin with + and the country's code. Write it as +49 30 1234567, where 49 is the country.",
            shown(plain)
        ));
    };
    if number.contains("(0)") {
        return Err(format!("{} has a “(0)”, which is not dialled from abroad. Leave it out.", shown(plain)));
    }
    // Hyphens of every width, as word processors write them.
    let fills = |c: char| c.is_whitespace() || matches!(c, '.' | '-' | '(' | ')' | '\u{2010}'..='\u{2013}');
    if let Some(c) = number.chars().find(|c| !c.is_ascii_digit() && !fills(*c)) {
        let (plain, c) = (shown(plain), shown(&c.to_string()));
        return Err(format!(
            "{plain} is not a telephone number: {c} is not a digit. Write it as +49 30 1234567."
        ));
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !(6..=15).contains(&digits.len()) {
        return Err(format!(
            "{} has {} digits. A telephone number has 6 to 15 with the country's code.",
            shown(plain),
            digits.len()
        ));
    }
    let Some((country_code, address)) = split_country(&digits) else {
        return Err(format!("{} has no country's code after the +: none begins with 0.", shown(plain)));
    };
    Ok(WantedContact { kind, address: address.to_owned(), country_code: Some(country_code) })
}

/// What an entry says that has nothing after its quotation marks.
pub(super) fn whole(entry: &Entry) -> Result<&str, String> {
    match entry.after.as_deref() {
        None | Some("") => Ok(&entry.text),
        Some(after) => {
            Err(format!("After the quotation marks around {} stands {}.", shown(&entry.text), shown(after)))
        }
    }
}

fn split_country(digits: &str) -> Option<(u16, &str)> {
    let code = |length| Some((digits.get(..length)?.parse().ok()?, digits.get(length..)?));
    match code(1)? {
        (0, _) => None,
        one @ (1 | 7, _) => Some(one),
        _ => code(2).filter(|(two, _)| TWO_DIGITS.contains(two)).or_else(|| code(3)),
    }
}

/// `4.91522E+12`, also with a comma.
fn is_scientific(text: &str) -> bool {
    let Some((number, power)) = text.split_once(['e', 'E']) else { return false };
    let number = number.strip_prefix(['+', '-']).unwrap_or(number);
    let power = power.strip_prefix(['+', '-']).unwrap_or(power);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(&number.replacen(['.', ','], "", 1)) && digits(power)
}
