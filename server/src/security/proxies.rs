//! Whose request it is, where one passes through others on its way.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies of our own. What they say of where a request comes from is believed, and told to the log; nothing is
/// ever allowed for it.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Addresses and networks, such as `127.0.0.1, 10.0.0.0/8`. None when one of them is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
        let network = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).ok();
        parts.map(network).collect::<Option<_>>().map(Self)
    }

    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who sent a request that came from `peer`, if that is a proxy of ours which says so.
    ///
    /// Each proxy adds at the end whom it has it from. Read from there, the first that is not ours is who asks; what
    /// stands before it, they may have written themselves. One header is read, and no other beside it: a proxy that
    /// writes one of them passes on the others as they came.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.trusts(peer.to_canonical()) {
            return None;
        }
        let mut client = None;
        for line in headers.get_all(FORWARDED_FOR).iter().rev() {
            for one in line.to_str().ok()?.rsplit(',') {
                let address = one.trim().parse::<IpAddr>().ok()?.to_canonical();
                client = Some(address);
                if !self.trusts(address) {
                    return client;
                }
            }
        }
        client
    }
}

impl std::fmt::Display for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<String> = self.0.iter().map(IpNet::to_string).collect();
        f.write_str(if all.is_empty() { "none" } else { "" })?;
        f.write_str(&all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(proxies: &str, peer: &str, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let proxies = Proxies::parse(proxies).unwrap();
        proxies.client(peer.parse().unwrap(), &headers).map(|it| it.to_string())
    }

    #[test]
    fn who_asks_is_the_last_that_is_no_proxy_of_ours() {
        let ours = "127.0.0.1 10.0.0.0/8, ::1";
        for (peer, lines, who) in [
            ("127.0.0.1", &["203.0.113.9"][..], Some("203.0.113.9")),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.9"], Some("203.0.113.9")),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.9, 10.1.2.3"], Some("203.0.113.9")),
            ("127.0.0.1", &["6.6.6.6", "203.0.113.9,10.1.2.3"], Some("203.0.113.9")),
            ("::ffff:127.0.0.1", &["::ffff:203.0.113.9"], Some("203.0.113.9")),
            ("::1", &["2001:db8::9"], Some("2001:db8::9")),
            // All of them ours: the farthest.
            ("127.0.0.1", &["10.9.9.9, 10.1.2.3"], Some("10.9.9.9")),
            // Nothing said, or nothing that makes sense before the first that is not ours.
            ("127.0.0.1", &[], None),
            ("127.0.0.1", &["203.0.113.9, unknown"], None),
            ("127.0.0.1", &["203.0.113.9,"], None),
            ("127.0.0.1", &["203.0.113.9\u{a0}"], None),
            ("127.0.0.1", &["rubbish, 203.0.113.9"], Some("203.0.113.9")),
            // Whoever is no proxy of ours may say what they like.
            ("203.0.113.7", &["10.1.2.3"], None),
            ("11.0.0.1", &["203.0.113.9"], None),
        ] {
            assert_eq!(client(ours, peer, lines).as_deref(), who, "{peer} {lines:?}");
        }
        assert_eq!(client("", "127.0.0.1", &["203.0.113.9"]), None);
    }
}
