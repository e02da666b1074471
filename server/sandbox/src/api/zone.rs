//! The names of time zones.

/// Whether the IANA has a time zone of that name, to the letter. A machine without the database takes every name that
/// could be one.
pub(super) fn is_time_zone(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/_+-".contains(letter);
    if name.is_empty() || !name.chars().all(plain) {
        return false;
    }
    let known = jiff::tz::db();
    known.is_definitively_empty()
        || known.get(name).is_ok_and(|zone| zone.iana_name() == Some(name) && !zone.is_unknown())
}

#[cfg(test)]
mod tests {
    use super::is_time_zone;

    #[test]
    fn a_time_zone_is_named_to_the_letter() {
        for good in ["Etc/UTC", "UTC", "America/Argentina/Buenos_Aires", "Europe/Istanbul", "Etc/GMT+5"] {
            assert!(is_time_zone(good), "{good}");
        }
        for bad in
            ["", "Europe/Atlantis", "europe/istanbul", "Mars", "+03:00", "../etc/passwd", "Etc/Unknown"]
        {
            assert!(!is_time_zone(bad), "{bad}");
        }
    }
}
