//! Every operation of the REST API: which scope it needs, which parameters it takes, how it pages.

mod table;

pub use table::OPERATIONS;

use crate::Scopes;

/// Operations a search answers with, at most.
const MAX_FOUND: usize = 50;

/// One operation, as PagerDuty documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// `/users/{id}/contact_methods`
    pub path: &'static str,
    /// The scope a Scoped app needs; none where the documents name none.
    pub scope: Option<&'static str>,
    /// Parameters it takes after the question mark: `team_ids[]`.
    pub query: &'static [&'static str],
    /// How its list is paged.
    pub paging: Paging,
    /// What it does, in a few words.
    pub words: &'static str,
    /// PagerDuty asks not to begin using it.
    pub deprecated: bool,
}

/// How a list is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// All at once, or not a list.
    None,
    /// By `limit` and `offset`.
    Offset,
    /// By `limit` and `cursor`.
    Cursor,
}

impl Operation {
    /// Whether it changes nothing.
    pub fn is_read(&self) -> bool {
        self.method == "GET"
    }

    /// Whether it takes this parameter.
    pub fn takes(&self, key: &str) -> bool {
        self.query.contains(&key)
    }

    /// The names in braces of its path, in order.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// How many parts of the path stand in the template to the letter; none if it does not fit.
    fn fit(&self, path: &str) -> Option<usize> {
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        let mut literal = 0;
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Some(literal),
                (Some(our), Some(their)) if our == their => literal += 1,
                (Some(our), Some(their)) if our.starts_with('{') && !their.is_empty() => {}
                _ => return None,
            }
        }
    }
}

/// The operation of a method and a path, be it a template or filled in. Of several that fit, the one that fits
/// best: `/users/me` is not `/users/{id}`.
pub fn find(method: &str, path: &str) -> Option<&'static Operation> {
    let of_method = OPERATIONS.iter().filter(|operation| operation.method == method);
    let fitting = of_method.filter_map(|operation| Some((operation.fit(path)?, operation)));
    fitting.max_by_key(|(literal, _)| *literal).map(|(_, operation)| operation)
}

/// The operations that a scope opens.
pub fn with_scope(scope: &str) -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().filter(move |operation| operation.scope == Some(scope))
}

/// The operations that every word is found in: in method, path, scope, or what they do. Those that find the words
/// in what they do come first; shorter paths before longer ones.
pub fn search(words: &str) -> Vec<&'static Operation> {
    let words: Vec<String> = words.split_whitespace().take(8).map(str::to_lowercase).collect();
    let holds = |text: &str| words.iter().all(|word| text.contains(word));
    let rank = |operation: &&Operation| {
        let told = operation.words.to_lowercase();
        let scope = operation.scope.unwrap_or_default();
        let all = format!("{} {} {} {told}", operation.method, operation.path, scope).to_lowercase();
        holds(&all).then(|| (operation.deprecated, !holds(&told), operation.path.len()))
    };
    let mut found: Vec<_> =
        OPERATIONS.iter().filter_map(|operation| Some((rank(&operation)?, operation))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(MAX_FOUND).map(|(_, operation)| operation).collect()
}

/// All scopes that these operations need.
pub fn scopes_for(operations: &[&Operation]) -> Scopes {
    Scopes(operations.iter().filter_map(|operation| operation.scope).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_says_each_thing_once() {
        assert_eq!(OPERATIONS.len(), 465);
        let mut seen = std::collections::BTreeSet::new();
        for operation in OPERATIONS {
            assert!(seen.insert((operation.method, operation.path)), "{operation:?} stands twice");
            assert!(["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&operation.method), "{operation:?}");
            assert!(operation.path.starts_with('/') && !operation.words.is_empty(), "{operation:?}");
            if operation.paging == Paging::Offset {
                assert!(operation.takes("offset") && operation.takes("limit"), "{operation:?}");
            }
            if let Some(scope) = operation.scope {
                let (_, access) = scope.rsplit_once('.').unwrap();
                assert!(["read", "write"].contains(&access), "{operation:?}");
            }
        }
    }

    #[test]
    fn a_path_finds_its_operation_filled_in_or_not() {
        let scope = |method, path| find(method, path).and_then(|operation| operation.scope);
        assert_eq!(scope("GET", "/users/me"), Some("users.read"));
        assert_eq!(find("GET", "/users/PXPGF42").unwrap().path, "/users/{id}");
        assert_eq!(scope("POST", "/users/PXPGF42/contact_methods"), Some("users:contact_methods.write"));
        assert_eq!(scope("PUT", "/teams/{id}/users/{user_id}"), Some("teams.write"));
        assert_eq!(find("GET", "/users/").map(|it| it.path), None);
        assert_eq!(find("get", "/users"), None);
        assert_eq!(find("GET", "/unicorns"), None);
        for operation in OPERATIONS {
            assert_eq!(find(operation.method, operation.path), Some(operation));
        }
    }

    #[test]
    fn words_find_what_they_describe_first() {
        assert_eq!(search("who is on call")[0].path, "/oncalls");
        assert_eq!(search("POST incident open")[0].path, "/incidents");
        assert_eq!(search("LIST services")[0].path, "/services");
        assert!(search("licenses.read").iter().all(|operation| operation.scope == Some("licenses.read")));
        assert!(search("no such thing at all").is_empty());
        assert!(search("").len() <= MAX_FOUND);
    }

    #[test]
    fn operations_tell_the_scopes_they_need_each_once() {
        let all: Vec<_> =
            with_scope("oncalls.read").chain(find("GET", "/users")).chain(find("POST", "/users")).collect();
        assert_eq!(scopes_for(&all).to_string(), "oncalls.read users.read users.write");
        let user = find("DELETE", "/users/{id}/contact_methods/{contact_method_id}").unwrap();
        assert_eq!(user.path_parameters().collect::<Vec<_>>(), ["id", "contact_method_id"]);
        assert!(!user.is_read());
    }
}
