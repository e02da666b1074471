//! Where calls go out, and what everybody's calls share.

use crate::{
    Endpoints,
    http::Http,
    observe::{Call, Observed},
    rate::Budgets,
};

/// The REST API of both regions. [`Client::api`] is the way in.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) http: Http,
    pub(crate) endpoints: Endpoints,
    pub(crate) budgets: Budgets,
    pub(crate) observed: Observed,
}

impl Client {
    /// Calls go out through `http`, to the API hosts of `endpoints`.
    pub fn new(http: Http, endpoints: Endpoints) -> Self {
        Self { http, endpoints, budgets: Budgets::default(), observed: Observed::default() }
    }

    /// Tells `observer` of every call that was sent, when its answer has come or is not waited for any more: at once,
    /// so that it should hand longer work to a task.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Call<'_>) + Send + Sync + 'static) -> Self {
        self.observed = Observed::by(observer);
        self
    }

    /// The hosts in use.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }
}
