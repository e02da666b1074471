//! People's pictures, fetched for them so that their browser talks to one host only.

use url::{Host, Url};

use crate::{Client, Error, Region, http::TOKEN_TIMEOUT, observe::span};

const MAX_AVATAR_BYTES: usize = 256 << 10;
/// In traces: the address of one says whose it is.
const PICTURE: &str = "picture";

/// A picture that is safe to pass on.
#[derive(Clone, Debug)]
pub struct Avatar {
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`; read from the bytes, not from a header.
    pub content_type: &'static str,
    /// The picture.
    pub bytes: Vec<u8>,
}

impl Client {
    /// Whether a picture may be fetched: from PagerDuty, from Gravatar (which
    /// PagerDuty uses), or from the API hosts this program was set up with.
    pub fn allows_avatar(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok()?;
        let ours = [Region::UnitedStates, Region::Europe]
            .iter()
            .any(|r| self.endpoints.api(*r).origin() == url.origin());
        let theirs = url.scheme() == "https"
            && url.port().is_none()
            && match url.host() {
                Some(Host::Domain(host)) => {
                    host.ends_with(".pagerduty.com")
                        || host == "gravatar.com"
                        || host.ends_with(".gravatar.com")
                }
                _ => false,
            };
        ((ours || theirs) && url.username().is_empty() && url.password().is_none()).then_some(url)
    }

    /// Fetches a picture, without any token.
    pub async fn avatar(&self, address: &str) -> Result<Avatar, Error> {
        let url =
            self.allows_avatar(address).ok_or_else(|| Error::Address("not a known picture host".into()))?;
        let (span, request) = (span("GET", PICTURE, None), self.http.get(url.as_str()));
        let answer = self.http.send(span, request, TOKEN_TIMEOUT, MAX_AVATAR_BYTES).await?;
        if !answer.status.is_success() {
            return Err(crate::api::status_error(&answer));
        }
        let content_type = image_type(&answer.body)
            .ok_or_else(|| Error::Unreadable("the picture is of no known kind".into()))?;
        Ok(Avatar { content_type, bytes: answer.body })
    }
}

/// SVG is left out on purpose: it can carry scripts.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Endpoints, http::Http};

    #[test]
    fn sr_48_pictures_come_from_known_hosts_only() {
        let client = Client::new(Http::new().unwrap(), Endpoints::pagerduty());
        assert!(client.allows_avatar("https://secure.gravatar.com/avatar/1.png?d=mm").is_some());
        assert!(client.allows_avatar("https://app.pagerduty.com/a.png").is_some());
        for bad in [
            "http://secure.gravatar.com/a.png",
            "https://gravatar.com.example/a.png",
            "https://notgravatar.com/a.png",
            "https://secure.gravatar.com@127.0.0.1/a.png",
            "https://u@secure.gravatar.com/a.png",
            "https://secure.gravatar.com:8080/a.png",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "",
        ] {
            assert!(client.allows_avatar(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_raster_pictures_are_passed_on() {
        assert_eq!(image_type(b"\x89PNG\r\n"), Some("image/png"));
        assert_eq!(image_type(b"<svg onload=alert(1)>"), None);
        assert_eq!(image_type(b"<html>"), None);
    }
}
