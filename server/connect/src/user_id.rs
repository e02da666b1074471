//! Who a connection belongs to.

use std::fmt;

use crate::Owner;

/// A person at PagerDuty, by the two ids its signature vouches for: account and user. Never an e-mail address, which
/// can change hands. Where a host application has users of its own, also whose of them the connection is: one of
/// them may have several, and two of them may be the same person at PagerDuty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

impl UserId {
    /// None when an id is not made of letters and digits, as PagerDuty's are: what follows relies on it.
    pub(crate) fn new(account_id: &str, user_id: &str, owner: Option<&Owner>) -> Option<Self> {
        let is_plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
        let ids = (is_plain(account_id) && is_plain(user_id)).then(|| format!("{account_id}/{user_id}"))?;
        Some(Self(owner.map_or(ids.clone(), |owner| format!("{ids}@{owner}"))))
    }

    /// Stands where a person would, in the log of what a key has done.
    pub(crate) fn of_key(key: &str) -> Self {
        Self(format!("key/{key}"))
    }

    pub(crate) fn from_row(text: String) -> Self {
        Self(text)
    }

    /// Reads what [`UserId::as_str`] wrote. That it reads does not mean that there is such a connection.
    pub fn parse(text: &str) -> Option<Self> {
        let (person, owner) =
            text.split_once('@').map_or((text, None), |(person, owner)| (person, Some(owner)));
        let (account, user) = person.split_once('/')?;
        let owner = owner.map(Owner::parse);
        if owner == Some(None) { None } else { Self::new(account, user, owner.flatten().as_ref()) }
    }

    /// `PACCOUNT/PUSER`, or `PACCOUNT/PUSER@owner`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `PACCOUNT/PUSER`: whom PagerDuty counts calls for, whosever connection it is here.
    pub fn person(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(person, _)| person)
    }

    /// PagerDuty's id of the account.
    pub fn account_id(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(account, _)| account)
    }

    /// Whose it is in the host application; none where people sign in through PagerDuty alone.
    pub fn owner(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, owner)| owner)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_and_says_whose_it_is() {
        let alice = Owner::parse("alice@example.com").unwrap();
        let own = UserId::new("PACCT", "PUSER", None).unwrap();
        let hers = UserId::new("PACCT", "PUSER", Some(&alice)).unwrap();
        assert_eq!((own.as_str(), own.person(), own.owner()), ("PACCT/PUSER", "PACCT/PUSER", None));
        assert_eq!(hers.as_str(), "PACCT/PUSER@alice@example.com");
        assert_eq!((hers.person(), hers.account_id()), ("PACCT/PUSER", "PACCT"));
        assert_eq!(hers.owner(), Some("alice@example.com"));
        assert_eq!([UserId::parse(own.as_str()), UserId::parse(hers.as_str())], [Some(own), Some(hers)]);
    }

    #[test]
    fn nobody_becomes_somebody_else_by_an_odd_id() {
        for (account, user) in [("", "PU"), ("PA", ""), ("PA", "PU@alice"), ("PA/PB", "PU"), ("PA ", "PU")] {
            assert_eq!(UserId::new(account, user, None), None, "{account:?} {user:?}");
        }
        for odd in ["", "PA", "PA/", "PA/PU@", "PA/PU@a b", "PA/PU/PV"] {
            assert_eq!(UserId::parse(odd), None, "{odd:?}");
        }
        for odd in ["", "a b", "a\nb", "ä", &"x".repeat(201)] {
            assert_eq!(Owner::parse(odd), None, "{odd:?}");
        }
    }
}
