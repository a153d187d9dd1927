//! `tiktop sim`: the simulated service alone, so that any client can be pointed at it.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

use super::output;
use crate::run;
use crate::sim::{Fault, Options, Sim};

/// How the simulated service behaves.
#[derive(Clone, Debug, Args)]
pub(super) struct Crowd {
    /// Seed of the simulated crowd: the same seed, the same crowd.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Messages a second in the chatty room; 0: connected, nothing sent, no battle, nobody goes live.
    #[arg(long, value_name = "X", value_parser = rate)]
    rate: Option<f64>,
    /// How many rooms there are.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=200))]
    rooms: u16,
    /// Misbehave in this way; may be given often.
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<Fault>,
}

impl Crowd {
    pub(super) fn options(&self, port: u16, tls: bool) -> Options {
        let usual = Options::default();
        Options {
            port,
            tls,
            seed: self.seed,
            rate: self.rate.unwrap_or(usual.rate),
            rooms: usize::from(self.rooms),
            faults: self.faults.clone(),
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
pub(super) struct Simulate {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Speak TLS, with a certificate authority made for this run.
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    crowd: Crowd,
}

pub(super) fn run(args: &Simulate) -> Result<ExitCode> {
    run::runtime()?.block_on(async {
        let sim = Sim::start(args.crowd.options(args.port, args.tls))
            .await
            .wrap_err_with(|| format!("the simulated service cannot listen on 127.0.0.1:{}", args.port))?;
        describe(&sim);
        run::stop_signal().await;
        sim.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// What somebody needs to point a client at it.
fn describe(sim: &Sim) {
    output::print_line(&format!("listening on {}", sim.base_url()));
    output::print_line(&format!("socket {}", sim.socket_url()));
    output::print_line(&format!(
        "rooms {}",
        sim.names().iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(" ")
    ));
    if let Some(pem) = sim.ca_pem() {
        output::print_line(pem);
    }
}
