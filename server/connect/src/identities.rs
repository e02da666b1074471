//! Everybody who is connected, as the application that embeds this sees them.

use std::collections::VecDeque;

use crate::{Connect, Connection, Disconnected, Error, Identity, Owner, UserId, vault::Vault};

/// Which connections are meant. Nothing said means all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    owner: Option<Owner>,
    account: Option<String>,
    known_by: Option<String>,
    is_broken: Option<bool>,
    is_hosts: bool,
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

    /// Known by this: a connection's id, a user ID or an e-mail address of PagerDuty, or the owner.
    pub fn known_by(self, name: &str) -> Self {
        Self { known_by: Some(name.to_owned()), ..self }
    }

    /// Only those that the person must mend by connecting again, or only the others.
    pub fn broken(self, is_broken: bool) -> Self {
        Self { is_broken: Some(is_broken), ..self }
    }

    /// Only connections of host applications' users, not of people who signed in through PagerDuty.
    pub fn of_hosts(self) -> Self {
        Self { is_hosts: true, ..self }
    }

    /// Whether it means everybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn may_fit(&self, user: &UserId) -> bool {
        (!self.is_hosts || user.owner().is_some())
            && self.owner.as_ref().is_none_or(|owner| user.owner() == Some(owner.as_str()))
            && self.account.as_ref().is_none_or(|account| user.account_id() == account)
    }

    fn fits(&self, found: &Found) -> bool {
        let Found { user, connection } = found;
        let about = &connection.about.user;
        self.is_broken.is_none_or(|is| is == connection.is_broken())
            && self.known_by.as_ref().is_none_or(|name| {
                [Some(user.as_str()), Some(user.person()), user.owner(), Some(&*about.id)]
                    .contains(&Some(name))
                    || about.email.eq_ignore_ascii_case(name)
            })
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
    /// In the order of their ids; of one owner, the one connected last first.
    pub found: Vec<Found>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<UserId>,
}

/// What became of connections that were to be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// So many are gone here.
    pub deleted: usize,
    /// Of so many PagerDuty has not heard yet; it is told for a day.
    pub not_revoked: usize,
}

impl Connect {
    /// One page of connections, of at most `limit` and those after `after`. Opens each of them, and renews none.
    pub async fn identities(
        &self,
        filter: &Filter,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Page, Error> {
        let mut users = Users::new(self.vault(), filter, after);
        let mut page = Page { found: Vec::new(), next: None };
        while let Some(user) = users.next().await? {
            if !filter.may_fit(&user) {
                continue;
            }
            // Disconnected meanwhile, or altered: nobody's to find.
            let Ok(Some(connection)) = self.connection(&user).await else { continue };
            let found = Found { user, connection };
            if !filter.fits(&found) {
                continue;
            }
            if page.found.len() == limit {
                page.next = page.found.last().map(|last| last.user.clone());
                break;
            }
            page.found.push(found);
        }
        Ok(page)
    }

    /// The fresh token of a user of the host application; of several connections, of the one made last.
    ///
    /// # Errors
    ///
    /// As [`Connect::identity`].
    pub async fn identity_of(&self, owner: &Owner) -> Result<Identity, Error> {
        let users = self.vault().users_of(owner).await?;
        let user = users.first().ok_or(Error::NotConnected)?;
        self.identity(user).await
    }

    /// Disconnects all that the filter means.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyFilter`]: nobody deletes everybody by forgetting to say whom.
    pub async fn delete_identities(&self, filter: &Filter) -> Result<Deleted, Error> {
        if filter.is_empty() {
            return Err(Error::EmptyFilter);
        }
        let mut done = Deleted::default();
        let mut after = None;
        loop {
            let page = self.identities(filter, after.as_ref(), 100).await?;
            for Found { user, .. } in page.found {
                match self.disconnect(&user).await? {
                    Disconnected::WasNone => continue,
                    Disconnected::Revoked => {}
                    Disconnected::NotRevoked | Disconnected::Unreadable => done.not_revoked += 1,
                }
                done.deleted += 1;
            }
            after = page.next;
            if after.is_none() {
                return Ok(done);
            }
        }
    }
}

/// Ids of connections, a few hundred at a time.
struct Users<'a> {
    vault: &'a Vault,
    owner: Option<&'a Owner>,
    /// The last one that was given out or passed over.
    after: Option<UserId>,
    read: VecDeque<UserId>,
    is_last: bool,
}

impl<'a> Users<'a> {
    fn new(vault: &'a Vault, filter: &'a Filter, after: Option<&UserId>) -> Self {
        let (owner, after) = (filter.owner.as_ref(), after.cloned());
        Self { vault, owner, after, read: VecDeque::new(), is_last: false }
    }

    async fn next(&mut self) -> Result<Option<UserId>, Error> {
        if self.read.is_empty() && !self.is_last {
            match self.owner {
                // All of them at once: they are few.
                Some(owner) => {
                    let all = self.vault.users_of(owner).await?;
                    let skip =
                        self.after.as_ref().and_then(|after| all.iter().position(|user| user == after));
                    self.read = all.into_iter().skip(skip.map_or(0, |at| at + 1)).collect();
                    self.is_last = true;
                }
                None => {
                    let after = self.after.as_ref().map_or("", UserId::as_str);
                    self.read = self.vault.users(after).await?.into();
                    self.is_last = self.read.is_empty();
                    self.after = self.read.back().cloned();
                }
            }
        }
        Ok(self.read.pop_front())
    }
}
