//! What the command line says about itself: completions for shells, and man pages.

use std::{fs, io, path::PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Failure, hand_out, help};

#[derive(Args, Debug)]
pub(super) struct CompletionsFlags {
    /// Which shell
    shell: Shell,
}

#[derive(Args, Debug)]
pub(super) struct ManFlags {
    /// A folder for one page each; without it, one page with everything is printed
    folder: Option<PathBuf>,
}

pub(super) fn completions(CompletionsFlags { shell }: CompletionsFlags) -> Result<(), Failure> {
    let mut command = help::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "pdconnect", &mut script);
    hand_out(&script)
}

pub(super) fn man(ManFlags { folder }: ManFlags) -> Result<(), Failure> {
    let command = help::command().disable_help_subcommand(true);
    let Some(folder) = folder else { return hand_out(&whole(command).map_err(|e| e.to_string())?) };
    let failed = |e: io::Error| format!("{}: {e}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    clap_mangen::generate_to(command, &folder).map_err(failed)
}

/// One page: the program with its settings, then each command as a section.
fn whole(command: Command) -> io::Result<Vec<u8>> {
    let mut command = command.mut_subcommands(|it| help::change_settings(it, |arg| arg.hide(true)));
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    sections(&command, &mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

fn sections(of: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    for command in of.get_subcommands().filter(|it| it.get_name() != "help") {
        let name = command.get_bin_name().unwrap_or(command.get_name()).to_uppercase();
        page.extend(format!(".SH \"{name}\"\n").bytes());
        let man = Man::new(command.clone());
        let mut parts = Vec::new();
        man.render_description_section(&mut parts)?;
        man.render_synopsis_section(&mut parts)?;
        man.render_options_section(&mut parts)?;
        man.render_extra_section(&mut parts)?;
        page.extend(String::from_utf8_lossy(&parts).replace(".SH ", ".SS ").bytes());
        sections(command, page)?;
    }
    Ok(())
}
