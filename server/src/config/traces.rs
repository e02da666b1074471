//! Where traces are sent, and under which name.

use url::Url;

use super::{ConfigError, Settings, wrong};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// OTLP's, behind what is set.
const PATH: &str = "/v1/traces";
const MAX_SERVICE_NAME: usize = 100;

/// What was set about traces.
#[derive(Clone, Debug)]
pub struct Traces {
    /// Where a collector takes spans.
    pub(crate) endpoint: Option<Url>,
    /// What this program is called there.
    pub(crate) service: String,
}

impl Traces {
    pub(super) fn read(s: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            endpoint: s.get(ENDPOINT).map(endpoint).transpose()?,
            service: service(s.get(SERVICE_NAME).unwrap_or("pdconnect"))?,
        })
    }

    pub(super) fn shown(&self) -> String {
        self.endpoint.as_ref().map_or("none", |url| url.as_str().trim_end_matches(PATH)).to_owned()
    }
}

/// Plain http may lead to another machine: what is sent there is nobody's secret.
fn endpoint(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(mut url) = url.filter(|url| url.host().is_some()) else {
        return Err(wrong(ENDPOINT, "it must be an address like http://127.0.0.1:4318"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(ENDPOINT, "it must not hold a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(ENDPOINT, "it must end with the host or a path: nothing with ? or #"));
    }
    let base = url.path().trim_end_matches('/').to_owned();
    if base.ends_with(PATH) {
        return Err(wrong(ENDPOINT, "it must end before /v1/traces, which is put behind it"));
    }
    url.set_path(&format!("{base}{PATH}"));
    Ok(url)
}

fn service(text: &str) -> Result<String, ConfigError> {
    let is_name = !text.trim().is_empty() && !text.contains(char::is_control);
    if !is_name || text.chars().count() > MAX_SERVICE_NAME {
        let why = format!("it must be a name of at most {MAX_SERVICE_NAME} characters");
        return Err(wrong(SERVICE_NAME, why));
    }
    Ok(text.to_owned())
}
