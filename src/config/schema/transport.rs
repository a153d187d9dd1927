//! Table of the transports: their names for settings, sentences and the registry of `webcast/transport/`.

use serde::{Deserialize, Serialize};

/// The table. A row is a kind, what it is, and its module in `webcast/transport/`, which holds the transport itself and its
/// `ENTRY`: how it is built, which hosts it needs, what a simulator plays for it. Only this file and the registry expand
/// the table; nothing else matches on the kind.
macro_rules! transport_table {
    ($each:ident) => {
        $each! {
            /// A signing provider answers the first fetch.
            Provider = provider,
            /// An anonymous socket with TikTok's `ttwid` cookie.
            Direct = direct,
            /// A provider's relay holds the socket and hands its frames on; needs a key.
            Cloud = cloud,
            /// What a browser of the user's own receives while it shows the live.
            Browser = browser,
            /// TikTok is asked again and again.
            Poll = poll,
        }
    };
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $module:ident,)*) => {
        /// A way to receive a live.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
            strum::EnumIter,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        #[cfg_attr(not(feature = "internals"), non_exhaustive)]
        pub enum TransportKind {
            $($(#[$doc])* $kind,)*
        }
    };
}

transport_table!(kinds);

pub(crate) use transport_table;
