//! Scopes: what a token may do, and what each means in words.

use std::{collections::BTreeSet, fmt};

/// A set of scopes, ordered by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(pub(crate) BTreeSet<String>);

impl Scopes {
    /// Reads the space-separated form of RFC 6749 §3.3. Commas are accepted too.
    pub fn parse(text: &str) -> Self {
        Self(text.split([' ', ',', '\n', '\t']).filter(|s| !s.is_empty()).map(str::to_owned).collect())
    }

    /// Whether `scope` is granted. A Classic `write` includes every read and
    /// write; a Scoped `x.write` does not include `x.read`.
    pub fn allows(&self, scope: &str) -> bool {
        self.0.contains(scope)
            || self.0.contains("write")
            || (self.0.contains("read") && (scope == "read" || scope.ends_with(".read")))
    }

    /// The scopes of `self` that `granted` does not allow.
    pub fn missing_from(&self, granted: &Self) -> Self {
        Self(self.0.iter().filter(|s| !granted.allows(s)).cloned().collect())
    }

    /// The scopes of both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The scopes by name.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

/// Whether a scope can change anything in the account.
pub fn writes(scope: &str) -> bool {
    scope == "write" || scope.ends_with(".write")
}

/// What a scope allows, as a person would say it.
pub fn words(scope: &str) -> String {
    let known = match scope {
        "openid" => "Know who you are: your user and account ID",
        "read" => "Read everything you can read in PagerDuty",
        "write" => "Read and change everything you can change in PagerDuty",
        "users.read" => "Read users: names, e-mail addresses, roles and teams",
        "users.write" => "Create, change and delete users",
        "users:contact_methods.read" => "Read how users are contacted",
        "users:contact_methods.write" => "Change how users are contacted",
        "services.read" => "Read services",
        "services.write" => "Create, change and delete services",
        "incidents.read" => "Read incidents",
        "incidents.write" => "Open, acknowledge and resolve incidents",
        "oncalls.read" => "See who is on call",
        "schedules.read" => "Read on-call schedules",
        "schedules.write" => "Create, change and delete on-call schedules",
        "escalation_policies.read" => "Read escalation policies",
        "escalation_policies.write" => "Create, change and delete escalation policies",
        "teams.read" => "Read teams and who belongs to them",
        "teams.write" => "Create, change and delete teams",
        "abilities.read" => "See which features the account has",
        "licenses.read" => "See the account's licences",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    // Every other Scoped scope reads `<resource>[:<part>].<read|write>`.
    match scope.rsplit_once('.') {
        Some((resource, "read")) => format!("Read {}", plain(resource)),
        Some((resource, "write")) => format!("Create, change and delete {}", plain(resource)),
        _ => format!("Use “{scope}”"),
    }
}

/// What to tick for it under App Registration: a thing and a kind of access. None for what nobody ticks.
pub fn to_tick(scope: &str) -> Option<(String, &'static str)> {
    let (resource, access) = scope.rsplit_once('.')?;
    let access = match access {
        "read" => "Read Access",
        "write" => "Write Access",
        _ => return None,
    };
    let thing = match resource {
        "oncalls" => "On-calls".to_owned(),
        _ => {
            let words = plain(resource);
            let first = words.chars().next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(words.chars().skip(1)).collect()
        }
    };
    Some((thing, access))
}

fn plain(resource: &str) -> String {
    resource.replace('_', " ").replace(':', " → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scoped_write_does_not_include_read() {
        let granted = Scopes::parse("openid incidents.write");
        assert!(!granted.allows("incidents.read"));
        assert_eq!(
            Scopes::parse("incidents.read openid").missing_from(&granted).to_string(),
            "incidents.read"
        );
    }

    #[test]
    fn a_classic_write_includes_everything() {
        assert!(Scopes::parse("openid write").allows("services.write"));
        assert!(!Scopes::parse("openid read").allows("services.write"));
    }

    #[test]
    fn every_scope_but_openid_is_something_to_tick() {
        assert_eq!(to_tick("users.read"), Some(("Users".into(), "Read Access")));
        assert_eq!(to_tick("oncalls.read"), Some(("On-calls".into(), "Read Access")));
        assert_eq!(
            to_tick("escalation_policies.write"),
            Some(("Escalation policies".into(), "Write Access"))
        );
        assert_eq!(to_tick("openid"), None);
    }

    #[test]
    fn unknown_scopes_still_read_as_words() {
        assert_eq!(words("status_pages.read"), "Read status pages");
        assert_eq!(
            words("incident_workflows:instances.write"),
            "Create, change and delete incident workflows → instances"
        );
    }
}
