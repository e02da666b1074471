//! One API request with everything its handler asks about: whose it is, what they may do, what was asked.

use std::sync::{Arc, MutexGuard};

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, header};

use super::errors;
use super::guard::Caller;
use crate::account::Account;
use crate::params::Params;
use crate::seed::Role;
use crate::state::{Consent, Here, World};
use crate::switches::{AppKind, Switches};

/// What PagerDuty's documents ask clients to accept.
const MEDIA_TYPE: &str = "application/vnd.pagerduty+json;version=2";

pub(super) struct Call {
    pub(super) here: Here,
    pub(super) switches: Arc<Switches>,
    pub(super) consent: Arc<Consent>,
    pub(super) query: Params,
    headers: HeaderMap,
}

/// What a base role allows or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Acknowledge, resolve, open incidents.
    Respond,
    /// Services, teams, escalation policies, schedules, people.
    Configure,
}

impl FromRequestParts<Here> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, here: &Here) -> Result<Self, Response> {
        let switches = here.world.switches();
        let caller = parts.extensions.get::<Caller>().and_then(|Caller(caller)| caller.clone());
        let Some(consent) = caller else { return Err(errors::unauthorized(&switches)) };
        if switches.require_accept && !accepts_version_2(&parts.headers) {
            return Err(errors::not_acceptable());
        }
        let query = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(Self { here: here.clone(), switches, consent, query, headers: parts.headers.clone() })
    }
}

impl Call {
    pub(super) fn world(&self) -> &World {
        &self.here.world
    }

    /// The account of the token, which is not that of the listener when `wrong_region_routed` is on.
    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        self.here.world.account(self.consent.region)
    }

    pub(super) fn needs_scope(&self, scope: &str) -> Result<(), Response> {
        if self.has_scope(scope) { Ok(()) } else { Err(errors::missing_scope(scope, &self.consent)) }
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        match self.switches.app_kind {
            AppKind::Scoped => self.consent.has_scope(scope),
            // A Classic app's `write` includes `read`.
            AppKind::Classic => {
                self.consent.has_scope("write")
                    || (scope.ends_with(".read") && self.consent.has_scope("read"))
            }
        }
    }

    pub(super) fn needs_ability(&self, ability: &str) -> Result<(), Response> {
        let has = self.switches.abilities.iter().any(|held| held == ability);
        if has { Ok(()) } else { Err(errors::missing_ability(ability)) }
    }

    /// An app token may do all that its scopes say; a person's only what the person may.
    pub(super) fn may(&self, act: Act) -> Result<(), Response> {
        let allowed = match self.role() {
            None | Some(Role::Owner | Role::Admin | Role::User) => true,
            Some(Role::LimitedUser) => act == Act::Respond,
            Some(_) => false,
        };
        if allowed { Ok(()) } else { Err(errors::access_denied()) }
    }

    /// People look after how they are reached themselves; admins may do it for them.
    pub(super) fn may_reach(&self, user: &str) -> Result<(), Response> {
        let own = self.consent.person.as_deref() == Some(user);
        if own || matches!(self.role(), None | Some(Role::Owner | Role::Admin)) {
            Ok(())
        } else {
            Err(errors::access_denied())
        }
    }

    /// `None` for an app token.
    pub(super) fn role(&self) -> Option<Role> {
        let person = self.consent.person.as_deref()?;
        // Somebody who was deleted while the request was on its way may do nothing.
        Some(self.account().users.get(person).map_or(Role::ReadOnlyLimitedUser, |user| user.role))
    }

    /// The user in whose name something is changed. An app token must say it in `From`; a person's token need not,
    /// but what it says must be right.
    pub(super) fn actor(&self) -> Result<Option<String>, Response> {
        let from = self.headers.get("from").map(|from| from.to_str().unwrap_or_default().trim());
        let Some(from) = from else {
            return match &self.consent.person {
                Some(person) => Ok(Some(person.clone())),
                None => Err(errors::invalid(&[FROM_MISSING.to_owned()])),
            };
        };
        if !from.contains('@') {
            return Err(errors::coded(400, 1028, "Requester Email Invalid"));
        }
        let account = self.account();
        match account.users.named(from) {
            Some(user) => Ok(Some(user.id.clone())),
            None => Err(errors::coded(400, 1008, "Requester User Not Found")),
        }
    }

    /// Whether the request says that its body is JSON.
    pub(super) fn sends_json(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
    }
}

const FROM_MISSING: &str =
    "You must specify a user's email address in the \"From\" header to perform this action";

fn accepts_version_2(headers: &HeaderMap) -> bool {
    let value = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.replace(' ', "").eq_ignore_ascii_case(MEDIA_TYPE)
}
