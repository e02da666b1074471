//! The pages a person sees on the way: login, consent, and what to do when a request is no good.

use axum::response::Response;
use http::StatusCode;

use super::login::Attempt;
use super::scopes;
use crate::html::{self, escape};
use crate::seed::Person;
use crate::state::{Pending, World};

/// PagerDuty's answer before it trusts the request enough to redirect.
pub(crate) fn bad_request(what: &str) -> Response {
    let body = format!(
        r#"<section class="card">
<h1>Bad request</h1>
<p>{}</p>
<p class="quiet">The app that sent you here asked in a way that cannot be answered, so you are not sent back to it.
If it is yours, compare its client id and redirect URL with those <a href="/">registered in this sandbox</a>.</p>
</section>"#,
        escape(what)
    );
    html::page(StatusCode::BAD_REQUEST, "Bad request", &body)
}

/// What an app that is not installed is told.
pub(crate) const NOT_INSTALLED: &str =
    "The app is not installed in this account. An admin of the account must install it first.";

pub(crate) fn not_installed(world: &World) -> Response {
    let body = format!(
        r#"<section class="card">
<h1>An admin must install <strong>{app}</strong></h1>
<p>{NOT_INSTALLED}</p>
</section>"#,
        app = escape(&world.app_name),
    );
    html::page(StatusCode::FORBIDDEN, "An admin must install this app", &body)
}

/// The request id is unknown: decided already, forgotten by a reset, or made up.
pub(crate) fn stale() -> Response {
    let body = r#"<section class="card">
<h1>This request is over</h1>
<p>It was answered already, or the sandbox was reset since. Go back to the app and start again.</p>
</section>"#;
    html::page(StatusCode::BAD_REQUEST, "This request is over", body)
}

pub(crate) fn login(world: &World, id: &str, attempt: &Attempt) -> Response {
    let app = escape(&world.app_name);
    let id = escape(id);
    let email = escape(&attempt.email);
    let (problem, invalid) = match &attempt.problem {
        None => (String::new(), ""),
        Some(problem) => (
            format!(r#"<p class="problem" id="problem" role="alert">{}</p>"#, escape(problem)),
            r#" aria-invalid="true" aria-describedby="problem""#,
        ),
    };
    let people: String = world.shown().iter().map(one_click).collect();
    let body = format!(
        r#"<section class="card">
<h1>Sign in</h1>
<p class="lead">Sign in to your account to authorize <strong>{app}</strong>.</p>
{problem}
<form method="post" action="/oauth/authorize/login">
<input type="hidden" name="request" value="{id}">
<label for="email">Email</label>
<input id="email" name="email" type="email" value="{email}" autocomplete="username" required{invalid}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" aria-describedby="any">
<p class="quiet" id="any">Any password will do, also none.</p>
<button class="primary" type="submit">Sign In</button>
</form>
</section>
<section class="card" aria-labelledby="people">
<h2 id="people">Or be one of these people</h2>
<form method="post" action="/oauth/authorize/login">
<input type="hidden" name="request" value="{id}">
<ul class="people">
{people}</ul>
</form>
</section>"#
    );
    let status = if attempt.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    html::page(status, "Sign in", &body)
}

fn one_click(person: &Person) -> String {
    format!(
        "<li><button class=\"person\" type=\"submit\" name=\"email\" value=\"{email}\">\
         <span class=\"name\">{name}</span> <span class=\"quiet\">{email}</span> \
         <span class=\"quiet\">{role}, {region}</span></button></li>\n",
        email = escape(&person.email),
        name = escape(&person.name),
        role = person.role.label(),
        region = person.region.label(),
    )
}

pub(crate) fn consent(world: &World, id: &str, pending: &Pending, person: &Person) -> Response {
    let kind = world.switches().app_kind;
    let lines: String = pending
        .scopes
        .iter()
        .map(|scope| {
            let words = escape(&scopes::in_words(scope, kind));
            format!("<li>{words} <code>{}</code></li>\n", escape(scope))
        })
        .collect();
    let body = format!(
        r#"<section class="card">
<h1><strong>{app}</strong> wants to access your account</h1>
<dl class="facts">
<div><dt>Account</dt><dd>{account}</dd></div>
<div><dt>Service region</dt><dd>{region}</dd></div>
<div><dt>User</dt><dd>{name} <span class="quiet">{email} · {user}</span></dd></div>
</dl>
<h2>Permissions</h2>
<p>This app asks for the permissions below. Review them, and consent if you agree.</p>
<ul class="scopes">
{lines}</ul>
<form method="post" action="/oauth/authorize/consent" class="decision">
<input type="hidden" name="request" value="{id}">
<button class="primary" type="submit" name="decision" value="consent">Submit Consent</button>
<button type="submit" name="decision" value="cancel">Cancel</button>
</form>
<p class="quiet">Without your consent nothing is shared: choose Cancel, and the app learns only that you did.
<a href="/oauth/authorize/login?request={id}">Sign in as somebody else</a></p>
</section>"#,
        app = escape(&world.app_name),
        account = person.region.web_url().trim_start_matches("https://"),
        region = person.region.label(),
        name = escape(&person.name),
        email = escape(&person.email),
        user = escape(&person.id),
        id = escape(id),
    );
    html::page(StatusCode::OK, "Consent", &body)
}
