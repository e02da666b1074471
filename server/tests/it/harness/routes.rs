//! Every address the program answers, from what the router itself is built of.

use leptos::server_fn::axum::server_fn_paths;

use super::App;

/// What `server/src/lib.rs` adds by hand; [`others`] checks that none is missing here.
const BY_HAND: [(&str, &str); 20] = [
    ("/avatar", "/avatar"),
    ("/healthz", "/healthz"),
    ("/readyz", "/readyz"),
    ("/csp", "/csp"),
    ("/token", "/token"),
    ("/import", "/import"),
    ("/import/{id}/events", "/import/unknown/events"),
    ("/import/{id}/report.csv", "/import/unknown/report.csv"),
    ("/import/template/{kind}", "/import/template/users"),
    ("/import/export/{kind}", "/import/export/users"),
    ("/api/pagerduty/{*path}", "/api/pagerduty/users/me"),
    ("/setup.css", "/setup.css"),
    ("/v1", "/v1/identities"),
    ("/v1/", "/v1/"),
    ("/link", "/link?link=unknown"),
    ("/api/{*unknown}", "/api/unknown"),
    ("/pkg", "/pkg/pdconnect.css"),
    ("/favicon.svg", "/favicon.svg"),
    ("/robots.txt", "/robots.txt"),
    ("", "/no/such/page"),
];

/// Pages, as the app's own router names them. Read from its source: asking Leptos for
/// the list holds up every page that loads meanwhile in the same process.
pub fn pages() -> Vec<String> {
    let source = include_str!("../../../../app/src/routes.rs");
    let starts = source.match_indices("path=At(\"").map(|(at, call)| &source[at + call.len()..]);
    // One that ends with a slash has one more part.
    let whole = |path: &str| {
        if path.len() > 1 && path.ends_with('/') { format!("{path}unknown") } else { path.to_owned() }
    };
    let paths: Vec<String> = starts.map(|rest| whole(rest.split('"').next().unwrap())).collect();
    assert!(paths.len() >= 5 && paths.iter().any(|p| p == "/callback"), "{paths:?}");
    paths
}

/// Server functions, as they registered themselves.
pub fn functions() -> Vec<String> {
    let mut paths: Vec<String> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert!(paths.iter().any(|p| p == "/api/disconnect"), "{paths:?}");
    paths.sort();
    paths
}

/// Everything else, and an address that leads nowhere.
pub fn others() -> Vec<String> {
    let source = include_str!("../../../src/lib.rs");
    let calls = [".route(\"", ".route_service(\"", ".nest_service(\"", ".nest(\""];
    for call in calls {
        for (_, rest) in source.match_indices(call).map(|(at, _)| source.split_at(at + call.len())) {
            let path = rest.split('"').next().unwrap();
            assert!(BY_HAND.iter().any(|(known, _)| *known == path), "{path} is a route no test knows");
        }
    }
    BY_HAND.iter().map(|(_, path)| (*path).to_owned()).collect()
}

/// All of them.
pub fn all() -> Vec<String> {
    [pages(), functions(), others()].concat()
}

impl App {
    /// Puts a file where the built site would be.
    pub fn site_file(&self, path: &str, content: &[u8]) {
        let path = self.folder().join("site").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}
