//! The first screen of help: every command, in groups.

use clap::{Arg, Command, CommandFactory};

use super::Cli;
use crate::config::SETTINGS;

/// A command that stands in no group is told among the last.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Set up and serve", &["init", "doctor", "config", "serve", "ready"]),
    ("People", &["identities", "sessions", "token", "keys", "disconnect", "audit"]),
    ("Data", &["import", "backup", "vault"]),
    ("More", &["sandbox", "completions", "man", "help"]),
];

/// The command line, with its first screen.
pub(super) fn command() -> Command {
    let command = Cli::command();
    let screen = screen(&command);
    // They are the same everywhere: `-h` tells of them where they matter most.
    let short = |command| change_settings(command, |arg| arg.hide_short_help(true));
    command.mut_subcommands(short).override_help(screen)
}

/// Changes how settings are told of, by a command other than `serve` and those below it.
pub(super) fn change_settings(command: Command, change: fn(Arg) -> Arg) -> Command {
    if command.get_name() == "serve" {
        return command;
    }
    let is_setting = |arg: &Arg| arg.get_help_heading() == Some(SETTINGS);
    command
        .mut_args(|arg| if is_setting(&arg) { change(arg) } else { arg })
        .mut_subcommands(|it| change_settings(it, change))
}

fn screen(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let mut all: Vec<(&str, String)> =
        command.get_subcommands().map(|it| (it.get_name(), first_line(it))).collect();
    all.push(("help", "Tell more about a command".to_owned()));
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut screen = format!(
        "{about}\n\nUsage: pdconnect [SETTINGS]              serve the app\n       pdconnect COMMAND [OPTIONS]      do something else\n"
    );
    let groups = GROUPS.len() - 1;
    for (place, (title, names)) in GROUPS.into_iter().enumerate() {
        let is_last = place == groups;
        let is_grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
        let named = names.iter().filter_map(|name| all.iter().find(|(it, _)| it == name));
        let others = all.iter().filter(|(name, _)| is_last && !is_grouped(name));
        let lines: Vec<String> =
            others.chain(named).map(|(name, about)| format!("  {name:<width$}  {about}\n")).collect();
        if !lines.is_empty() {
            screen += &format!("\n{title}\n{}", lines.concat());
        }
    }
    screen
        + "\nEach tells more, with an example: pdconnect COMMAND --help\n\
           All settings, and how to give them: pdconnect serve --help\n"
}

fn first_line(command: &Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    about.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command, with the words it is called by.
    fn all(of: &Command, words: &[String]) -> Vec<(Vec<String>, Command)> {
        let mut found = Vec::new();
        for it in of.get_subcommands().filter(|it| it.get_name() != "help") {
            let words: Vec<String> = words.iter().cloned().chain([it.get_name().to_owned()]).collect();
            found.extend(all(it, &words));
            found.push((words, it.clone()));
        }
        found
    }

    /// What a shell would hand to the program: up to a pipe, a redirection or a comment.
    fn words(example: &str) -> Vec<&str> {
        example.split_whitespace().take_while(|word| !["|", ">", "<", "#", "&&"].contains(word)).collect()
    }

    #[test]
    fn every_command_shows_an_example_that_works_and_says_what_comes_next() {
        let commands = all(&Cli::command(), &["pdconnect".to_owned()]);
        assert!(commands.len() >= 18, "{}", commands.len());
        for (path, command) in commands {
            let path = path.join(" ");
            let told = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> =
                told.lines().map(str::trim).filter(|line| line.starts_with("pdconnect ")).collect();
            assert!(examples.iter().any(|it| it.starts_with(&path)), "{path} has no example: {told}");
            assert!(told.contains("Next:"), "{path} does not say what comes next: {told}");
            for example in examples {
                let parsed = super::command().try_get_matches_from(words(example));
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn the_first_screen_names_every_command_once_and_fits_on_a_terminal() {
        let screen = screen(&Cli::command());
        for command in Cli::command().get_subcommands() {
            let name = format!("  {} ", command.get_name());
            assert_eq!(screen.lines().filter(|line| line.starts_with(&name)).count(), 1, "{name}: {screen}");
            assert!(command.get_about().is_some(), "{name} does not say what it does");
        }
        assert!(screen.lines().all(|line| line.chars().count() <= 100), "{screen}");
        assert!(screen.lines().count() <= 40, "{screen}");
    }

    #[test]
    fn the_definitions_hold_together() {
        command().debug_assert();
    }
}
