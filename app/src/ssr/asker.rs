//! Who asks PagerDuty something, and what comes of it.

use pagerduty::{Client, Scopes};
use pagerduty_connect::{About, Connect, Connection, Error, Identity, Session};

use super::trouble::Trouble;

/// The signed-in person, at a page of the app.
pub(crate) struct Asker {
    pub(super) connect: Connect,
    pub(super) session: Session,
    pub(crate) connection: Connection,
    /// The address of the page, to come back to.
    pub(crate) here: String,
}

impl Asker {
    /// An error when nobody is signed in.
    pub(super) async fn at(here: String) -> Result<Self, Error> {
        let connect = super::state()?.connect;
        let session = super::session().await?.ok_or(Error::NotConnected)?;
        let connection = connect.connection(&session.user).await?.ok_or(Error::NotConnected)?;
        Ok(Self { connect, session, connection, here })
    }

    pub(crate) fn about(&self) -> &About {
        &self.connection.about
    }

    pub(crate) fn client(&self) -> &Client {
        self.connect.client()
    }

    pub(crate) fn now(&self) -> i64 {
        self.connect.now()
    }

    /// Whether what PagerDuty granted includes it.
    pub(crate) fn may(&self, scope: &str) -> bool {
        self.about().granted().allows(scope)
    }

    /// Says before a call that it cannot work, and what to do about it.
    pub(crate) fn need(&self, scope: &str) -> Result<(), Trouble> {
        if self.may(scope) { Ok(()) } else { Err(Trouble::scopes(&Scopes::parse(scope), self.about())) }
    }

    /// Calls the API with the person's fresh token.
    pub(crate) async fn ask<T, F>(&self, call: impl Fn(Identity) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, pagerduty::Error>>,
    {
        let error = match self.connect.call(&self.session.user, call).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let error = match error {
            // A fresh token is not taken: by the wrong region's host, perhaps.
            Error::Api(pagerduty::Error::Unauthorized) => {
                match self.connect.identity(&self.session.user).await {
                    Ok(identity) => Error::Api(identity.api(self.client()).why_unauthorized().await),
                    Err(error) => error,
                }
            }
            error => error,
        };
        Err(Trouble::of(error, self.about()))
    }

    /// Calls left, and seconds until there are all again, as far as PagerDuty has said.
    pub(crate) fn left(&self) -> Option<(u32, u64)> {
        let left = self.client().left(self.about().region(), self.session.user.as_str());
        left.map(|(left, resets)| (left, resets.as_secs()))
    }
}
