//! Command `tiktop sim`: the simulated service alone, so that any client can be pointed at it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

use super::output::{self, WriteError};
use crate::run;
use crate::sim::{FaultGroup, Sim, SimFault, SimOptions, UnknownFault};

/// How the simulated service behaves.
#[derive(Clone, Debug, Args)]
pub(super) struct CrowdArgs {
    /// Seed of the simulated crowd: the same seed, the same crowd.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Messages a second in the chatty room; 0: connected, nothing sent, no battle, nobody goes live.
    #[arg(long, value_name = "X", value_parser = rate)]
    rate: Option<f64>,
    /// How many rooms there are.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=200))]
    rooms: u16,
    /// Misbehave in this way; may be given often. 'list' prints all ways.
    #[arg(long = "fault", value_name = "NAME", long_help = fault_help())]
    faults: Vec<FaultChoice>,
}

/// What one `--fault` asks for.
#[derive(Clone, Copy, Debug)]
enum FaultChoice {
    /// The list of all faults; nothing is started.
    List,
    One(SimFault),
}

impl FromStr for FaultChoice {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        if name.trim() == "list" { Ok(Self::List) } else { name.parse().map(Self::One) }
    }
}

fn fault_help() -> String {
    let mut help = "Misbehave in this way; may be given often. 'list' prints all ways with what they do:\n".to_owned();
    for group in FaultGroup::all() {
        let names: Vec<_> = group.faults().map(SimFault::name).collect();
        let _ = write!(help, "\n{}: {}", group.title(), names.join(", "));
    }
    help
}

/// All faults by group, one a line.
fn fault_list() -> String {
    let mut list = String::new();
    for group in FaultGroup::all() {
        let _ = writeln!(list, "{}", group.title());
        for fault in group.faults() {
            let _ = writeln!(list, "  {:<22} {}", fault.name(), fault.description());
        }
    }
    list
}

impl CrowdArgs {
    /// The crowd that comes where nothing is said.
    pub(super) fn usual() -> Self {
        Self { seed: 1, rate: None, rooms: 3, faults: Vec::new() }
    }

    /// Prints the list of faults where that is all that was asked for; true when it was.
    pub(super) fn prints_fault_list(&self) -> Result<bool, output::WriteError> {
        let asked = self.faults.iter().any(|choice| matches!(choice, FaultChoice::List));
        if asked {
            output::print_line(fault_list().trim_end())?;
        }
        Ok(asked)
    }

    fn chosen_faults(&self) -> impl Iterator<Item = SimFault> {
        self.faults.iter().filter_map(|choice| match choice {
            FaultChoice::List => None,
            FaultChoice::One(fault) => Some(*fault),
        })
    }

    pub(super) fn options(&self, port: u16, tls: bool) -> SimOptions {
        let usual = SimOptions::default();
        SimOptions {
            port,
            tls,
            seed: self.seed,
            rate: self.rate.unwrap_or(usual.rate),
            rooms: usize::from(self.rooms),
            faults: self.chosen_faults().collect(),
            ..usual
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate: &f64| (0.0..=100_000.0).contains(rate))
        .ok_or_else(|| format!("'{text}' is no rate: write messages a second, 0 to 100000"))
}

/// Run the simulated service alone.
#[derive(Debug, Args)]
pub(super) struct SimArgs {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Speak TLS beside plain HTTP on the same port, with a certificate authority made for this run.
    #[arg(long)]
    tls: bool,
    /// With --tls: write the certificate authority into this file, for clients that are told to trust it.
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_file: Option<PathBuf>,
    /// When stopped, print what was sent: one line of JSON a live.
    #[arg(long)]
    truth: bool,
    #[command(flatten)]
    crowd: CrowdArgs,
}

pub(super) fn run(args: &SimArgs) -> Result<ExitCode> {
    if args.crowd.prints_fault_list()? {
        return Ok(ExitCode::SUCCESS);
    }
    run::runtime()?.block_on(async {
        let sim = Sim::start(args.crowd.options(args.port, args.tls))
            .await
            .wrap_err_with(|| format!("the simulated service cannot listen on 127.0.0.1:{}", args.port))?;
        if let (Some(file), Some(pem)) = (&args.ca_file, sim.ca_pem()) {
            std::fs::write(file, pem).wrap_err_with(|| format!("could not write {}", file.display()))?;
        }
        let mut written = describe(&sim, args.ca_file.as_deref());
        if written.is_ok() {
            run::stop_signal().await;
        }
        if args.truth && written.is_ok() {
            written = print_totals(&sim);
        }
        sim.stop().await;
        written?;
        Ok(ExitCode::SUCCESS)
    })
}

/// What somebody needs to point a client at it.
fn describe(sim: &Sim, ca_file: Option<&Path>) -> Result<(), WriteError> {
    output::print_line(&format!("listening on {}", sim.base_url()))?;
    output::print_line(&format!("socket {}", sim.socket_url()))?;
    output::print_line(&format!(
        "rooms {}",
        sim.names().iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(" ")
    ))?;
    output::print_line(&format!("proxy {}", sim.base_url().replacen("https:", "http:", 1)))?;
    output::print_line(&format!("connect {}", connect_line(sim, ca_file)))?;
    if let Some(pem) = sim.ca_pem() {
        output::print_line(pem)?;
    }
    Ok(())
}

/// The command that opens the simulated rooms. With TLS it needs the file that holds the authority.
fn connect_line(sim: &Sim, ca_file: Option<&Path>) -> String {
    let plain = sim.ca_pem().is_none();
    let (base, socket) = (sim.base_url(), sim.socket_url());
    let mut line = "tiktop".to_owned();
    for setting in [
        format!("service.site_url={base}"),
        format!("service.webcast_url={base}"),
        format!("service.socket_url={socket}"),
        format!("cloud.url={socket}"),
        format!("providers=[{{name=\"sim\",url=\"{base}\"}}]"),
    ] {
        let _ = write!(line, " --set '{setting}'");
    }
    match ca_file {
        _ if plain => {}
        Some(file) => drop(write!(line, " --set 'service.ca_file={}'", file.display())),
        None => line.push_str(" --set service.ca_file=FILE"),
    }
    for name in sim.names().iter().take(3) {
        let _ = write!(line, " @{name}");
    }
    line
}

/// What was sent: one JSON object a live, with the room's name in front.
fn print_totals(sim: &Sim) -> Result<(), WriteError> {
    for name in sim.names() {
        for totals in sim.expected_totals_of_lives(&name) {
            let mut line = serde_json::json!({ "room": format!("@{name}") });
            if let (Some(line), Ok(serde_json::Value::Object(totals))) =
                (line.as_object_mut(), serde_json::to_value(totals))
            {
                line.extend(totals);
            }
            output::print_line(&line.to_string())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, TransportKind, load_sets};
    use crate::webcast::{TransportEntry, point_at};
    use strum::IntoEnumIterator;

    /// A browser is the user's own and stays where the settings say.
    #[tokio::test]
    async fn the_line_that_connects_leads_every_transport_here() {
        let sim = Sim::start(SimOptions { rate: 0.0, ..SimOptions::default() }).await.unwrap();
        let line = connect_line(&sim, None);
        let sets: Vec<_> = line.split(" --set '").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
        let sets: Vec<_> = sets.into_iter().map(str::to_owned).collect();
        let mut named = load_sets(&sets).unwrap().settings;
        let mut pointed = Settings::default();
        point_at(&mut pointed, &sim.base_url(), &sim.socket_url());
        for kind in TransportKind::iter() {
            let part = TransportEntry::of(kind).simulated;
            if part.far {
                assert_eq!((part.addresses)(&mut named), (part.addresses)(&mut pointed), "{kind}: {line}");
            }
        }
    }
}
