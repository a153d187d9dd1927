//! Composition root: the only module that sees all the others. Builds the runtime, the client, the tracker, the recorder and
//! the screen, and takes them down in order.

use color_eyre::eyre::{Result, WrapErr};
use tokio::runtime::Runtime;

use crate::config::{Secrets, Settings};
use crate::webcast::{self, Client};

/// Threads for the network. The screen has the main thread to itself, so a slow terminal holds nobody up.
const WORKERS: usize = 2;

/// The runtime of every command.
pub fn runtime() -> Result<Runtime> {
    install_tls();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .wrap_err("cannot start the runtime")
}

/// One TLS provider for everything, before anything asks for one.
pub fn install_tls() {
    // A second call finds the first one's provider.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// The client of the service; `isolated` leaves the environment's proxies out.
pub fn client(settings: &Settings, secrets: Secrets, isolated: bool) -> Result<Client> {
    let Secrets { provider_keys, session } = secrets;
    let client = if isolated {
        Client::isolated(settings)
    } else {
        Client::new(settings, webcast::Secrets { provider_keys, session })
    };
    Ok(client?)
}

/// Returns when this process is asked to end: Ctrl-C, SIGTERM, SIGHUP.
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut term), Ok(mut hup), Ok(mut int)) =
            (signal(SignalKind::terminate()), signal(SignalKind::hangup()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = hup.recv() => {}
            _ = int.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
