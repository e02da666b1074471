//! `GET /users/me`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::errors;
use super::guard::Caller;
use crate::seed::{Person, Team};
use crate::state::{Here, World};
use crate::switches::AppKind;

/// What PagerDuty's documents ask clients to accept.
const MEDIA_TYPE: &str = "application/vnd.pagerduty+json;version=2";

pub(super) async fn me(
    State(here): State<Here>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    let world = &here.world;
    let switches = world.switches();
    let Some(consent) = caller else { return errors::unauthorized(&switches) };
    if switches.require_accept && !accepts_version_2(&headers) {
        return errors::not_acceptable();
    }
    let allowed = match switches.app_kind {
        AppKind::Scoped => consent.has_scope("users.read"),
        // A Classic app's `write` includes `read`.
        AppKind::Classic => consent.has_scope("read") || consent.has_scope("write"),
    };
    if !allowed && switches.users_me_needs_scope {
        return errors::missing_scope("users.read", &consent);
    }
    let Some(person) = world.person(&consent) else {
        return errors::bad_arguments("An app token acts for no user.");
    };
    Json(json!({ "user": body(world, person) })).into_response()
}

fn accepts_version_2(headers: &HeaderMap) -> bool {
    let value = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.replace(' ', "").eq_ignore_ascii_case(MEDIA_TYPE)
}

fn body(world: &World, person: &Person) -> Value {
    let api = world.api_url(person.region);
    let web = person.region.web_url();
    let own = format!("{api}/users/{}", person.id);
    let avatar = person.has_avatar.then(|| format!("{api}/avatars/{}.png", person.id));
    let teams: Vec<Value> = person.teams.iter().map(|team| team_reference(api, &web, team)).collect();
    // Ids of the things a person owns follow from the person's.
    let suffix = person.id.get(1..).unwrap_or_default();
    json!({
        "id": person.id,
        "type": "user",
        "summary": person.name,
        "self": own,
        "html_url": format!("{web}/users/{}", person.id),
        "name": person.name,
        "email": person.email,
        "time_zone": person.time_zone,
        "color": person.color,
        "role": person.role.api_name(),
        "avatar_url": avatar,
        "description": person.description,
        "invitation_sent": false,
        "job_title": person.job_title,
        "created_via_sso": false,
        "contact_methods": [{
            "id": format!("C{suffix}"),
            "type": "email_contact_method_reference",
            "summary": "Work",
            "self": format!("{own}/contact_methods/C{suffix}"),
            "html_url": null,
        }],
        "notification_rules": [{
            "id": format!("N{suffix}"),
            "type": "assignment_notification_rule_reference",
            "summary": "0 minutes: channel C".to_owned() + suffix,
            "self": format!("{own}/notification_rules/N{suffix}"),
            "html_url": null,
        }],
        "teams": teams,
    })
}

fn team_reference(api: &str, web: &str, team: &Team) -> Value {
    json!({
        "id": team.id,
        "type": "team_reference",
        "summary": team.name,
        "self": format!("{api}/teams/{}", team.id),
        "html_url": format!("{web}/teams/{}", team.id),
    })
}
