//! What a request for scopes is granted, and how it reads on the consent page.

use crate::switches::{AppKind, MixedScopes, OmittedScope, Switches};

/// The scopes granted for those asked: PagerDuty has no error for a scope the app lacks, the grant only shrinks,
/// down to `openid` alone. `None` asks for the `invalid_scope` redirect.
pub(crate) fn granted(asked: Option<&str>, switches: &Switches) -> Option<Vec<String>> {
    let configured = switches.app_scopes();
    let kept: Vec<String> = match asked {
        None => match switches.omitted_scope {
            OmittedScope::AllConfigured => configured,
            OmittedScope::OpenidOnly => Vec::new(),
            OmittedScope::InvalidScope => return None,
        },
        Some(asked) => {
            let asked: Vec<&str> =
                asked.split_ascii_whitespace().filter(|scope| *scope != "openid").collect();
            let all_known = asked.iter().all(|scope| configured.iter().any(|known| known == scope));
            if !all_known && switches.mixed_scopes == MixedScopes::OpenidOnly {
                Vec::new()
            } else {
                configured.into_iter().filter(|scope| asked.contains(&scope.as_str())).collect()
            }
        }
    };
    Some(with_openid(kept))
}

/// `openid` first, the rest in alphabetical order, each once: the order of the only sample PagerDuty shows.
fn with_openid(mut scopes: Vec<String>) -> Vec<String> {
    scopes.retain(|scope| scope != "openid");
    scopes.sort();
    scopes.dedup();
    scopes.insert(0, "openid".to_owned());
    scopes
}

/// One line of the consent page.
pub(crate) fn in_words(scope: &str, kind: AppKind) -> String {
    match (scope, kind) {
        ("openid", _) => return "User ID – your user account ID.".to_owned(),
        ("read", AppKind::Classic) => return "Read everything your user account can read.".to_owned(),
        ("write", AppKind::Classic) => return "Act as your PagerDuty user account.".to_owned(),
        _ => {}
    }
    let (resource, access) = scope.rsplit_once('.').unwrap_or((scope, "read"));
    let access = if access == "write" { "Write" } else { "Read" };
    format!("{access} access to PagerDuty {}.", title(resource))
}

/// `users:contact_methods` as “Users: Contact Methods”.
fn title(resource: &str) -> String {
    let words = |part: &str| part.split('_').map(capital).collect::<Vec<_>>().join(" ");
    resource.split(':').map(words).collect::<Vec<_>>().join(": ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
