//! The REST API, of the region whose listener it is.

mod account;
mod escalation_policies;
mod incidents;
mod oncalls;
mod reach;
mod schedules;
mod services;
mod teams;
mod users;

mod body;
mod call;
mod errors;
mod find;
mod guard;
mod made;
mod page;
mod rate;
mod shape;
mod sort;
mod zone;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, put};
use http::{HeaderMap, header};

use self::reach::{methods, rules};
use crate::avatar;
use crate::state::{Consent, Here, World};

pub(crate) use rate::Rates;

pub(crate) fn routes(here: &Here) -> Router {
    let api = Router::new()
        .route("/users/me", get(users::me))
        .route("/users/{id}", get(users::one).put(users::change).delete(users::remove))
        .route("/users", get(users::list).post(users::create))
        .route("/users/{id}/contact_methods", get(methods::list).post(methods::create))
        .route(
            "/users/{id}/contact_methods/{method_id}",
            get(methods::one).put(methods::change).delete(methods::remove),
        )
        .route("/users/{id}/notification_rules", get(rules::list).post(rules::create))
        .route(
            "/users/{id}/notification_rules/{rule_id}",
            get(rules::one).put(rules::change).delete(rules::remove),
        )
        .route("/users/{id}/license", get(account::license))
        .route("/teams/{id}", get(teams::one))
        .route("/teams", get(teams::list).post(teams::create))
        .route("/teams/{id}/members", get(teams::members))
        .route("/teams/{id}/users/{user_id}", put(teams::add_member).delete(teams::remove_member))
        .route("/services/{id}", get(services::one).put(services::change).delete(services::remove))
        .route("/services", get(services::list).post(services::create))
        .route("/escalation_policies/{id}", get(escalation_policies::one))
        .route("/escalation_policies", get(escalation_policies::list).post(escalation_policies::create))
        .route("/schedules/{id}", get(schedules::one))
        .route("/schedules", get(schedules::list).post(schedules::create))
        .route("/oncalls", get(oncalls::list))
        .route("/incidents", get(incidents::list).post(incidents::open).put(incidents::change))
        .route("/incidents/{id}", get(incidents::one))
        .route("/abilities", get(account::abilities))
        .route("/licenses", get(account::licenses))
        .route("/license_allocations", get(account::allocations))
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed)
        .layer(from_fn_with_state(here.clone(), guard::api));
    Router::new().route("/avatars/{file}", get(avatar::show)).merge(api).with_state(here.clone())
}

/// Whose token the request carries, if it is a good one (RFC 6750 §2.1: in the header, nowhere else).
pub(crate) fn bearer(world: &World, headers: &HeaderMap) -> Option<Arc<Consent>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let now = world.clock.now();
    world.ledger().bearer(token.trim(), now).map(|token| Arc::clone(&token.consent))
}
