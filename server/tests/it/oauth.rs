//! The OAuth transaction, from the button to the greeting.

mod callback;
mod grant;
mod issuer;
mod pkce;
mod state;

use url::Url;

/// A callback's address with one parameter replaced, or taken out.
pub fn changed(path: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse("http://localhost").unwrap().join(path).unwrap();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter_map(|(n, v)| match (n == name, value) {
            (true, None) => None,
            (true, Some(new)) => Some((n.into_owned(), new.to_owned())),
            (false, _) => Some((n.into_owned(), v.into_owned())),
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// The value of a parameter of a callback's address.
pub fn param(path: &str, name: &str) -> String {
    let url = Url::parse("http://localhost").unwrap().join(path).unwrap();
    url.query_pairs().find(|(n, _)| n == name).expect("the parameter").1.into_owned()
}
