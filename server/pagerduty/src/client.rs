//! Where calls go out, and what everybody's calls share.

use crate::{Endpoints, http::Http, rate::Budgets};

/// The REST API of both regions. [`Client::api`] is the way in.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) http: Http,
    pub(crate) endpoints: Endpoints,
    pub(crate) budgets: Budgets,
}

impl Client {
    /// Calls go out through `http`, to the API hosts of `endpoints`.
    pub fn new(http: Http, endpoints: Endpoints) -> Self {
        Self { http, endpoints, budgets: Budgets::default() }
    }

    /// The hosts in use.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }
}
