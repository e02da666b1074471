//! Links by which an application in another language hands one of its users over, to be connected.
//!
//! The application asks for a link in its user's name and sends their browser there. The link holds 256 random bits,
//! whose hash stands in the database with the user's id: it works once and for five minutes, and nobody can make one
//! up or change whose it is. That a link is seen counts for nothing; pressing the button uses it. The attempt that then
//! begins is bound to that browser as any other.
//!
//! What a link cannot know is who sits before the browser. The page says for which user of which application the
//! connection will be, so that nobody who was sent somebody else's link connects their account unawares.

use http::HeaderMap;
use pagerduty::Scopes;
use url::Url;

use crate::{
    ApiKey, Begun, Connect, Error, Event, LocalPath, Owner,
    attempt::Whose,
    token::{self, Hash},
    vault::LinkRow,
};

/// How long a link waits for its button to be pressed.
pub const LINK_SECS: i64 = 300;
/// How long it is remembered, to tell "too late" and "used" from "unknown".
const KEPT_SECS: i64 = 24 * 3600;

/// A link that was made.
pub struct Link {
    /// The value to put into the address. It is as good as a key to connecting that one user, for five minutes.
    pub value: zeroize::Zeroizing<String>,
    /// When it ends, in Unix seconds.
    pub expires_at: i64,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What a link says, for the page with the button.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Whose connection it will be.
    pub owner: Owner,
    /// Where they will go afterwards.
    pub return_to: Url,
}

/// Where somebody who came by a link goes on to.
#[derive(Clone, Debug)]
pub struct LinkEnd {
    /// Where the application that made the link wants them to go.
    pub return_to: Url,
    /// Whether the link's user has a connection that was made, or made anew, since the link was used, and works.
    pub is_connected: bool,
}

/// Why a link does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRefused {
    /// Nobody made it.
    Unknown,
    /// It waited too long.
    Expired,
    /// It was used before.
    Used,
}

impl Connect {
    /// Makes a link. Whether `return_to` may be, [`ApiKey::may_return_to`] says.
    pub async fn make_link(
        &self,
        key: &ApiKey,
        owner: &Owner,
        more: &Scopes,
        return_to: &Url,
    ) -> Result<Link, Error> {
        let value = zeroize::Zeroizing::new(token::random());
        let now = self.now();
        let row = LinkRow {
            id: token::hash(&value),
            key_id: key.id.clone(),
            owner: owner.clone(),
            scopes: more.to_string(),
            return_to: return_to.to_string(),
            created_at: now,
            used_at: None,
        };
        self.vault().put_link(&row, now - KEPT_SECS).await?;
        let (key, detail) = (key.id.clone(), owner.to_string());
        self.tell(Event::Key { key, what: "link.made", detail }).await;
        Ok(Link { value, expires_at: now + LINK_SECS })
    }

    /// What a link says. It stays as it is.
    pub async fn read_link(&self, value: &str) -> Result<Linked, Error> {
        self.linked(&token::hash(value)).await.map(|(_, linked)| linked)
    }

    /// The way out for whom a link was made. `back` is where this program tells people where they came from; the
    /// link's name is put behind it.
    pub async fn begin_link(&self, value: &str, back: &str, headers: &HeaderMap) -> Result<Begun, Error> {
        let id = token::hash(value);
        let (row, linked) = self.linked(&id).await?;
        let back = LocalPath::parse(&format!("{back}/{}", hex::encode(id)));
        let before = self.connection_of(&linked.owner).await?;
        let more = self.to_ask(&Scopes::parse(&row.scopes), before.as_ref()).await;
        self.begin_attempt(Whose::Linked(linked.owner), Some(&id), &more, back, headers).await
    }

    /// Where the application that made a link wants people to go, by the link's name, and what came of it. The address
    /// that people are led by is not asked: anybody can write one.
    pub async fn end_of_link(&self, name: &str) -> Result<LinkEnd, Error> {
        let unknown = || Error::Link(LinkRefused::Unknown);
        let id = read_name(name).ok_or_else(unknown)?;
        let row = self.vault().link(&id).await?.ok_or_else(unknown)?;
        let used_at = row.used_at.ok_or_else(unknown)?;
        let return_to = Url::parse(&row.return_to).map_err(|_| unknown())?;
        let is_connected =
            match self.connection_of(&row.owner).await? {
                None => false,
                Some(user) => self.vault().connection(&user).await?.is_some_and(|stored| {
                    stored.times().connected_at >= used_at && stored.reason().is_none()
                }),
            };
        Ok(LinkEnd { return_to, is_connected })
    }

    async fn linked(&self, id: &Hash) -> Result<(LinkRow, Linked), Error> {
        let row = self.vault().link(id).await?.ok_or(Error::Link(LinkRefused::Unknown))?;
        if row.used_at.is_some() {
            return Err(Error::Link(LinkRefused::Used));
        }
        if self.now() - row.created_at > LINK_SECS {
            return Err(Error::Link(LinkRefused::Expired));
        }
        // What a key has made counts no longer than the key.
        let keys = self.api_keys().await?;
        let key = keys.iter().find(|key| key.id == row.key_id);
        if !key.is_some_and(|key| key.counts(self.now())) {
            return Err(Error::Link(LinkRefused::Expired));
        }
        let return_to = Url::parse(&row.return_to).map_err(|_| Error::Link(LinkRefused::Unknown))?;
        let linked = Linked { owner: row.owner.clone(), return_to };
        Ok((row, linked))
    }
}

/// A link's name, by which its end is found: its hash, which says nothing of the value.
fn read_name(name: &str) -> Option<Hash> {
    let mut id = Hash::default();
    hex::decode_to_slice(name, &mut id).ok()?;
    Some(id)
}
