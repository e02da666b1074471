//! `pdconnect backup`: a copy of a SQLite database while it serves.

use std::path::PathBuf;

use clap::Args;
use pagerduty_connect::{Vault, VaultError, vault::Copied};
use serde_json::json;

use super::{Failure, say, vault};
use crate::config::{Config, Flags};

#[derive(Args, Debug)]
pub(super) struct BackupFlags {
    /// Where the copy goes; what is there already is not written over
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(BackupFlags { file, json, flags }: BackupFlags) -> Result<(), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    let key_file = &config.vault_key_file;
    let copied = Vault::copy_file(config.database_url.expose(), key_file, &file).await;
    let Copied { bytes, connections, imports, keys } = copied.map_err(|e| match e {
        e @ VaultError::Exists(_) => e.to_string(),
        e => vault::named(&e),
    })?;
    if json {
        let told = json!({
            "file": file,
            "bytes": bytes,
            "connections": connections,
            "imports": imports,
            "keys": keys,
            "key_file": key_file,
        });
        say(&told.to_string());
        return Ok(());
    }
    say(&format!(
        "{file} holds connections: {connections}, imports: {imports}; {size} KiB. It was opened and checked.\n\
         The keys are not in it, and it opens with no others: keep a copy of {keys} too, in another place.\n\
         To go back: stop the program, put both files where they were, start it again.",
        file = file.display(),
        size = bytes.div_ceil(1024),
        keys = key_file.display(),
    ));
    Ok(())
}
