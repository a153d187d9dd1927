//! Registry of the transports: what the program asks about a kind, answered by the entry in the transport's own file.
//!
//! A new transport is a file beside this one with its `ENTRY`, and a row of `config/schema/transport.rs`.

use std::sync::Arc;

use url::Url;

use super::Transport;
use crate::config::{Secrets, Settings, TransportKind, transport_table};
use crate::webcast::error::ServiceError;
use crate::webcast::lookup::RoomIdRoute;
use crate::webcast::service::Service;

/// Makes the room-id routes of an entry.
pub(in crate::webcast) type RoomIdRoutes = fn(&Settings, &Secrets) -> Result<Vec<RoomIdRoute>, ServiceError>;

/// The transports of an entry, or why they cannot be.
pub(in crate::webcast) type BuiltTransports = Result<Vec<Box<dyn Transport>>, ServiceError>;

/// What a kind of transport is made of.
pub struct TransportEntry {
    /// Makes them as configured: one, or one for each provider. Opens nothing; fails where an address cannot be.
    pub(in crate::webcast) build: fn(&Arc<Service>, &Settings, &Secrets) -> BuiltTransports,
    /// The hosts it needs beside those of the look-ups.
    pub(in crate::webcast) hosts: fn(&Service, &Settings) -> Result<Vec<TransportHost>, ServiceError>,
    /// Where it also answers with the room of a name; most know nothing of names.
    pub(in crate::webcast) room_id_routes: Option<RoomIdRoutes>,
    /// What an opened room costs its owner, for a diagnosis.
    pub cost: &'static str,
    /// Whose the far end is: who is to blame where it does not answer.
    pub owner: HostOwner,
    /// What the simulated service plays for it.
    pub simulated: SimulatedPart,
}

/// A host that a transport needs.
pub(in crate::webcast) struct TransportHost {
    /// For a person: `sockets`, `provider NAME`.
    pub(in crate::webcast) purpose: String,
    pub(in crate::webcast) owner: HostOwner,
    pub(in crate::webcast) url: Url,
}

/// Whose host it is, in the order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostOwner {
    /// TikTok.
    TikTok,
    /// A provider.
    Provider,
    /// The person who runs us.
    User,
}

/// What of a transport the simulated service plays, and how the settings lead there.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SimulatedPart {
    /// Its addresses, each with the scheme it is asked by.
    pub addresses: fn(&mut Settings) -> Vec<&mut String>,
    /// Whether these addresses are sockets (`ws://`) rather than pages (`http://`).
    pub at_socket: bool,
    /// Whether frames come over a socket, which can break, stall and bring spoiled frames.
    pub socket: bool,
    /// Whether TikTok's own edge answers the handshake and can refuse it.
    pub edge: bool,
    /// Whether a provider has to sign first.
    pub signed: bool,
    /// Whether it can be anywhere but on this machine.
    pub far: bool,
}

macro_rules! registry {
    ($($(#[$doc:meta])* $kind:ident = $module:ident,)*) => {
        impl TransportEntry {
            /// The entry of a kind.
            pub fn of(kind: TransportKind) -> &'static Self {
                match kind {
                    $(TransportKind::$kind => &super::$module::ENTRY,)*
                }
            }
        }
    };
}

transport_table!(registry);

impl TransportEntry {
    /// The entries that the settings name, in their order.
    pub(in crate::webcast) fn configured(settings: &Settings) -> impl Iterator<Item = &'static Self> {
        settings.transports.iter().map(|&kind| Self::of(kind))
    }
}

/// Points look-ups and every transport at a simulated service: its pages at `base_url`, its sockets at `socket_url`.
pub fn point_at(settings: &mut Settings, base_url: &str, socket_url: &str) {
    base_url.clone_into(&mut settings.service.site_url);
    base_url.clone_into(&mut settings.service.webcast_url);
    for kind in <TransportKind as strum::IntoEnumIterator>::iter() {
        let part = TransportEntry::of(kind).simulated;
        for address in (part.addresses)(settings) {
            (if part.at_socket { socket_url } else { base_url }).clone_into(address);
        }
    }
}
