//! What every answer carries, whatever its status.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

use super::Policy;

const EVERYWHERE: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// A page here uses none of these.
const PERMISSIONS: &str = "accelerometer=(), camera=(), clipboard-read=(), display-capture=(), geolocation=(), \
     gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

/// For everything that is not a page: it runs nothing, loads nothing, is framed by nobody.
const INERT: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// What kind of address was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Its address held a code.
    Callback,
    /// A file whose name carries a hash.
    BuiltFile,
    Other,
}

impl Asked {
    pub(super) fn of(path: &str) -> Self {
        match path {
            "/callback" => Self::Callback,
            _ if path.starts_with("/pkg/") => Self::BuiltFile,
            _ => Self::Other,
        }
    }
}

pub(super) fn add(policy: &Policy, asked: Asked, request_id: &str, response: &mut Response) {
    let found = response.status().is_success() || response.status().as_u16() == 304;
    let headers = response.headers_mut();
    for (name, value) in EVERYWHERE {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The callback's address held a code: only the origin of it is told. Not
    // `no-referrer`, under which browsers send `Origin: null` with the page's own
    // “Connect again”, and that is refused.
    let referrer = if asked == Asked::Callback { "strict-origin" } else { "same-origin" };
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(INERT));
    if asked == Asked::BuiltFile {
        // Compressed beforehand: caches on the way must not mix up the encodings.
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("accept-encoding"));
    }
    let caching =
        if asked == Asked::BuiltFile && found { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if policy.0.https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}
