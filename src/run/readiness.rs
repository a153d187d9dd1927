//! Readiness of the service, told to systemd where it asked for it (`Type=notify`).

use sd_notify::NotifyState;

/// The socket answers and the rooms are being opened.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Recordings are being finished.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(state: &[NotifyState<'_>]) {
    // Without systemd there is nobody to tell.
    if let Err(error) = sd_notify::notify(false, state) {
        tracing::warn!("systemd cannot be told: {error}");
    }
}
