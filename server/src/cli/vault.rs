//! `pdconnect vault`: the keys that stored tokens are sealed with.

use clap::{Args, Subcommand};
use pagerduty_connect::{Vault, VaultError, vault::Rotated};
use serde_json::json;

use super::{Failure, say};
use crate::config::{Config, Flags};

#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
    /// Make a new key and seal everything anew with it, while the program serves.
    ///
    /// The key is added to VAULT_KEY_FILE. Programs that read the same file notice
    /// within a minute; to others, hand the file first (see `prepare`). Cut short,
    /// it goes on where it was when it is run again.
    #[command(after_help = "\
Example:
  pdconnect vault rotate

Next: a minute later, pdconnect vault drop-old forgets the old key.")]
    Rotate(VaultFlags),
    /// Add a key to VAULT_KEY_FILE without using it, so that the file can be handed
    /// to every machine before `rotate`.
    #[command(after_help = "\
Example:
  pdconnect vault prepare

Next: copy VAULT_KEY_FILE to every machine, then run pdconnect vault rotate on one of them.")]
    Prepare(VaultFlags),
    /// Forget every key but the current one, in the database and in VAULT_KEY_FILE.
    #[command(after_help = "\
Example:
  pdconnect vault drop-old

Next: copy VAULT_KEY_FILE to wherever its copies are kept; older backups need the key that was dropped.")]
    DropOld(VaultFlags),
}

#[derive(Args, Debug)]
pub(super) struct VaultFlags {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(command: VaultCommand) -> Result<(), Failure> {
    match command {
        VaultCommand::Rotate(flags) => rotate(flags).await,
        VaultCommand::Prepare(flags) => prepare(flags).await,
        VaultCommand::DropOld(flags) => drop_old(flags).await,
    }
}

/// Opens the vault that the settings name; a failure names the setting. What a sandbox kept is not PagerDuty's, nor the
/// other way round.
pub(super) async fn open(config: &Config) -> Result<Vault, Failure> {
    let opened = async {
        let vault = Vault::open(config.database_url.expose(), &config.vault_key_file).await?;
        vault.refuse_unless_of(config.origin()).await?;
        Ok(vault)
    };
    opened.await.map_err(|e| named(&e))
}

/// What is wrong, and with which setting.
pub(super) fn named(error: &VaultError) -> Failure {
    format!("{}: {error}", setting(error))
}

fn setting(error: &VaultError) -> &'static str {
    match error {
        VaultError::KeyFile { .. } | VaultError::KeyMissing(_) | VaultError::WrongKey { .. } => {
            "VAULT_KEY_FILE"
        }
        VaultError::Readable(_) => "DATABASE_URL, VAULT_KEY_FILE",
        VaultError::OfPagerDuty => "DATABASE_URL, PD_CLIENT_ID, PD_CLIENT_SECRET",
        _ => "DATABASE_URL",
    }
}

async fn rotate(VaultFlags { json, flags }: VaultFlags) -> Result<(), Failure> {
    let vault = at(flags).await?;
    let Rotated { key, is_new, resealed, unused } = vault.rotate().await.map_err(|e| e.to_string())?;
    vault.close().await;
    if json {
        say(&json!({ "key": key, "is_new": is_new, "resealed": resealed, "unused": unused }).to_string());
        return Ok(());
    }
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

async fn prepare(VaultFlags { json, flags }: VaultFlags) -> Result<(), Failure> {
    let vault = at(flags).await?;
    let key = vault.prepare_key().map_err(|e| e.to_string())?.unwrap_or_default();
    vault.close().await;
    if json {
        say(&json!({ "key": key }).to_string());
        return Ok(());
    }
    say(&format!(
        "The key {key} stands in the key file and is not used yet. Hand the file to every machine, then run:\n  \
         pdconnect vault rotate"
    ));
    Ok(())
}

async fn drop_old(VaultFlags { json, flags }: VaultFlags) -> Result<(), Failure> {
    let vault = at(flags).await?;
    let needed = vault.drop_old_keys().await.map_err(|e| e.to_string())?;
    vault.close().await;
    if json {
        say(&json!({ "needed": needed }).to_string());
    }
    if !needed.is_empty() {
        return Err(format!(
            "something is still sealed with {}; run: pdconnect vault rotate",
            needed.join(", ")
        ));
    }
    if !json {
        say("Only the current key is left.");
    }
    Ok(())
}

pub(super) async fn at(flags: Flags) -> Result<Vault, Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    open(&config).await
}
