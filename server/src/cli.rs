//! The command line.

use std::process::ExitCode;

use clap::{Args, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Flags};

mod audit;
mod backup;
mod doctor;
mod help;
mod identities;
mod import;
mod init;
mod keys;
mod pages;
mod ready;
#[cfg(feature = "sandbox")]
mod sandbox;
mod say;
mod serve;
mod sessions;
mod token;
mod vault;
mod who;

use say::{hand_out, say, say_error, show, table, time};

/// Connect for PagerDuty (unofficial): sign in with PagerDuty, done properly.
///
/// Without credentials a sandbox stands in for PagerDuty, on this machine.
#[derive(Debug, Parser)]
#[command(name = "pdconnect", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the app (what happens without a command).
    #[command(after_help = "\
Examples:
  pdconnect serve --port 5050
  pdconnect serve --public-url https://connect.example.com --database-url postgres://localhost/pdconnect

Every setting can also stand in the environment or in config.json, secrets only there.
Next: open the address it prints and press Connect. What is set, and where: pdconnect config")]
    Serve(Flags),
    /// Print every setting, where it comes from, and its value; secrets stay hidden.
    #[command(after_help = "\
Example:
  pdconnect config --json

Next: change a value in config.json, in the environment or by a flag; pdconnect serve starts with it.")]
    Config(ConfigFlags),
    /// List who is connected, and how it stands.
    #[command(after_help = "\
Examples:
  pdconnect identities
  pdconnect identities --broken --json

Next: pdconnect token --user WHO prints a fresh token; pdconnect disconnect --user WHO ends a connection.")]
    Identities(identities::Identities),
    /// End somebody's connection, here and at PagerDuty.
    #[command(after_help = "\
Examples:
  pdconnect disconnect --user bethany@acme.example
  pdconnect disconnect --owner 42 --yes

Next: whoever is meant can connect again at any time. A key that a program holds: pdconnect keys revoke ID")]
    Disconnect(identities::Disconnect),
    /// Issue, list and revoke keys by which other programs get identities (`/v1`).
    #[command(subcommand)]
    #[command(after_help = "\
Example:
  pdconnect keys create --name billing --scope identities.read

Next: GET /v1/openapi.json describes what a key is good for.")]
    Keys(keys::KeysCommand),
    /// Ask the program that serves here whether it can work; for whoever looks after it.
    #[command(after_help = "\
Example:
  pdconnect ready

Next: it ends with 0 when the program can work; a container or a service manager asks it now and then.")]
    Ready(Flags),
    /// Set up: check PagerDuty's credentials, write config.json.
    #[command(after_help = "\
Example:
  pdconnect init --credentials ~/Downloads/credentials.json

Next: pdconnect serve starts with it; pdconnect doctor checks it again at any time.")]
    Init(init::InitFlags),
    /// Check everything a connection stands on; say what to do.
    ///
    /// Exit code 0: all is well; 1: something failed; 2: something could be better.
    #[command(after_help = "\
Examples:
  pdconnect doctor
  pdconnect doctor --json

Next: every finding that is not well says what to do; run it again afterwards.")]
    Doctor(doctor::DoctorFlags),
    /// Print a fresh access token of somebody who is connected, for a script.
    #[command(after_help = "\
Examples:
  pdconnect token --user bethany@acme.example
  pdconnect token --json

Next: send it as Authorization: Bearer TOKEN, and ask again for every run: it is renewed by itself.")]
    Token(token::TokenFlags),
    /// What happened to connections, and whether somebody has changed what is told of it.
    #[command(after_help = "\
Examples:
  pdconnect audit --since 2026-11-01
  pdconnect audit --json

Next: pdconnect audit verify tells whether it stands as it was written.")]
    Audit(Box<audit::AuditFlags>),
    /// List who is signed in, and sign browsers out.
    #[command(after_help = "\
Examples:
  pdconnect sessions
  pdconnect sessions --user bethany@acme.example --json

Next: pdconnect sessions end --user WHO signs somebody out everywhere.")]
    Sessions(Box<sessions::SessionsFlags>),
    /// Load users and services from CSV: plan, apply, report, undo.
    #[command(subcommand)]
    #[command(after_help = "\
Example:
  pdconnect import users people.csv

Next: it prints a plan and writes nothing; pdconnect import apply ID carries it out.")]
    Import(import::ImportCommand),
    /// Copy a SQLite database while it serves.
    #[command(after_help = "\
Example:
  pdconnect backup /backups/pdconnect-monday.db

Next: keep a copy of VAULT_KEY_FILE as well, in another place: without it the copy opens for nobody. To go back, stop
the program, put both files where they were, and start it again. A PostgreSQL database is copied with pg_dump.")]
    Backup(backup::BackupFlags),
    /// Look after the keys that stored tokens are sealed with.
    #[command(subcommand)]
    #[command(after_help = "\
Example:
  pdconnect vault rotate

Next: a minute later, pdconnect vault drop-old forgets the old key.")]
    Vault(vault::VaultCommand),
    /// Run only the sandbox: a PagerDuty on this machine.
    #[cfg(feature = "sandbox")]
    #[command(after_help = "\
Example:
  pdconnect sandbox --listen 127.0.0.1:6001 --redirect-url http://localhost:3000/callback

Next: open the address it prints; it tells the app's credentials, who can sign in, and what can be turned.")]
    Sandbox(sandbox::SandboxFlags),
    /// Print completions for a shell.
    #[command(after_help = "\
Examples:
  pdconnect completions bash > ~/.local/share/bash-completion/completions/pdconnect
  pdconnect completions zsh > ~/.zfunc/_pdconnect
  pdconnect completions fish > ~/.config/fish/completions/pdconnect.fish

Next: start a new shell, and press Tab after pdconnect.")]
    Completions(pages::CompletionsFlags),
    /// Print the manual, or write one page for each command into a folder.
    #[command(after_help = "\
Examples:
  pdconnect man > pdconnect.1
  pdconnect man /usr/local/share/man/man1

Next: man -l pdconnect.1 shows it; from a folder of man's own, man pdconnect does.")]
    Man(pages::ManFlags),
}

#[derive(Args, Debug)]
struct ConfigFlags {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

/// What this program was asked to do. Where that cannot be understood, it says so and ends.
pub fn parse() -> Cli {
    Cli::from_arg_matches(&help::command().get_matches()).unwrap_or_else(|e| e.exit())
}

/// Runs the chosen command. A failure is told in a sentence, on standard error.
pub async fn run(cli: Cli) -> ExitCode {
    leave_no_memory_behind();
    take_all_files();
    let outcome = match cli.command {
        None => serve::run(cli.flags).await,
        Some(Command::Serve(flags)) => serve::run(flags).await,
        Some(Command::Config(flags)) => show_config(flags),
        Some(Command::Identities(asked)) => identities::list(asked).await,
        Some(Command::Disconnect(asked)) => identities::disconnect(asked).await,
        Some(Command::Keys(command)) => keys::run(command).await,
        Some(Command::Ready(flags)) => ready::run(flags).await,
        Some(Command::Init(flags)) => return ended(init::run(flags).await),
        Some(Command::Doctor(flags)) => return ended(doctor::run(flags).await),
        Some(Command::Token(flags)) => token::run(flags).await,
        Some(Command::Audit(flags)) => audit::run(*flags).await,
        Some(Command::Sessions(flags)) => sessions::run(*flags).await,
        Some(Command::Import(command)) => return ended(import::run(command).await),
        Some(Command::Backup(flags)) => backup::run(flags).await,
        Some(Command::Vault(command)) => vault::run(command).await,
        #[cfg(feature = "sandbox")]
        Some(Command::Sandbox(flags)) => sandbox::run(flags).await,
        Some(Command::Completions(flags)) => pages::completions(flags),
        Some(Command::Man(flags)) => pages::man(flags),
    };
    ended(outcome.map(|()| ExitCode::SUCCESS))
}

fn ended(outcome: Result<ExitCode, Failure>) -> ExitCode {
    outcome.unwrap_or_else(|why| {
        say_error(&why);
        ExitCode::FAILURE
    })
}

/// Keys and tokens are in this process's memory: a crash must not write it to a
/// file, and no other program of the same user may read it.
fn leave_no_memory_behind() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(why) = setrlimit(Resource::Core, nothing) {
        say_error(&format!("core dumps could not be switched off: {why}"));
    }
    #[cfg(target_os = "linux")]
    if let Err(why) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        say_error(&format!("other programs could not be kept from reading this one's memory: {why}"));
    }
}

/// Every connection is a file to the system, which allows few unless asked.
fn take_all_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile);
    _ = setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, ..allowed });
}

/// Why the program stops, as a finished sentence.
type Failure = String;

fn show_config(ConfigFlags { json, flags }: ConfigFlags) -> Result<(), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    say(&if json { config.describe_json().to_string() } else { config.describe() })
}
