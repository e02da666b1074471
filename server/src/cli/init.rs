//! `pdconnect init`: the first run on a terminal.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use pagerduty::scope;

use super::{Failure, doctor, say};
use crate::{
    config::{Config, DATABASE, Flags, has_password},
    setup::{Credentials, Draft, MAX_BYTES, refuse_existing},
};

#[derive(Args, Debug)]
pub(super) struct InitFlags {
    /// The JSON file that PagerDuty let you download, or - for standard input; asked for on a terminal
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Where connections are kept: sqlite:FILE or postgres://HOST/DATABASE; asked for on a terminal
    #[arg(long, value_name = "URL")]
    data: Option<String>,
    /// Write the configuration even though the self-test found something wrong
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(init: InitFlags) -> Result<ExitCode, Failure> {
    let InitFlags { credentials, data, anyway, flags } = init;
    let path = flags.config_file().to_owned();
    refuse_existing(&path).map_err(unstopped)?;
    let config = Config::load(flags.clone()).map_err(|e| e.to_string())?;
    let asks = credentials.is_none() && io::stdin().is_terminal();
    if asks {
        say(&what_to_do_in_pagerduty(&config))?;
    }
    let file = match credentials {
        Some(file) => file,
        None if asks => answer("The file you downloaded:")?.into(),
        None => {
            return Err("say where the credentials are: --credentials FILE, or - for standard input".into());
        }
    };
    let credentials = Credentials::read(&read(&file)?).map_err(|wrong| unstopped(wrong.join("\n  ")))?;
    let data = match data {
        Some(data) => Some(data),
        None if asks && !config.database_is_set() => {
            Some(answer(&format!("Where connections are kept [{DATABASE}]:"))?).filter(|it| !it.is_empty())
        }
        None => None,
    };
    if data.as_deref().is_some_and(has_password) && !asks {
        return Err(
            "--data: it holds a password, and everyone on this machine can read a command line. Put it into \
                    the environment, as DATABASE_URL"
                .into(),
        );
    }
    let draft = Draft::new(flags, credentials, data.as_deref()).map_err(unstopped)?;
    say("Asking PagerDuty …\n")?;
    let findings = draft.check_up().await.map_err(unstopped)?;
    say(&doctor::as_words(&findings))?;
    if !draft.left.is_empty() {
        say(&format!(
            "\nThe file holds more than credentials. What is not taken over: {}",
            draft.left.join(", ")
        ))?;
    }
    if !Draft::may_be_written(&findings, anyway) {
        let or = if Draft::may_be_written(&findings, true) { ", or add --anyway" } else { "" };
        return Err(format!("{} was not written. Mend it and run this again{or}", path.display()));
    }
    draft.write(&path).map_err(unstopped)?;
    say(&format!("\n{} is written, for your eyes only. Start with: pdconnect", path.display()))?;
    Ok(doctor::exit_code(&findings))
}

fn what_to_do_in_pagerduty(config: &Config) -> String {
    let ticks: Vec<String> = config
        .scopes
        .iter()
        .filter_map(|it| scope::to_tick(it).map(|(thing, access)| format!("       {thing}: {access}")))
        .collect();
    format!(
        "\n  1. In PagerDuty, open Integrations → Developer Tools → App Registration, press New App, tick OAuth 2.0,\n     \
         press Next, leave Scoped OAuth selected.\n  2. Under Redirect URLs enter exactly\n       {}\n  3. Under Scopes \
         tick\n{}\n  4. Press Register App, then Download JSON.\n",
        config.redirect_uri,
        ticks.join("\n")
    )
}

fn answer(question: &str) -> Result<String, Failure> {
    say(question)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(|e| e.to_string())?;
    // As terminals and shells quote what is dropped on them.
    Ok(line.trim().trim_matches(['\'', '"']).to_owned())
}

/// A little more than is taken, so that too much is told as that.
fn read(file: &PathBuf) -> Result<Vec<u8>, Failure> {
    let most = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|it| it.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|e| format!("{} cannot be read: {e}", file.display()))?;
    Ok(bytes)
}

/// The last word has no full stop of its own.
fn unstopped(why: String) -> Failure {
    why.trim_end_matches('.').to_owned()
}
