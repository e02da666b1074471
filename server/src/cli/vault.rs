//! `pdconnect vault`: the keys that stored tokens are sealed with.

use clap::Subcommand;
use pagerduty_connect::{Vault, VaultError, vault::Rotated};

use super::{Failure, say};
use crate::config::{Config, Flags};

#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
    /// Make a new key and seal everything anew with it, while the program serves.
    ///
    /// The key is added to VAULT_KEY_FILE. Programs that read the same file notice
    /// within a minute; to others, hand the file first (see `prepare`). Cut short,
    /// it goes on where it was when it is run again.
    Rotate(Flags),
    /// Add a key to VAULT_KEY_FILE without using it, so that the file can be handed
    /// to every machine before `rotate`.
    Prepare(Flags),
    /// Forget every key but the current one, in the database and in VAULT_KEY_FILE.
    DropOld(Flags),
}

pub(super) async fn run(command: VaultCommand) -> Result<(), Failure> {
    match command {
        VaultCommand::Rotate(flags) => rotate(flags).await,
        VaultCommand::Prepare(flags) => prepare(flags).await,
        VaultCommand::DropOld(flags) => drop_old(flags).await,
    }
}

/// Opens the vault that the settings name; a failure names the setting.
pub(super) async fn open(config: &Config) -> Result<Vault, Failure> {
    let opened = Vault::open(config.database_url.expose(), &config.vault_key_file).await;
    opened.map_err(|e| format!("{}: {e}", setting(&e)))
}

fn setting(error: &VaultError) -> &'static str {
    match error {
        VaultError::KeyFile { .. } | VaultError::KeyMissing(_) | VaultError::WrongKey { .. } => {
            "VAULT_KEY_FILE"
        }
        VaultError::Readable(_) => "DATABASE_URL, VAULT_KEY_FILE",
        _ => "DATABASE_URL",
    }
}

async fn rotate(flags: Flags) -> Result<(), Failure> {
    let vault = at(flags).await?;
    let Rotated { key, is_new, resealed, unused } = vault.rotate().await.map_err(|e| e.to_string())?;
    vault.close().await;
    let made =
        if is_new { "A new key" } else { "No new key was made: an earlier rotation was finished. The key" };
    say(&format!("{made} {key} seals from now on. Sealed anew: {resealed}."));
    if !unused.is_empty() {
        say(&format!(
            "Nothing stored needs {} any more. Once every program has been running for a minute:\n  \
             pdconnect vault drop-old",
            unused.join(", ")
        ));
    }
    Ok(())
}

async fn prepare(flags: Flags) -> Result<(), Failure> {
    let vault = at(flags).await?;
    let key = vault.prepare_key().map_err(|e| e.to_string())?.unwrap_or_default();
    vault.close().await;
    say(&format!(
        "The key {key} stands in the key file and is not used yet. Hand the file to every machine, then run:\n  \
         pdconnect vault rotate"
    ));
    Ok(())
}

async fn drop_old(flags: Flags) -> Result<(), Failure> {
    let vault = at(flags).await?;
    let needed = vault.drop_old_keys().await.map_err(|e| e.to_string())?;
    vault.close().await;
    if needed.is_empty() {
        say("Only the current key is left.");
        return Ok(());
    }
    Err(format!("something is still sealed with {}; run: pdconnect vault rotate", needed.join(", ")))
}

pub(super) async fn at(flags: Flags) -> Result<Vault, Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    open(&config).await
}
