//! Where a person may be sent back to: a path of this app, and nothing else.

use std::fmt;

const MAX_BYTES: usize = 4096;

/// A path (with query) on this app's own origin, safe as a `Location`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Reads a path. Anything a browser could take for another origin, before or
    /// after one more decoding, is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let safe = text.len() <= MAX_BYTES
            && text.bytes().all(|b| b.is_ascii_graphic())
            && is_plain(path)
            && is_plain(&decoded_once(path))
            && !query.contains(['\\', '#']);
        safe.then(|| Self(text.to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One leading slash, no second one after it, no backslash (browsers read it as
/// a slash), nothing that browsers strip (tab, line ends), no dot segments.
fn is_plain(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains(['\\', '#', '@', '?', ';'])
        && !path.split('/').any(|segment| segment == "." || segment == "..")
        && path.chars().all(|c| c.is_ascii_graphic() || c.is_alphanumeric())
}

fn decoded_once(path: &str) -> String {
    // The form decoder is the same but for `+` and the separators: those are put out of its way.
    let path = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(path.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_app_pass() {
        for good in [
            "/",
            "/welcome",
            "/services?query=pay&page=2",
            "/a/b-c_d.e~f",
            "/x?q=a+b",
            "/x?q=%20%C3%BC&r=%23team%2Fa",
        ] {
            assert_eq!(LocalPath::parse(good).map(|p| p.0).as_deref(), Some(good));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "welcome",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/%09/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/%2f/evil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/..//evil.example",
            "/../x",
            "/%2e%2e/x",
            "/x\r\nSet-Cookie: a=b",
            "/x%0d%0aSet-Cookie:a=b",
            " /x",
            "/ x",
            "/@evil.example",
            "/x#y",
            "///evil.example",
            "/\u{a0}/x",
            "/x?a\\b",
            "/x;.js",
        ] {
            assert_eq!(LocalPath::parse(bad), None, "{bad:?}");
        }
    }
}
