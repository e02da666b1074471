//! `config.json`: the keys of PagerDuty's own samples, or the credentials file
//! PagerDuty lets you download, as it is.

use std::{fs, io::ErrorKind, path::Path};

use serde_json::{Map, Value};

use super::{
    ConfigError,
    settings::{NAMES, SECRETS},
    wrong,
};

const DEFAULT: &str = "config.json";
const SETTING: &str = "--config";

/// Where the file is, or would be.
pub(super) fn place(chosen: Option<&str>) -> &Path {
    Path::new(chosen.unwrap_or(DEFAULT))
}

/// The settings in the file. No file at the default place is no error.
pub(super) fn read(chosen: Option<&str>) -> Result<Vec<(&'static str, String)>, ConfigError> {
    let path = place(chosen);
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound && chosen.is_none() => return Ok(Vec::new()),
        Err(e) => return Err(wrong(SETTING, format!("{} cannot be read: {e}", path.display()))),
    };
    let found = parse(path, &text)?;
    if found.iter().any(|(name, _)| SECRETS.contains(name)) {
        pagerduty_connect::vault::refuse_if_others_can_read(path)
            .map_err(|e| wrong(SETTING, e.to_string()))?;
    }
    Ok(found)
}

/// The settings in a text that is, or is to be, the file.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<(&'static str, String)>, ConfigError> {
    let unreadable = |e: serde_json::Error| {
        // Without the offending text: it may be the secret.
        wrong(SETTING, format!("{} is not JSON, at line {} column {}", path.display(), e.line(), e.column()))
    };
    let keys: Map<String, Value> = serde_json::from_str(text).map_err(unreadable)?;

    let mut found = Vec::new();
    for (key, value) in keys {
        let Some(name) = setting(&key) else { continue };
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(wrong(SETTING, format!("in {}, {key} must be text", path.display()))),
        };
        if text.trim().is_empty() {
            return Err(wrong(SETTING, format!("in {}, {key} is empty", path.display())));
        }
        found.push((name, text));
    }
    if found.is_empty() {
        return Err(wrong(
            SETTING,
            format!(
                "{} holds no setting. It needs PD_CLIENT_ID and PD_CLIENT_SECRET, or client_id and client_secret",
                path.display()
            ),
        ));
    }
    Ok(found)
}

/// PagerDuty's download spells them in lower case and leaves out the `PD_`.
fn setting(key: &str) -> Option<&'static str> {
    match key {
        "client_id" => Some("PD_CLIENT_ID"),
        "client_secret" => Some("PD_CLIENT_SECRET"),
        _ => NAMES.into_iter().find(|name| *name == key),
    }
}
