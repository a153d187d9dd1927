//! Errors of the library, to be matched by programs.

use crate::ids::{RoomId, TargetError, UniqueId};
use crate::text::Text;
use crate::webcast::{self, ServiceErrorKind};

/// An error; prints as one sentence.
///
/// ```
/// use tiktop::{Error, webcast::ServiceErrorKind};
///
/// fn advice(error: &Error) -> &'static str {
///     match (error, error.kind()) {
///         (Error::NotLive(_), _) => "wait",
///         (_, Some(ServiceErrorKind::NotFound)) => "check the name",
///         (_, Some(ServiceErrorKind::RateLimited { .. })) => "slow down",
///         (_, Some(ServiceErrorKind::NeedsSession | ServiceErrorKind::AgeRestricted)) => "log in",
///         (_, Some(ServiceErrorKind::Blocked | ServiceErrorKind::Captcha)) => "use another network",
///         _ => "try again",
///     }
/// }
/// # let wrong = "not a name".parse::<tiktop::ids::Target>().unwrap_err();
/// # assert_eq!(advice(&wrong.into()), "try again");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Error {
    /// What was given names no room.
    #[error(transparent)]
    Name(#[from] TargetError),
    /// There is no live: the user is offline, or the live is over.
    #[error("{0}")]
    NotLive(Text),
    /// The service, a provider or the network; see [`Error::kind`].
    #[error(transparent)]
    Service(#[from] webcast::ServiceError),
    /// A recording could not start or broke.
    #[error("{0}")]
    Recording(Text),
}

impl Error {
    /// What kind of failure of the service this is, where it is one.
    pub fn kind(&self) -> Option<ServiceErrorKind> {
        match self {
            Self::Service(error) => Some(error.kind()),
            _ => None,
        }
    }

    pub(super) fn not_live(host: &UniqueId) -> Self {
        Self::NotLive(Text::from(format_args!("@{host} is not live")))
    }

    pub(super) fn over(room: RoomId) -> Self {
        Self::NotLive(Text::from(format_args!("the live {room} is over")))
    }
}
