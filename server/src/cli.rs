//! The command line.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::config::{Config, Flags};

mod audit;
mod import;
#[cfg(feature = "sandbox")]
mod sandbox;
mod serve;
mod token;
mod vault;
mod who;

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
    Serve(Flags),
    /// Print every setting, where it comes from, and its value; secrets stay hidden.
    Config(Flags),
    /// Print a fresh access token of somebody who is connected, for a script.
    Token(token::TokenFlags),
    /// What happened to connections, and whether somebody has changed what is told of it.
    Audit(Box<audit::AuditFlags>),
    /// Load users and services from CSV: plan, apply, report, undo.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Look after the keys that stored tokens are sealed with.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Run only the sandbox: a PagerDuty on this machine.
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxFlags),
}

/// Runs the chosen command. A failure is told in a sentence, on standard error.
pub async fn run(cli: Cli) -> ExitCode {
    leave_no_memory_behind();
    take_all_files();
    let outcome = match cli.command {
        None => serve::run(cli.flags).await,
        Some(Command::Serve(flags)) => serve::run(flags).await,
        Some(Command::Config(flags)) => show_config(flags),
        Some(Command::Token(flags)) => token::run(flags).await,
        Some(Command::Audit(flags)) => audit::run(*flags).await,
        Some(Command::Import(command)) => return ended(import::run(command).await),
        Some(Command::Vault(command)) => vault::run(command).await,
        #[cfg(feature = "sandbox")]
        Some(Command::Sandbox(flags)) => sandbox::run(flags).await,
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

fn show_config(flags: Flags) -> Result<(), Failure> {
    say(&Config::load(flags).map_err(|e| e.to_string())?.describe());
    Ok(())
}

/// What the person asked to see. Nobody may be there to see it.
fn say(text: &str) {
    _ = writeln!(io::stdout(), "{text}");
}

/// The last word before the program ends.
fn say_error(why: &str) {
    _ = writeln!(io::stderr(), "pdconnect: {why}");
}
