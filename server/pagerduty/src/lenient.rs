//! Reading what somebody else writes: what is missing, `null` or of another kind than told is as good as left out.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// For `#[serde(default, deserialize_with = "lenient")]`.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// The same for a list: what cannot be read is left out of it, the rest stays.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// A number or a flag; what else stands in its place is skipped, however long it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Small {
    Number(u64),
    Flag(bool),
    Other,
}

impl Small {
    pub(crate) fn number(self) -> Option<u64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(crate) fn flag(self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(flag) } else { None }
    }
}

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnySmall)
    }
}

struct AnySmall;

impl<'de> Visitor<'de> for AnySmall {
    type Value = Small;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Small, E> {
        Ok(Small::Number(number))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Small, E> {
        Ok(Small::Flag(flag))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Small, E> {
        Ok(Small::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Small, E> {
        Ok(Small::Other)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Small, E> {
        Ok(Small::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Small, E> {
        Ok(Small::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Small, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Small::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Small, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Small::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::Small;

    #[test]
    fn whatever_stands_in_the_place_of_a_number_is_skipped() {
        let read = |text: &str| serde_json::from_str::<Vec<Small>>(text).unwrap();
        assert_eq!(read("[7, true]"), [Small::Number(7), Small::Flag(true)]);
        let others = read(r#"[-1, 1.5, null, "7", [[1], {}], {"a": {"b": []}}, 1e99]"#);
        assert_eq!(others, [Small::Other; 7]);
    }
}
