//! The two cookies, and how they are read and written.
//!
//! Both carry the `__Host-` prefix: the browser then takes them only over a
//! secure connection (or from localhost), for this host alone and the whole
//! site (RFC 6265bis §4.1.3.2). `SameSite=Lax`, because the way back from
//! PagerDuty is a navigation from another site.

use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, header};

pub(crate) const SESSION: &str = "__Host-pdc_s";
const ATTEMPT: &str = "__Host-pdc_tx_";
/// Attempts one browser may have under way: tabs, mostly.
const MAX_ATTEMPTS: usize = 5;

/// The value of the cookie called `name`; none when it came twice, since one of
/// the two was then planted by somebody else.
pub(crate) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = all(headers).filter(|(n, _)| *n == name).map(|(_, v)| v);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

pub(crate) fn attempt_name(short: &str) -> String {
    format!("{ATTEMPT}{short}")
}

/// Cookies of older attempts to drop, so that one more keeps to the limit.
/// Browsers send the oldest first (RFC 6265 §5.4).
pub(crate) fn attempts_to_drop(headers: &HeaderMap) -> Vec<String> {
    let names: Vec<&str> = all(headers).map(|(n, _)| n).filter(|n| n.starts_with(ATTEMPT)).collect();
    let too_many = (names.len() + 1).saturating_sub(MAX_ATTEMPTS);
    names.into_iter().take(too_many).map(str::to_owned).collect()
}

pub(crate) fn set(name: &str, value: &str, max_age_secs: i64) -> String {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(max_age_secs))
        .to_string()
}

pub(crate) fn clear(name: &str) -> String {
    set(name, "", 0)
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        // Each by itself: another program's cookie may hold any bytes.
        .flat_map(|h| h.as_bytes().split(|b| *b == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())])
    }

    #[test]
    fn sr_29_a_cookie_that_came_twice_counts_for_nothing() {
        assert_eq!(read(&headers("__Host-pdc_s=a; x=y"), SESSION), Some("a"));
        assert_eq!(read(&headers("__Host-pdc_s=a; __Host-pdc_s=b"), SESSION), None);
    }

    #[test]
    fn sr_28_the_oldest_attempts_make_room() {
        let jar = (0..5).map(|i| format!("__Host-pdc_tx_{i}=v")).collect::<Vec<_>>().join("; ");
        assert_eq!(attempts_to_drop(&headers(&jar)), ["__Host-pdc_tx_0"]);
        assert!(attempts_to_drop(&headers("__Host-pdc_tx_0=v")).is_empty());
    }

    #[test]
    fn sr_20_every_attribute_is_set() {
        assert_eq!(
            set(SESSION, "v", 60),
            "__Host-pdc_s=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
    }
}
