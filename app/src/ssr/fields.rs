//! What an address asks for: the part after its question mark.

use std::borrow::Cow;

/// Things on one page of a list.
pub(crate) const ON_A_PAGE: u64 = 25;

/// The fields of a query, in their order; those without a value say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let owned = pairs.map(|(key, value)| (key.into_owned(), value.trim().to_owned()));
        Self(owned.filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'f>(&'f self, key: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// An id, where it could be one.
    pub(crate) fn id(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|id| is_id(id))
    }

    /// The number of the page, from 1. Anything else means the first.
    pub(crate) fn page(&self) -> u64 {
        self.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1)
    }

    /// What comes before that page.
    pub(crate) fn offset(&self) -> u64 {
        self.offset_by(ON_A_PAGE)
    }

    /// The same with another number of things on a page.
    pub(crate) fn offset_by(&self, size: u64) -> u64 {
        (self.page() - 1).saturating_mul(size)
    }

    /// The same with another value for `key`, or without it.
    #[must_use]
    pub(crate) fn with(&self, key: &str, value: Option<&str>) -> Self {
        let mut fields = self.without(&[key]);
        fields.0.extend(value.map(|value| (key.to_owned(), value.to_owned())));
        fields
    }

    /// The same and one more value for `key`.
    #[must_use]
    pub(crate) fn and(&self, key: &str, value: &str) -> Self {
        let mut fields = self.clone();
        fields.0.push((key.to_owned(), value.to_owned()));
        fields
    }

    #[must_use]
    pub(crate) fn without(&self, keys: &[&str]) -> Self {
        Self(self.0.iter().filter(|(key, _)| !keys.contains(&key.as_str())).cloned().collect())
    }

    /// The address of `path` with these fields.
    pub(crate) fn address(&self, path: &str) -> String {
        if self.0.is_empty() {
            return path.to_owned();
        }
        let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish();
        format!("{path}?{fields}")
    }
}

/// PagerDuty's ids are capital letters and digits.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A number as people write it: 12,000.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// "3 services", "1 service"
pub(crate) fn counted(number: u64, one: &'static str, many: &'static str) -> Cow<'static, str> {
    format!("{} {}", grouped(number), if number == 1 { one } else { many }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_changed_and_written_again() {
        let fields = Fields::parse("q=a%26b+c&team=P1&page=3&empty=&team=P2");
        assert_eq!((fields.get("q"), fields.page(), fields.offset()), (Some("a&b c"), 3, 50));
        assert_eq!(fields.all("team").collect::<Vec<_>>(), ["P1", "P2"]);
        assert_eq!(
            fields.with("page", Some("4")).without(&["team"]).address("/services"),
            "/services?q=a%26b+c&page=4"
        );
        assert_eq!(Fields::parse("q=+&&=").address("/services"), "/services");
    }

    #[test]
    fn absurd_pages_are_pages() {
        for (page, offset) in [("0", 0), ("-1", 0), ("x", 0), ("99999999999999999999999", 0)] {
            assert_eq!(Fields::parse(&format!("page={page}")).offset(), offset, "{page}");
        }
        assert_eq!(Fields::parse("page=18446744073709551615").offset(), u64::MAX);
    }

    #[test]
    fn an_id_is_an_id() {
        assert_eq!(Fields::parse("team=PTEAM01").id("team"), Some("PTEAM01"));
        for bad in ["..", "P/1", "p1", "P%001"] {
            assert_eq!(Fields::parse(&format!("team={bad}")).id("team"), None, "{bad}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!((&*grouped(7), &*grouped(1_000), &*grouped(12_000_000)), ("7", "1,000", "12,000,000"));
        assert_eq!(
            (&*counted(1, "service", "services"), &*counted(12_000, "a", "b")),
            ("1 service", "12,000 b")
        );
    }
}
