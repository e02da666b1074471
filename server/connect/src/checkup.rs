//! Whether everything is set up: each thing that can be wrong told from the others, with what to do.
//!
//! What PagerDuty answers to a wrong secret or an unknown redirect URL is documented in part only (RFC 6749 §5.2 and
//! §4.1.2.1 say what it should be); an answer that fits none of this is told as what it is.

use pagerduty::{Error, Scopes, oauth::Reception};

use crate::Connect;

mod identity;
mod people;
mod registration;

/// How one check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It cannot be told yet, and nothing speaks against it.
    Open,
    /// It works, but not all of it, or not for long.
    Warning,
    /// Nobody can connect until this is mended.
    Failed,
}

impl Verdict {
    /// A short, stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Open => "open",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was checked, in a stable word or two: `credentials`.
    pub check: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What it is exactly, in a stable word or two: `wrong-secret`; `ok` where all is well.
    pub code: &'static str,
    /// The same in a sentence.
    pub found: String,
    /// What to do about it; empty where there is nothing to do.
    pub todo: String,
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, "ok", found, "")
    }

    /// It is something else.
    pub fn new(
        check: &'static str,
        verdict: Verdict,
        code: &'static str,
        found: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self { check, verdict, code, found: found.into(), todo: todo.into() }
    }

    fn failed(
        check: &'static str,
        code: &'static str,
        found: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self::new(check, Verdict::Failed, code, found, todo)
    }

    fn warning(
        check: &'static str,
        code: &'static str,
        found: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self::new(check, Verdict::Warning, code, found, todo)
    }

    fn open(check: &'static str, code: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Verdict::Open, code, found, "")
    }
}

/// What PagerDuty said of this registration.
struct Told {
    knows_client: Result<bool, Error>,
    reception: Result<Reception, Error>,
}

impl Connect {
    /// Looks at everything that a connection stands on, from the database to PagerDuty's hosts: a few requests, none of
    /// which grants anything. Connections that are there are tried as [`Connect::check`] does.
    pub async fn check_up(&self) -> Vec<Finding> {
        let (mut findings, told) = self.look().await;
        findings.extend(people::check(self, &told).await);
        findings
    }

    /// The same for credentials that nobody has used yet. Connections that are there are left alone: tried with other
    /// credentials they could end.
    pub async fn check_registration(&self) -> Vec<Finding> {
        let (mut findings, told) = self.look().await;
        findings.push(people::nobody_yet(&told));
        findings
    }

    async fn look(&self) -> (Vec<Finding>, Told) {
        let (published, knows_client, reception) = tokio::join!(
            self.oauth().published(),
            self.oauth().knows_client(),
            self.oauth().reception(self.scopes()),
        );
        let told = Told { knows_client, reception };
        let mut findings = vec![self.check_vault().await];
        findings.extend(identity::check(self, &published));
        findings.extend(registration::check(self, &told));
        (findings, told)
    }

    async fn check_vault(&self) -> Finding {
        let checked = async {
            self.vault().check().await?;
            self.vault().check_writing(self.now()).await
        };
        match checked.await {
            Ok(()) => {
                Finding::ok("vault", "The database opens with the key file, and takes what is written to it.")
            }
            Err(why) => Finding::failed(
                "vault",
                "vault",
                format!("The database does not do what it should: {why}."),
                "Look at the address of the database and at the key file, at the disk, and at the rights of the folder.",
            ),
        }
    }
}

/// Scopes in words: `users.read, teams.read`.
fn listed(scopes: &Scopes) -> String {
    scopes.iter().collect::<Vec<_>>().join(", ")
}
