//! One account's REST API, seen with one person's token.

mod answer;
mod ask;
mod create;
mod read;
mod retry;

use std::{sync::Arc, time::Duration};

use crate::{
    AccessToken, Client, Error, Region,
    page::Pages,
    rate::{Budget, Rates, Share},
};

pub(crate) use answer::status_error;
pub(crate) use ask::{Ask, segment};
pub use create::{Fields, NewContactMethod, NewTeam, NewUser};
pub use read::{NoRead, Read, Told};
pub use retry::Retry;

use crate::page::{Listed, Query};

/// The REST API as one person may use it. Made with [`Client::api`]; cheap to make and to clone.
#[derive(Clone, Debug)]
pub struct Api<'a> {
    client: &'a Client,
    region: Region,
    token: &'a AccessToken,
    from: Option<http::HeaderValue>,
    budget: Budget,
    share: Share,
    retry: Retry,
    user: Option<Arc<str>>,
    is_part: bool,
}

impl Client {
    /// The REST API of `region`, with `token` in the header.
    pub fn api<'a>(&'a self, region: Region, token: &'a AccessToken) -> Api<'a> {
        let (budget, retry) = (Budget::default(), Retry::default());
        let share = Share::ALL;
        Api { client: self, region, token, from: None, budget, share, retry, user: None, is_part: false }
    }

    /// Calls that `user` (as for [`Api::of_user`]) has left, and how long until there are all again; none where
    /// PagerDuty has not said lately.
    pub fn left(&self, region: Region, user: &str) -> Option<(u32, Duration)> {
        self.budgets.of(region, user).left()
    }

    /// How much longer no call goes out for `user`, since PagerDuty asked to wait.
    pub fn pause_left(&self, region: Region, user: &str) -> Option<Duration> {
        self.budgets.of(region, user).pause_left()
    }

    /// No call goes out for `user` for so long: another program with the same app was asked to wait.
    pub fn pause(&self, region: Region, user: &str, time: Duration) {
        self.budgets.of(region, user).pause(Some(time));
    }

    /// How near everybody this client calls for is to PagerDuty's limits.
    pub fn rates(&self) -> Rates {
        self.budgets.rates()
    }

    /// The region whose API takes `token`, if one does. Costs a request or two, each sent once: for a 401 that a
    /// fresh token did not cure, never before every call.
    pub async fn region_of(&self, token: &AccessToken) -> Result<Option<Region>, Error> {
        first_that_takes([Region::UnitedStates, Region::Europe].map(|region| self.api(region, token))).await
    }
}

/// Asks each once, one after the other.
async fn first_that_takes(apis: [Api<'_>; 2]) -> Result<Option<Region>, Error> {
    for api in apis {
        let region = api.region;
        match api.retry(Retry::never()).me().await {
            Err(Error::Unauthorized) => {}
            // Known there, though it may not read this.
            Ok(_) | Err(Error::MissingScope { .. } | Error::Status { status: 402 | 403, .. }) => {
                return Ok(Some(region));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

impl<'a> Api<'a> {
    /// Counts calls against the budget of `user` (any name that tells people apart): PagerDuty's limit is for each
    /// app and user, so that everything done for one person at the same time must know of each other.
    #[must_use]
    pub fn of_user(mut self, user: &str) -> Self {
        self.budget = self.client.budgets.of(self.region, user);
        self.user = Some(user.into());
        self
    }

    /// Whoever looks at calls is told this name, where it says more than the budget's.
    #[must_use]
    pub fn told_as(mut self, name: &str) -> Self {
        self.user = Some(name.into());
        self
    }

    /// The person's own e-mail, from their connection: PagerDuty's schema wants it on some writes. One that cannot
    /// stand in a header is left out.
    #[must_use]
    pub fn from(mut self, email: &str) -> Self {
        self.from = http::HeaderValue::from_str(email.trim()).ok().filter(|email| !email.is_empty());
        self
    }

    /// Spends no more than this share of PagerDuty's limit: for work in the background.
    #[must_use]
    pub fn within(mut self, share: Share) -> Self {
        self.share = share;
        self
    }

    /// These calls are part of some larger work, which is told of as a whole: see [`Call::is_part`](crate::Call).
    #[must_use]
    pub fn as_part(mut self) -> Self {
        self.is_part = true;
        self
    }

    pub(crate) fn region(&self) -> Region {
        self.region
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(crate) fn is_part(&self) -> bool {
        self.is_part
    }

    /// How long no call goes out, as far as is known; none where one may go at once.
    pub fn wait(&self) -> Option<Duration> {
        self.budget.wait(self.share)
    }

    /// How often and how long it tries.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// After a 401 that a fresh token did not cure: says whether the other region would take the token.
    pub async fn why_unauthorized(&self) -> Error {
        let other = match self.region {
            Region::UnitedStates => Region::Europe,
            Region::Europe => Region::UnitedStates,
        };
        // This region's by the budget of the person, who may have none left.
        match first_that_takes([self.clone(), self.client.api(other, self.token)]).await {
            Ok(Some(right)) if right != self.region => Error::WrongRegion { right },
            _ => Error::Unauthorized,
        }
    }

    pub(crate) fn pages<T: Listed>(&self, query: Query) -> Pages<'a, T> {
        Pages::new(self.clone(), T::LIST.to_owned(), query)
    }
}
