//! Service regions and the three hosts this client speaks to.

use url::{Host, Url};

/// Where a PagerDuty account lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Region {
    /// `api.pagerduty.com`
    UnitedStates,
    /// `api.eu.pagerduty.com`
    Europe,
}

impl Region {
    /// The region an ID token's signed audience names. Only PagerDuty's own two
    /// hosts count, whatever else a token says.
    pub(crate) fn from_audience(audience: &str) -> Option<Self> {
        match audience {
            "https://api.pagerduty.com" => Some(Self::UnitedStates),
            "https://api.eu.pagerduty.com" => Some(Self::Europe),
            _ => None,
        }
    }

    /// `us` or `eu`, as PagerDuty abbreviates them.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnitedStates => "us",
            Self::Europe => "eu",
        }
    }

    /// Reads what [`Region::code`] wrote.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "us" => Some(Self::UnitedStates),
            "eu" => Some(Self::Europe),
            _ => None,
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnitedStates => "United States",
            Self::Europe => "Europe",
        }
    }
}

/// The hosts, fixed when the program starts. Nothing PagerDuty answers changes them.
#[derive(Clone, Debug)]
pub struct Endpoints {
    identity: Url,
    api_us: Url,
    api_eu: Url,
}

/// An address that cannot be a PagerDuty host.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not an absolute URL of scheme, host and port alone.
    #[error("it must be an address like https://identity.pagerduty.com, with nothing after the host")]
    NotAnOrigin,
    /// Plain HTTP to another machine would show tokens to everyone between.
    #[error("it must start with https:// (plain http is accepted for this machine only)")]
    Plain,
}

impl Endpoints {
    /// PagerDuty itself.
    pub fn pagerduty() -> Self {
        #[expect(clippy::unwrap_used, reason = "three constant addresses")]
        let url = |s| Url::parse(s).unwrap();
        Self {
            identity: url("https://identity.pagerduty.com"),
            api_us: url("https://api.pagerduty.com"),
            api_eu: url("https://api.eu.pagerduty.com"),
        }
    }

    /// Other hosts, for a sandbox on this machine or another partition of PagerDuty's.
    pub fn new(identity: Url, api_us: Url, api_eu: Url) -> Self {
        Self { identity, api_us, api_eu }
    }

    /// Reads one address: `https`, or `http` to this machine.
    pub fn origin(text: &str) -> Result<Url, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError::NotAnOrigin)?;
        if !matches!(url.scheme(), "http" | "https")
            || url.path() != "/"
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(EndpointError::NotAnOrigin);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(EndpointError::Plain);
        }
        Ok(url)
    }

    /// The identity host: sign-in, tokens, keys.
    pub fn identity(&self) -> &Url {
        &self.identity
    }

    /// The REST API of a region.
    pub fn api(&self, region: Region) -> &Url {
        match region {
            Region::UnitedStates => &self.api_us,
            Region::Europe => &self.api_eu,
        }
    }

    /// The issuers an ID token or a callback may name.
    ///
    /// PagerDuty's documentation says `identity.pagerduty.com`, its tokens say
    /// `app.pagerduty.com`: both are accepted, exactly. What a token is worth is
    /// decided by its signature, and the keys come from the identity host alone.
    pub fn issuers(&self) -> [String; 3] {
        [
            "https://app.pagerduty.com/global/oauth/anonymous".into(),
            "https://identity.pagerduty.com/global/oauth/anonymous".into(),
            self.at_identity("global/oauth/anonymous"),
        ]
    }

    pub(crate) fn at_identity(&self, path: &str) -> String {
        format!("{}{}", self.identity, path.trim_start_matches('/'))
    }
}

/// Whether an address leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sr_12_plain_http_is_for_this_machine_only() {
        assert!(Endpoints::origin("http://127.0.0.1:5001").is_ok());
        assert!(Endpoints::origin("http://localhost:5001").is_ok());
        assert!(matches!(Endpoints::origin("http://identity.pagerduty.com"), Err(EndpointError::Plain)));
        assert!(matches!(Endpoints::origin("http://127.0.0.1.example"), Err(EndpointError::Plain)));
    }

    #[test]
    fn an_endpoint_is_an_origin_and_nothing_more() {
        for bad in [
            "identity.pagerduty.com",
            "https://a/b",
            "https://a/?q",
            "https://u@a",
            "ftp://a",
            "https://a/#f",
            "",
        ] {
            assert!(Endpoints::origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sr_07_only_pagerdutys_own_audiences_name_a_region() {
        assert_eq!(Region::from_audience("https://api.eu.pagerduty.com"), Some(Region::Europe));
        assert_eq!(Region::from_audience("https://api.pagerduty.com.example"), None);
        assert_eq!(Region::from_audience("https://api.pagerduty.com/"), None);
    }
}
