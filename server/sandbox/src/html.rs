//! HTML by hand: one escaping function, one frame around every page.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};

/// Escapes text for element content and for quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A whole page. `title` is text, `body` is HTML that has been escaped where it needs to be.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Sandbox</title>
<link rel="icon" href="/_sandbox/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/_sandbox/pages.css">
</head>
<body>
<header class="band"><p><strong>Sandbox</strong> — not PagerDuty. Nothing here is real, and any password will do.</p></header>
<main>
{body}
</main>
</body>
</html>
"#
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in PAGE_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// No `form-action`: browsers apply it to the redirects that follow a form, and consent ends in a redirect to
/// the app's own origin.
const PAGE_HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];
