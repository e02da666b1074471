//! The first run: from the credentials that PagerDuty lets one download to a configuration that works. The page at
//! `/setup` and `pdconnect init` are two ways to the same.

use std::{io, path::Path};

use pagerduty_connect::{Clock, Connect, Finding, Verdict, vault};

use crate::{
    config::{Config, DATABASE, Flags, Origin},
    findings::with_settings,
};

mod credentials;
pub(crate) mod page;

pub(crate) use credentials::{Credentials, MAX_BYTES};

/// A configuration that is not written yet.
pub(crate) struct Draft {
    config: Config,
    /// The whole file; it holds the secret.
    text: String,
    /// Names that stood beside the credentials, and were not taken over.
    pub left: Vec<String>,
}

/// Why a configuration was not written, as a finished sentence.
pub(crate) type Refusal = String;

impl Draft {
    /// Checks that these settings fit together, beside what flags and environment say. `database` is where connections
    /// are to be kept, where a person chose.
    pub(crate) fn new(
        flags: Flags,
        credentials: Credentials,
        database: Option<&str>,
    ) -> Result<Self, Refusal> {
        let (mut keys, left) = credentials.into_keys();
        keys.insert("DATABASE_URL".to_owned(), database.unwrap_or(DATABASE).into());
        let mut text = serde_json::to_string_pretty(&keys).map_err(|e| e.to_string())?;
        text.push('\n');
        let config = Config::load_with(&text, flags).map_err(|e| format!("{e}."))?;
        Ok(Self { config, text, left })
    }

    /// Asks PagerDuty and the database whether it would work. The database is made where there is none; what is kept
    /// in one that is there is left alone: these credentials may be others.
    pub(crate) async fn check_up(&self) -> Result<Vec<Finding>, Refusal> {
        let url = self.config.database_url.expose();
        let opened = match vault::Vault::open(url, &self.config.vault_key_file).await {
            Ok(home) => home.refuse_unless_of(Origin::PagerDuty).await.map(|()| home),
            Err(why) => Err(why),
        };
        let home = match opened {
            Ok(home) => home,
            Err(why) => {
                let todo = "Choose another place, or mend this one.";
                let found = format!("Connections cannot be kept there: {why}.");
                return Ok(vec![Finding::new("vault", Verdict::Failed, "vault", found, todo)]);
            }
        };
        let connect = Connect::new(self.config.registration()?, home, Clock::system());
        let connect = connect.map_err(|e| e.to_string())?;
        let findings = connect.check_registration().await;
        connect.settle().await;
        connect.vault().close().await;
        Ok(findings.into_iter().map(with_settings).collect())
    }

    /// Writes the file, whole or not at all. One that is there stays as it is.
    pub(crate) fn write(self, path: &Path) -> Result<(), Refusal> {
        vault::write_new_secret(path, self.text.as_bytes()).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => is_there(path),
            _ => format!("{} could not be written: {e}.", path.display()),
        })
    }
}

/// Refuses to begin where the file is there: it may hold what somebody needs.
pub(crate) fn refuse_existing(path: &Path) -> Result<(), Refusal> {
    if path.symlink_metadata().is_ok() { Err(is_there(path)) } else { Ok(()) }
}

fn is_there(path: &Path) -> Refusal {
    let path = path.display();
    format!(
        "{path} is there already, and is not written over. Put client_id and client_secret into it by hand, or move it \
         away and do this again."
    )
}
