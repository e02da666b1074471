//! `pdconnect keys`: what other programs ask for identities with.

use std::time::Duration;

use clap::{Args, Subcommand};
use pagerduty::Endpoints;
use pagerduty_connect::{
    ApiKey, Connect,
    api_key::{ApiKeySecret, KeyScope, NewKey},
};
use serde_json::{Value, json};
use url::Url;

use super::{Failure, say, say_error, show, table, time, who};
use crate::config::Flags;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Issue a key. It is shown once; only its hash is kept.
    #[command(after_help = "\
Example:
  pdconnect keys create --name billing --scope identities.token --scope connect --return-to https://billing.example

Next: give the key to that program, which sends it as Authorization: Bearer KEY; see GET /v1/openapi.json.")]
    Create(Create),
    /// List all keys: what they may do, and when each was last used.
    #[command(after_help = "\
Example:
  pdconnect keys list --json

Next: pdconnect keys revoke ID takes one back.")]
    List(List),
    /// Take a key back. Every replica refuses it from this time on.
    #[command(after_help = "\
Example:
  pdconnect keys revoke hT3kQ9aB

Next: pdconnect keys create issues another.")]
    Revoke(Revoke),
}

#[derive(Args, Debug)]
pub(super) struct Create {
    /// Which program it is for
    #[arg(long)]
    name: String,
    /// What it may do; may be said more than once
    #[arg(id = "key_scopes", long = "scope", required = true, value_parser = scope, value_name = "identities.read|identities.token|identities.delete|connect")]
    scopes: Vec<KeyScope>,
    /// An origin that its links may lead people back to, such as https://billing.example; may be said more than once
    #[arg(long, value_parser = origin, value_name = "ORIGIN")]
    return_to: Vec<Url>,
    /// For how many days it counts [default: until it is revoked]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    days: Option<u16>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args, Debug)]
pub(super) struct Revoke {
    /// The key's ID, from `pdconnect keys list`
    #[arg(allow_hyphen_values = true)]
    id: String,
    #[command(flatten)]
    flags: Flags,
}

fn scope(name: &str) -> Result<KeyScope, String> {
    let all = KeyScope::ALL.map(KeyScope::name).join(", ");
    KeyScope::parse(name).ok_or_else(|| format!("a key may do these: {all}"))
}

fn origin(text: &str) -> Result<Url, String> {
    Endpoints::origin(text).map_err(|e| e.to_string())
}

pub(super) async fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Create(create) => issue(create).await,
        KeysCommand::List(List { json, flags }) => {
            let connect = who::connect(flags).await?.1;
            let keys = connect.api_keys().await.map_err(|e| e.to_string());
            connect.vault().close().await;
            let (keys, now) = (keys?, connect.now());
            say(&if json {
                json!({ "keys": keys.iter().map(told).collect::<Vec<_>>() }).to_string()
            } else {
                listed(&keys, now)
            })
        }
        KeysCommand::Revoke(Revoke { id, flags }) => {
            let connect = who::connect(flags).await?.1;
            let revoked = connect.revoke_key(&id).await.map_err(|e| e.to_string());
            connect.vault().close().await;
            if !revoked? {
                return Err(format!(
                    "{id}: there is no such key, or it was revoked before. See `pdconnect keys list`"
                ));
            }
            say(&format!("{id} is revoked. Whoever sends it is refused from now on."))
        }
    }
}

async fn issue(create: Create) -> Result<(), Failure> {
    let Create { name, scopes, return_to, days, json, flags } = create;
    if scopes.contains(&KeyScope::Connect) && return_to.is_empty() {
        return Err("--scope connect: say where its links may lead people back to, with --return-to".into());
    }
    let connect: Connect = who::connect(flags).await?.1;
    let expires_at = days
        .map(|days| connect.now() + Duration::from_secs(u64::from(days) * 24 * 3600).as_secs().cast_signed());
    let issued = connect.issue_key(NewKey { name, scopes, return_to, expires_at }).await;
    let shown = match issued.map_err(|e| e.to_string()) {
        Ok((key, secret)) => show_once(&connect, &key, &secret, json).await,
        Err(why) => Err(why),
    };
    connect.vault().close().await;
    shown
}

/// A key that nobody has seen is nobody's to send: it is taken back.
async fn show_once(
    connect: &Connect,
    key: &ApiKey,
    secret: &ApiKeySecret,
    json: bool,
) -> Result<(), Failure> {
    let shown = if json {
        let mut told = told(key);
        if let Some(told) = told.as_object_mut() {
            told.insert("key".into(), secret.expose().into());
        }
        show(&told.to_string())
    } else {
        show(secret.expose())
    };
    let Err(unseen) = shown else {
        if !json {
            say_error(&format!("this is shown once. To take it back: pdconnect keys revoke {}", key.id));
        }
        return Ok(());
    };
    Err(match connect.revoke_key(&key.id).await {
        Ok(_) => format!("{unseen}. The key {} is revoked, since nobody has seen it", key.id),
        Err(e) => format!(
            "{unseen}. Nobody has seen the key, and it counts ({e}): pdconnect keys revoke {}",
            key.id
        ),
    })
}

fn told(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>(),
        "return_to": key.return_to,
        "created_at": time(key.created_at),
        "expires_at": key.expires_at.map(time),
        "used_at": key.used_at.map(time),
        "revoked_at": key.revoked_at.map(time),
    })
}

fn listed(keys: &[ApiKey], now: i64) -> String {
    if keys.is_empty() {
        return "There are no keys. Issue one: pdconnect keys create".into();
    }
    let line = |key: &ApiKey| {
        let scopes = key.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ");
        let state = match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("revoked {}", time(at)),
            (None, Some(end)) if end <= now => format!("expired {}", time(end)),
            (None, Some(end)) => format!("until {}", time(end)),
            (None, None) => "until it is revoked".to_owned(),
        };
        let used = key.used_at.map_or_else(|| "never".to_owned(), time);
        [key.id.clone(), key.name.clone(), scopes, state, used]
    };
    table(["ID", "NAME", "SCOPES", "COUNTS", "LAST USED"], keys.iter().map(line))
}
