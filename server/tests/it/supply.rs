//! What the program is made of.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The output of a tool; none where the machine has no such tool.
fn tool(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn sr_101_every_dependency_is_locked_and_comes_from_the_registry() {
    let lock = read("Cargo.lock");
    let sources: Vec<&str> = lock.lines().filter_map(|l| l.strip_prefix("source = ")).collect();
    assert!(sources.len() > 100);
    for source in sources {
        assert_eq!(source, "\"registry+https://github.com/rust-lang/crates.io-index\"");
    }
    let (packages, sums) = (lock.matches("\nsource = ").count(), lock.matches("\nchecksum = ").count());
    assert_eq!(packages, sums, "a package without a checksum");
    // In a clone, git knows it; in an unpacked archive there is no git.
    if root().join(".git").exists()
        && let Some(known) = tool("git", &["ls-files", "Cargo.lock"])
    {
        assert_eq!(known.trim(), "Cargo.lock", "the lock file is not committed");
    }
}

#[test]
fn sr_102_every_crate_keeps_to_the_workspaces_lints() {
    let workspace = read("Cargo.toml");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for lint in ["unwrap_used", "expect_used", "panic", "indexing_slicing", "todo", "dbg_macro"] {
        assert!(workspace.contains(&format!("{lint} = \"deny\"")), "{lint}");
    }
    let members = workspace.split_once("members = [").unwrap().1.split(']').next().unwrap();
    let members: Vec<&str> = members.split(',').map(|m| m.trim().trim_matches('"')).collect();
    assert!(members.len() >= 6, "{members:?}");
    for member in members {
        let manifest = read(&format!("{member}/Cargo.toml"));
        // What wasm-bindgen generates is not safe Rust: the frontend has lints of its own.
        let own = member == "frontend";
        assert!(
            own || manifest.contains("[lints]\nworkspace = true"),
            "{member} has no [lints] workspace = true"
        );
    }
}

#[test]
fn sr_102_no_lint_of_safety_is_waived_where_requests_are_handled() {
    let waived = |text: &str| {
        text.lines().any(|line| {
            let line = line.trim_start();
            line.starts_with("#![allow") || line.starts_with("#[allow") || line.contains("unsafe {")
        })
    };
    let mut places = ["app/src", "server/src", "server/connect/src", "server/pagerduty/src"]
        .map(|p| root().join(p))
        .to_vec();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            places.extend(std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
        } else if place.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&place).unwrap();
            assert!(
                !waived(&text),
                "{}: say #[expect(…, reason = \"…\")] where it is needed",
                place.display()
            );
        }
    }
}

#[test]
fn sr_104_the_program_is_position_independent_and_bound_at_the_start() {
    let Some(headers) = tool("readelf", &["-hldW", env!("CARGO_BIN_EXE_pdconnect")]) else { return };
    if !headers.contains("ELF Header") {
        return;
    }
    assert!(headers.contains("DYN (") && headers.contains("PIE"), "not position independent");
    assert!(headers.contains("GNU_RELRO"), "no RELRO");
    assert!(headers.contains("BIND_NOW") || headers.contains("NOW"), "symbols are bound late");
    assert!(
        !headers.contains("RPATH") && !headers.contains("RUNPATH"),
        "libraries are searched for elsewhere"
    );
    let stack = headers.lines().find(|line| line.contains("GNU_STACK")).unwrap_or_default();
    assert!(!stack.contains("RWE"), "the stack can be executed: {stack}");
}

#[test]
fn sr_104_one_library_does_the_cryptography_of_tls() {
    let tree = |name: &str| {
        tool(env!("CARGO"), &["tree", "--offline", "--locked", "-e", "normal", "-p", "server", "-i", name])
            .expect("cargo")
    };
    assert!(tree("aws-lc-rs").contains("aws-lc-rs v"), "{}", tree("aws-lc-rs"));
    for other in ["ring", "openssl", "native-tls", "openssl-sys"] {
        assert!(!tree(other).contains(&format!("{other} v")), "{other} is linked too: {}", tree(other));
    }
}
