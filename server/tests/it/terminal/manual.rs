//! What the command line says about itself, in a shell and on a page.

use std::process::Command;

use crate::harness::program::{Ended, Place};

/// What bash offers for this line, with the completions this program prints.
fn offered(script: &Ended, line: &str) -> Vec<String> {
    let place = Place::new().file("completions.bash", &script.out);
    let words: Vec<&str> = line.split(' ').collect();
    let (last, count) = (words.last().unwrap(), words.len() - 1);
    let previous = words[count.saturating_sub(1)];
    let run = format!(
        "source completions.bash; complete -p pdconnect >/dev/null; \
         COMP_WORDS=({line}); test {count} -lt ${{#COMP_WORDS[@]}} || COMP_WORDS+=(''); COMP_CWORD={count}; \
         COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; \
         f=$(complete -p pdconnect | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
         $f pdconnect '{last}' '{previous}' || true; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let done = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", &run])
        .current_dir(place.path(""))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_flags() {
    let script = Place::new().run(&["completions", "bash"]);
    assert!(script.ok, "{script:?}");
    assert_eq!(offered(&script, "pdconnect imp"), ["import"]);
    assert_eq!(offered(&script, "pdconnect import un"), ["undo"]);
    assert_eq!(offered(&script, "pdconnect sessions end --al"), ["--all"]);
    let all = offered(&script, "pdconnect ");
    for command in ["serve", "backup", "sessions", "vault", "man"] {
        assert!(all.iter().any(|it| it == command), "{command}: {all:?}");
    }
}

#[test]
fn every_shell_has_its_completions_and_an_unknown_one_is_told() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Place::new().run(&["completions", shell]);
        assert!(script.ok && script.out.contains("backup"), "{shell}: {script:?}");
    }
    let unknown = Place::new().run(&["completions", "tcsh"]);
    assert!(!unknown.ok && unknown.err.contains("possible values: bash"), "{unknown:?}");
}

#[test]
fn the_manual_is_one_page_that_renders_and_tells_of_every_command() {
    let place = Place::new();
    let page = place.run(&["man"]);
    assert!(page.ok && page.out.contains(".TH pdconnect 1"), "{page:?}");
    let place = place.file("pdconnect.1", &page.out);
    let rendered = rendered(&place).unwrap_or(page.out.replace("\\-", "-"));
    for section in ["NAME", "SYNOPSIS", "PDCONNECT SERVE", "PDCONNECT SESSIONS END", "PDCONNECT VAULT ROTATE"]
    {
        assert!(rendered.contains(section), "{section} is missing: {rendered}");
    }
    for text in ["--database-url", "pdconnect backup /backups/pdconnect-monday.db", "Next:"] {
        assert!(rendered.contains(text), "“{text}” is missing: {rendered}");
    }
    let pages = place.run(&["man", "pages"]);
    assert!(pages.ok, "{pages:?}");
    for name in ["pdconnect.1", "pdconnect-backup.1", "pdconnect-sessions-end.1", "pdconnect-import-apply.1"]
    {
        assert!(place.path(&format!("pages/{name}")).exists(), "{name}");
    }
}

/// As a terminal shows it; none where there is no formatter.
fn rendered(place: &Place) -> Option<String> {
    let done = Command::new("groff")
        .args(["-man", "-Tascii", "-P-cbou", "-rLL=200n", "pdconnect.1"])
        .current_dir(place.path(""))
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && told.is_empty(), "{told}");
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn what_is_not_understood_is_told_with_what_was_meant() {
    for (arguments, says) in [
        (vec!["sesions"], "a similar subcommand exists: 'sessions'"),
        (vec!["import", "aply", "x"], "a similar subcommand exists: 'apply'"),
        (vec!["token", "--usr", "x"], "a similar argument exists: '--user'"),
        (vec!["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (vec!["backup"], "<FILE>"),
    ] {
        let ended = Place::new().run(&arguments);
        assert!(ended.code == Some(2) && ended.err.contains(says), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("try '--help'"), "{ended:?}");
    }
}

#[test]
fn help_comes_in_groups_and_short_help_without_the_settings() {
    let first = Place::new().run(&["--help"]);
    for title in ["Set up and serve", "People", "Data", "More"] {
        assert!(first.ok && first.out.contains(&format!("\n{title}\n")), "{first:?}");
    }
    assert_eq!(first.out, Place::new().run(&["help"]).out);
    let (short, long) = (Place::new().run(&["token", "-h"]), Place::new().run(&["token", "--help"]));
    assert!(!short.out.contains("--database-url") && long.out.contains("--database-url"), "{short:?}");
    for help in [short, long, Place::new().run(&["help", "token"])] {
        assert!(help.out.contains("pdconnect token --user") && help.out.contains("Next:"), "{help:?}");
    }
    assert!(Place::new().run(&["serve", "-h"]).out.contains("--database-url"));
}
