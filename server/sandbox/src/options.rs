//! How a sandbox is started.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Known to everybody, as are the passwords here.
const ROUTING_KEY: &str = "SANDBOX0SANDBOX1SANDBOX2SANDBOX3";

/// How a sandbox is started. `Options::default()` takes free ports on 127.0.0.1.
#[derive(Clone)]
pub struct Options {
    /// Where identity and the US API listen; a loopback address. The EU API listens on the next port, or on a
    /// second free port when this one is 0.
    pub listen: SocketAddr,
    /// The redirect URLs registered for the seeded app.
    pub redirect_urls: Vec<String>,
    /// The seeded app's name, shown on the login and consent pages.
    pub app_name: String,
    /// The seeded app's client id; a new one at every start if `None`.
    pub client_id: Option<String>,
    /// The seeded app's client secret; a new one at every start if `None`.
    pub client_secret: Option<String>,
    /// The key of the one integration that takes events: 32 characters.
    pub routing_key: String,
    /// So many more people in the US company, `person-0001@acme.example` and on, for load tests.
    pub crowd: u32,
    /// How much the US company has.
    pub size: Size,
}

/// How much a company has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// What fits on a page.
    #[default]
    Small,
    /// 12,000 services, 5,000 users, 2,000 incidents: more than paging reaches.
    Large,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "small" => Ok(Self::Small),
            "large" => Ok(Self::Large),
            _ => Err("a size is small or large".to_owned()),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "small",
            Self::Large => "large",
        })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            redirect_urls: vec!["http://localhost:5000/callback".to_owned()],
            app_name: "My Access App".to_owned(),
            client_id: None,
            client_secret: None,
            routing_key: ROUTING_KEY.to_owned(),
            crowd: 0,
            size: Size::Small,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("redirect_urls", &self.redirect_urls)
            .field("app_name", &self.app_name)
            .field("client_id", &self.client_id)
            .field("crowd", &self.crowd)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
