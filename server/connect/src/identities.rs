//! Everybody who is connected, as the application that embeds this sees them.

use std::collections::VecDeque;

use crate::{Connect, Connection, Error, Identity, Owner, UserId, revoke::Wiped, vault::Vault};

/// Which connections are meant. Nothing said means all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    owner: Option<Owner>,
    account: Option<String>,
    only: Option<UserId>,
    known_by: Option<String>,
    is_broken: Option<bool>,
    is_hosts: Option<bool>,
}

impl Filter {
    /// Everybody.
    pub fn all() -> Self {
        Self::default()
    }

    /// A user's of the host application.
    pub fn of(owner: &Owner) -> Self {
        Self { owner: Some(owner.clone()), ..Self::default() }
    }

    /// In one PagerDuty account, by its id.
    pub fn in_account(self, account_id: &str) -> Self {
        Self { account: Some(account_id.to_owned()), ..self }
    }

    /// Only this connection.
    pub fn only(self, user: &UserId) -> Self {
        Self { only: Some(user.clone()), ..self }
    }

    /// Known by this: a user ID or an e-mail address of PagerDuty, the owner, or the connection's id.
    pub fn known_by(self, name: &str) -> Self {
        Self { known_by: Some(name.to_owned()), ..self }
    }

    /// Only those that the person must mend by connecting again, or only the others.
    pub fn broken(self, is_broken: bool) -> Self {
        Self { is_broken: Some(is_broken), ..self }
    }

    /// Only connections of host applications' users, or only of people who signed in through PagerDuty.
    pub fn of_hosts(self, is_hosts: bool) -> Self {
        Self { is_hosts: Some(is_hosts), ..self }
    }

    /// Whether it means everybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As far as its id tells.
    fn may_fit(&self, user: &UserId) -> bool {
        self.is_hosts.is_none_or(|is| is == user.owner().is_some())
            && self.only.as_ref().is_none_or(|only| only == user)
            && self.owner.as_ref().is_none_or(|owner| user.owner() == Some(owner.as_str()))
            && self.account.as_ref().is_none_or(|account| user.account_id() == account)
    }

    /// The rest, which only an open connection tells.
    fn fits(&self, user: &UserId, connection: &Connection) -> bool {
        let about = &connection.about.user;
        self.is_broken.is_none_or(|is| is == connection.is_broken())
            && self
                .known_by
                .as_ref()
                .is_none_or(|name| self.names(user) || about.email.eq_ignore_ascii_case(name))
    }

    /// Whether it is known by one of the names in its id.
    fn names(&self, user: &UserId) -> bool {
        self.known_by.as_deref().is_none_or(|name| {
            let person = user.person().rsplit('/').next();
            user.as_str() == name || user.owner() == Some(name) || person == Some(name)
        })
    }

    fn needs_a_look(&self) -> bool {
        self.known_by.is_some() || self.is_broken.is_some()
    }
}

/// Somebody's connection.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whose.
    pub user: UserId,
    /// How it stands.
    pub connection: Connection,
}

/// Some of those who were asked for.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the order of their ids.
    pub found: Vec<Found>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<UserId>,
}

/// What became of connections that were to be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// So many are gone here.
    pub deleted: usize,
    /// Of so many PagerDuty has not heard yet; it is told for a day, where what was stored opened.
    pub not_revoked: usize,
}

impl Connect {
    /// One page of connections, of at most `limit` and those after `after`. Opens each of them, and renews none. One that
    /// does not open, since it was altered, is left out; the log tells of it.
    pub async fn identities(
        &self,
        filter: &Filter,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Page, Error> {
        let mut users = Users::new(self.vault(), filter, after);
        let mut page = Page { found: Vec::new(), next: None };
        while let Some(user) = users.next().await? {
            let connection = match self.connection(&user).await {
                Ok(Some(connection)) if filter.fits(&user, &connection) => connection,
                // Disconnected meanwhile, or altered: nobody's to find.
                Ok(_) | Err(Error::Tampered) => continue,
                Err(e) => return Err(e),
            };
            if page.found.len() == limit {
                page.next = page.found.last().map(|last| last.user.clone());
                break;
            }
            page.found.push(Found { user, connection });
        }
        Ok(page)
    }

    /// The connections that do not open, since they were altered, of those the filter may mean: what only an open one
    /// tells, such as an address, finds none of them. Their people must connect again.
    pub async fn unreadable(&self, filter: &Filter) -> Result<Vec<UserId>, Error> {
        if filter.is_broken == Some(false) {
            return Ok(Vec::new());
        }
        // Whether it works or not, it does not open.
        let filter = Filter { is_broken: None, ..filter.clone() };
        let (mut users, mut unreadable) = (Users::new(self.vault(), &filter, None), Vec::new());
        while let Some(user) = users.next().await? {
            match self.connection(&user).await {
                Err(Error::Tampered) if filter.names(&user) => unreadable.push(user),
                Ok(_) | Err(Error::Tampered) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(unreadable)
    }

    /// The connection of a user of the host application; of several, the one made last.
    pub async fn connection_of(&self, owner: &Owner) -> Result<Option<UserId>, Error> {
        Ok(self.vault().newest_of(owner).await?)
    }

    /// The fresh token of a user of the host application; of several connections, of the one made last.
    ///
    /// # Errors
    ///
    /// As [`Connect::identity`].
    pub async fn identity_of(&self, owner: &Owner) -> Result<Identity, Error> {
        let user = self.connection_of(owner).await?.ok_or(Error::NotConnected)?;
        self.identity(&user).await
    }

    /// Disconnects all that the filter means, also what does not open any more. First all are wiped here; then PagerDuty
    /// is told, of some at a time and for 15 seconds, of the rest by [`Connect::sweep`]. It goes on though nobody waits
    /// for it, but not when the program is about to stop.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyFilter`]: nobody deletes everybody by forgetting to say whom. [`Error::Unfinished`] when some are
    /// gone and the rest is still there.
    pub async fn delete_identities(&self, filter: &Filter) -> Result<Deleted, Error> {
        if filter.is_empty() {
            return Err(Error::EmptyFilter);
        }
        let (this, filter) = (self.clone(), filter.clone());
        let work = self.detach(async move { this.delete_all(&filter).await });
        work.await.map_err(|_| Error::Stopped)?
    }

    async fn delete_all(&self, filter: &Filter) -> Result<Deleted, Error> {
        let mut all = Vec::new();
        let wiped = self.wipe_all(filter, &mut all).await;
        let done = self.revoke_all_wiped(all).await;
        match wiped {
            Ok(()) => Ok(done),
            Err(why) if done.deleted == 0 => Err(why),
            Err(why) => Err(Error::Unfinished { done, why: Box::new(why) }),
        }
    }

    /// Those that are gone stand in `all` also when something comes in between.
    async fn wipe_all(&self, filter: &Filter, all: &mut Vec<(UserId, Wiped)>) -> Result<(), Error> {
        let mut users = Users::new(self.vault(), filter, None);
        while let Some(user) = users.next().await? {
            if self.is_winding_down() {
                return Err(Error::Stopped);
            }
            if filter.needs_a_look() {
                match self.connection(&user).await {
                    Ok(Some(connection)) if filter.fits(&user, &connection) => {}
                    Ok(_) | Err(Error::Tampered) => continue,
                    Err(e) => return Err(e),
                }
            }
            let wiped = self.wipe(&user).await?;
            all.extend(wiped.map(|wiped| (user, wiped)));
        }
        Ok(())
    }
}

/// Ids of connections that may be meant, a few hundred at a time, in their order.
struct Users<'a> {
    vault: &'a Vault,
    filter: &'a Filter,
    /// The last one that was read.
    after: Option<UserId>,
    read: VecDeque<UserId>,
    is_last: bool,
}

impl<'a> Users<'a> {
    fn new(vault: &'a Vault, filter: &'a Filter, after: Option<&UserId>) -> Self {
        Self { vault, filter, after: after.cloned(), read: VecDeque::new(), is_last: false }
    }

    async fn next(&mut self) -> Result<Option<UserId>, Error> {
        loop {
            if let Some(user) = self.read.pop_front() {
                if self.filter.may_fit(&user) {
                    return Ok(Some(user));
                }
                continue;
            }
            if self.is_last {
                return Ok(None);
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<(), Error> {
        let after = self.after.as_ref().map_or("", UserId::as_str);
        let filter = self.filter;
        self.read = match (&filter.only, &filter.owner) {
            (Some(only), _) => Some(only.clone()).filter(|only| only.as_str() > after).into_iter().collect(),
            (None, Some(owner)) => self.vault.users_of(owner, after).await?.into(),
            (None, None) => self.vault.users(filter.is_broken, after).await?.into(),
        };
        self.is_last = self.read.is_empty();
        self.after = self.read.back().cloned();
        Ok(())
    }
}
