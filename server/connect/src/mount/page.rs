//! The pages of the mounted routes and of links: a button, what came of it, what went wrong. They need nothing but
//! themselves.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use url::Url;

use super::link::host;
use crate::{Connect, Error, LocalPath, link::Linked, token};

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: light-dark(#f6f5f1, #10121a); color: light-dark(#14151c, #eceef4); }
main { width: min(26rem, calc(100vw - 3rem)); padding: 2rem; box-sizing: border-box; border-radius: 0.75rem;
  background: light-dark(#fff, #181b25); border: 1px solid light-dark(#dedcd5, #2b3040); }
h1 { margin: 0 0 0.5rem; font-size: 1.375rem; line-height: 1.25; text-wrap: balance; }
p { margin: 0 0 1rem; color: light-dark(#4f525e, #aab0c0); text-wrap: pretty; overflow-wrap: anywhere; }
p:last-child { margin: 0; }
strong { color: light-dark(#14151c, #eceef4); }
a { color: light-dark(#1a36c9, #a3b4ff); }
button { width: 100%; padding: 0.75rem 1rem; border: 0; border-radius: 0.5rem; font: inherit; font-weight: 600;
  color: light-dark(#fff, #10174a); background: light-dark(#1a36c9, #a3b4ff); cursor: pointer; }
button:hover { background: light-dark(#11259a, #c5d0ff); }
button:focus-visible { outline: 3px solid light-dark(#1a36c9, #a3b4ff); outline-offset: 2px; }
";

/// The page with the button.
pub(super) fn button(connect: &Connect, return_to: Option<&LocalPath>) -> Response {
    let form = form(connect, return_to, "Connect to PagerDuty");
    let body = format!(
        "<h1>Connect to PagerDuty</h1><p>You sign in at PagerDuty, see there what this app asks for, and decide. Your \
         password stays with PagerDuty.</p>{form}"
    );
    page(connect, StatusCode::OK, "Connect to PagerDuty", &body)
}

/// The page a link opens.
pub(super) fn linked(connect: &Connect, linked: &Linked, value: &str) -> Response {
    let (host, owner) = (escape(&host(&linked.return_to)), escape(linked.owner.as_str()));
    let value = escape(value);
    let body = format!(
        "<h1>Connect {host} to PagerDuty</h1><p>{host} wants to use PagerDuty for its user <strong>{owner}</strong>. If \
         that is not you, close this page.</p><p>You sign in at PagerDuty, see there what is asked for, and decide. Your \
         password stays with PagerDuty.</p><form method=\"post\"><input type=\"hidden\" name=\"link\" \
         value=\"{value}\"><button>Connect to PagerDuty</button></form>"
    );
    page(connect, StatusCode::OK, "Connect to PagerDuty", &body)
}

/// Back to the application that made the link.
pub(super) fn back(connect: &Connect, to: &Url, is_connected: bool) -> Response {
    let (host, to) = (escape(&host(to)), to.as_str());
    let said = if is_connected { "You are connected" } else { "You are not connected" };
    let link = escape(to);
    let body = format!("<h1>{said}</h1><p>You are on your way back to <a href=\"{link}\">{host}</a>.</p>");
    let mut response = page(connect, StatusCode::OK, said, &body);
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={to}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

/// Gone here, but PagerDuty has not heard of it.
pub(super) fn not_revoked(connect: &Connect, to: &LocalPath) -> Response {
    const TITLE: &str = "Disconnected here, but PagerDuty was not told";
    let to = escape(to.as_str());
    let body = format!(
        "<h1>{TITLE}</h1><p>Everything stored here was removed, so this app can no longer act for you. PagerDuty could \
         not be asked to revoke the tokens, so it may still list them as valid. Where they could be read, this app goes \
         on asking for a day.</p><p>To be sure, remove this app in PagerDuty, under My Profile.</p>\
         <p><a href=\"{to}\">Go on</a></p>"
    );
    page(connect, StatusCode::OK, TITLE, &body)
}

/// What went wrong, where there is no button to press again.
pub(super) fn dead_end(connect: &Connect, error: &Error) -> Response {
    let words = error.words();
    let (title, detail, next) = (escape(words.title), escape(words.detail), escape(words.next));
    let body = format!("<h1>{title}</h1><p>{detail}</p><p>{next}</p>");
    page(connect, error.status(), words.title, &body)
}

/// What went wrong, and the way on.
pub(super) fn trouble(connect: &Connect, error: &Error) -> Response {
    let words = error.words();
    let (title, detail, next) = (escape(words.title), escape(words.detail), escape(words.next));
    let form = form(connect, None, "Connect again");
    let body = format!("<h1>{title}</h1><p>{detail}</p><p>{next}</p>{form}");
    let mut response = page(connect, error.status(), words.title, &body);
    if let Error::Later { wait, .. } = error {
        response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
    }
    response
}

/// A request from another site.
pub(super) fn refused() -> Response {
    let said = "This request does not come from one of this app's own pages. Open the app and press the button there.";
    (StatusCode::FORBIDDEN, said).into_response()
}

fn form(connect: &Connect, return_to: Option<&LocalPath>, words: &str) -> String {
    let action = escape(&connect.mounted_at().unwrap_or_default());
    let back = return_to.map(|path| {
        format!("<input type=\"hidden\" name=\"return_to\" value=\"{}\">", escape(path.as_str()))
    });
    let back = back.unwrap_or_default();
    format!("<form method=\"post\" action=\"{action}/connect\">{back}<button>{words}</button></form>")
}

fn page(connect: &Connect, status: StatusCode, title: &str, body: &str) -> Response {
    let nonce = token::random();
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style nonce=\"{nonce}\">{STYLE}</style>\
         </head><body><main>{body}</main></body></html>"
    );
    // The form leads to PagerDuty by a redirect, which browsers hold to `form-action` as well.
    let identity = connect.registration().endpoints.identity().origin().ascii_serialization();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {identity}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
