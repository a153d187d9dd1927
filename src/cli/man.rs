//! Command `tiktop man`: the manual page, for `man -l` or a package.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_mangen::Man;
use color_eyre::eyre::{Result, WrapErr};

use super::{Cli, output};

/// Where to.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder, instead of the first page to standard output.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs) -> Result<ExitCode> {
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page)?;
        output::print_line(String::from_utf8_lossy(&page).trim_end())?;
        return Ok(ExitCode::SUCCESS);
    };
    let wrong = || format!("cannot write manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).wrap_err_with(wrong)?;
    clap_mangen::generate_to(Cli::command(), folder).wrap_err_with(wrong)?;
    Ok(ExitCode::SUCCESS)
}
