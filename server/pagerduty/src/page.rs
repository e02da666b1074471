//! Classic paging: page by page, or everything as a stream.

use std::{fmt, marker::PhantomData};

use futures_util::{Stream, TryStreamExt as _, stream};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};

use crate::{
    Error,
    api::{Api, Ask},
    lenient::Small,
};

/// PagerDuty lists no further, however many there are.
pub const REACHABLE: u64 = 10_000;
/// Things on one page, at most.
pub const MAX_PAGE: u64 = 100;

/// A thing that is listed.
pub trait Listed: DeserializeOwned {
    /// `services`: the key of the list, and its path where it has none of its own.
    #[doc(hidden)]
    const LIST: &'static str;
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Things before it.
    pub offset: u64,
    /// Things it may hold.
    pub limit: u64,
    /// Whether there are more after it.
    pub more: bool,
    /// All there are, where it was asked for and told.
    pub total: Option<u64>,
}

/// A list that was asked for and has not been fetched yet.
#[derive(Clone, Debug)]
pub struct Pages<'a, T> {
    api: Api<'a>,
    path: String,
    query: Query,
    limit: u64,
    total: bool,
    things: PhantomData<fn() -> T>,
}

impl<'a, T: Listed> Pages<'a, T> {
    pub(crate) fn new(api: Api<'a>, path: String, query: Query) -> Self {
        Self { api, path, query, limit: MAX_PAGE, total: false, things: PhantomData }
    }

    /// Things on each page, up to 100.
    #[must_use]
    pub fn of_size(mut self, limit: u64) -> Self {
        self.limit = limit.clamp(1, MAX_PAGE);
        self
    }

    /// Asks how many there are in all, which makes PagerDuty slower.
    #[must_use]
    pub fn counted(mut self) -> Self {
        self.total = true;
        self
    }

    /// Fetches the page that begins after `offset` things.
    pub async fn page(&self, offset: u64) -> Result<Page<T>, Error> {
        // PagerDuty would refuse it, and count the call.
        let reachable = REACHABLE.checked_sub(offset).filter(|left| *left > 0);
        let Some(reachable) = reachable else { return Err(Error::BeyondReach { reachable: REACHABLE }) };
        let limit = self.limit.min(reachable);
        let mut query = self.query.clone();
        query.number("limit", limit);
        query.number("offset", offset);
        if self.total {
            query.flag("total", true);
        }
        let (sent, _): (Sent<T>, _) = self.api.read(&Ask::get(&self.path).query(query)).await?;
        let items =
            sent.items.ok_or_else(|| Error::Unreadable(format!("{}: no list of that name", T::LIST)))?;
        Ok(Page {
            items,
            offset: sent.offset.unwrap_or(offset),
            limit: sent.limit.unwrap_or(limit),
            more: sent.more.unwrap_or(false),
            total: sent.total,
        })
    }

    /// Everything, page after page. When there is more than PagerDuty lists, the last item is
    /// [`Error::BeyondReach`]; an error ends the stream.
    pub fn all(self) -> impl Stream<Item = Result<T, Error>> + Send + 'a
    where
        T: Send + 'a,
    {
        let pages = stream::try_unfold((self, Some(0)), async |(pages, offset)| {
            let Some(offset) = offset else { return Ok::<_, Error>(None) };
            let page = pages.page(offset).await?;
            let count = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
            // An empty page that promises more would be asked for without end.
            let next = (page.more && count > 0).then(|| offset.saturating_add(count));
            Ok(Some((stream::iter(page.items.into_iter().map(Ok)), (pages, next))))
        });
        pages.try_flatten()
    }
}

/// A page as it was sent. Written out since the name of the list is the thing's; what it does not know is skipped
/// while it is read, not kept.
struct Sent<T> {
    items: Option<Vec<T>>,
    offset: Option<u64>,
    limit: Option<u64>,
    more: Option<bool>,
    total: Option<u64>,
}

impl<'de, T: Listed> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<T>(PhantomData<fn() -> T>);

impl<'de, T: Listed> Visitor<'de> for Fields<T> {
    type Value = Sent<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object that holds {}", T::LIST)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sent<T>, A::Error> {
        let mut sent = Sent { items: None, offset: None, limit: None, more: None, total: None };
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                // `null` is a list with nothing in it.
                list if list == T::LIST => {
                    sent.items = Some(map.next_value::<Option<_>>()?.unwrap_or_default())
                }
                "offset" => sent.offset = map.next_value::<Small>()?.number(),
                "limit" => sent.limit = map.next_value::<Small>()?.number(),
                "total" => sent.total = map.next_value::<Small>()?.number(),
                "more" => sent.more = map.next_value::<Small>()?.flag(),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(sent)
    }
}

/// The parameters of a request. Keys are this program's own, always.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(&'static str, String)>);

impl Query {
    pub(crate) fn text(&mut self, key: &'static str, value: Option<&str>) {
        self.0.extend(value.filter(|value| !value.is_empty()).map(|value| (key, value.to_owned())));
    }

    pub(crate) fn each<S: AsRef<str>>(&mut self, key: &'static str, values: &[S]) {
        self.0.extend(values.iter().map(|value| (key, value.as_ref().to_owned())));
    }

    pub(crate) fn number(&mut self, key: &'static str, value: u64) {
        self.0.push((key, value.to_string()));
    }

    pub(crate) fn flag(&mut self, key: &'static str, value: bool) {
        if value {
            self.0.push((key, "true".to_owned()));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.as_str()))
    }
}
