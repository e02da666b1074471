//! `pdconnect doctor`: everything that a connection stands on, checked.

use std::process::ExitCode;

use clap::Args;
use pagerduty_connect::{Clock, Connect, Finding, Vault, Verdict};
use serde_json::{Value, json};

use super::{Failure, say, vault};
use crate::{
    config::{Config, Flags},
    findings::with_settings,
};

/// Not all is as it should be, but people can connect.
const WARNINGS: u8 = 2;

#[derive(Args, Debug)]
pub(super) struct DoctorFlags {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(DoctorFlags { json, flags }: DoctorFlags) -> Result<ExitCode, Failure> {
    let findings = check(flags).await?;
    say(&if json { as_json(&findings).to_string() } else { as_words(&findings) });
    Ok(exit_code(&findings))
}

pub(super) fn exit_code(findings: &[Finding]) -> ExitCode {
    match worst(findings) {
        Verdict::Ok | Verdict::Open => ExitCode::SUCCESS,
        Verdict::Warning => ExitCode::from(WARNINGS),
        Verdict::Failed => ExitCode::FAILURE,
    }
}

async fn check(flags: Flags) -> Result<Vec<Finding>, Failure> {
    let config = match Config::load(flags) {
        Ok(config) => config,
        Err(why) => {
            let todo = "Correct it there, or see all settings with: pdconnect config";
            let found = format!("{why}.").replace("..", ".");
            return Ok(vec![Finding::new("settings", Verdict::Failed, "settings", found, todo)]);
        }
    };
    let opened = vault::open(&config).await;
    if config.uses_sandbox() {
        let found = "No credentials are configured: a sandbox stands in for PagerDuty.";
        let todo = "To use your own PagerDuty account, run: pdconnect init";
        let settings = Finding::new("settings", Verdict::Warning, "no-credentials", found, todo);
        return Ok(std::iter::once(settings).chain(opened.err().map(no_vault)).collect());
    }
    let settings =
        Finding::ok("settings", format!("They fit together. People reach this app at {}", config.public_url));
    let (home, broken) = match opened {
        Ok(home) => (home, None),
        // The rest can be checked without it.
        Err(why) => (Vault::in_memory().await.map_err(|e| e.to_string())?, Some(no_vault(why))),
    };
    let connect = Connect::new(config.registration()?, home, Clock::system()).map_err(|e| e.to_string())?;
    let found = connect.check_up().await;
    connect.settle().await;
    connect.vault().close().await;
    let is_told_better = |finding: &Finding| broken.is_some() && finding.check == "vault";
    let rest = found.into_iter().filter(|finding| !is_told_better(finding)).map(with_settings);
    Ok([settings].into_iter().chain(broken.clone()).chain(rest).collect())
}

fn no_vault(why: Failure) -> Finding {
    Finding::new("vault", Verdict::Failed, "vault", format!("{why}."), "")
}

fn worst(findings: &[Finding]) -> Verdict {
    findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok)
}

fn as_json(findings: &[Finding]) -> Value {
    let one = |it: &Finding| {
        json!({
            "check": it.check,
            "verdict": it.verdict.code(),
            "code": it.code,
            "found": it.found,
            "todo": it.todo,
        })
    };
    let all: Vec<Value> = findings.iter().map(one).collect();
    json!({ "verdict": worst(findings).code(), "findings": all })
}

pub(super) fn as_words(findings: &[Finding]) -> String {
    let one = |it: &Finding| {
        let mark = match it.verdict {
            Verdict::Ok => "✓",
            Verdict::Open => "·",
            Verdict::Warning => "!",
            Verdict::Failed => "✗",
        };
        let todo = if it.todo.is_empty() { String::new() } else { format!("\n{:18}→ {}", "", it.todo) };
        format!("  {mark} {:<14}{}{todo}", it.check, it.found)
    };
    let lines: Vec<String> = findings.iter().map(one).collect();
    let last = match worst(findings) {
        Verdict::Ok => "All is well.",
        Verdict::Open => "All is well, as far as can be told before somebody signs in.",
        Verdict::Warning => "It works, but not all is as it should be.",
        Verdict::Failed => "Something must be mended before people can connect.",
    };
    format!("{}\n\n{last}", lines.join("\n"))
}
