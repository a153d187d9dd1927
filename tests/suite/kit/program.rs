//! Program as a shell runs it, away from the user's own settings.

use std::path::Path;

use tiktop::sim::Sim;
use tokio::process::Command;

/// The program with `home` for all that it keeps, and nothing of the environment that would change it.
pub(crate) fn isolated(home: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tiktop"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIKTOP_") || name.starts_with("XDG_")) {
        program.env_remove(name);
    }
    // An unoptimised program takes a second for each report with a backtrace.
    program.env_remove("RUST_BACKTRACE").env("HOME", home).kill_on_drop(true);
    program
}

/// The flags that lead look-ups and sockets to the simulator.
pub(crate) fn pointed_at(sim: &Sim) -> Vec<String> {
    let options = [("site_url", sim.base_url()), ("webcast_url", sim.base_url()), ("socket_url", sim.socket_url())];
    options.into_iter().flat_map(|(option, value)| ["--set".to_owned(), format!("service.{option}={value}")]).collect()
}

/// What the program printed.
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
