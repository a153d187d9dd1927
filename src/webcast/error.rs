//! Errors of the service, in one plain sentence: what we tried, what happened, whose fault it is, what to do.
//!
//! Refuses to hold an address with a query or a secret: sentences are built from host names and cleaned remote words.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::config::ErrorCause;
use crate::text::{Text, excerpt};

/// An error a person can act on; its `Display` is one sentence without a full stop, which says all there is to say. The
/// error of the network below it, where there is one, is its [`source`](Error::source).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    kind: ServiceErrorKind,
    sentence: Text,
    /// The other side is in trouble; it did not turn us away.
    outage: bool,
    /// The live is over or the server is done with it: nothing is wrong with the way it was heard.
    session_ended: bool,
    cause: Option<ErrorCause>,
}

impl Error for ServiceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(ErrorCause::as_error)
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.sentence, f)
    }
}

/// What a program can do about an [`ServiceError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ServiceErrorKind {
    /// No such account, room or stream.
    NotFound,
    /// The service answered for another account than the one asked for.
    WrongAccount,
    /// Only for adults (or, as the service also uses it, hidden by the host's privacy settings).
    AgeRestricted,
    /// The service wants a login, or the session we have is no longer good.
    NeedsSession,
    /// The service wants a human to solve a captcha.
    Captcha,
    /// The service refuses this address or country.
    Blocked,
    /// Too many requests.
    RateLimited {
        /// How long to wait, when the answer said so.
        retry_after: Option<Duration>,
    },
    /// The signing provider failed: overloaded, unpaid, blocked itself, or answering with a stub.
    Provider,
    /// The socket was refused although the service was reached.
    Handshake,
    /// The socket was refused because of our browser identity or cookie; a fresh one may pass.
    DeviceBlocked,
    /// The other side ended the socket.
    Closed,
    /// Nothing came for too long.
    Stale,
    /// No connection: name, route, proxy or certificate.
    Network,
    /// No answer in time.
    Timeout,
    /// An answer that makes no sense to us.
    BadAnswer,
    /// We refused: an address that the trust rules forbid.
    Refused,
    /// A setting is wrong; nothing was tried.
    Setup,
}

impl ServiceError {
    /// An error with its sentence. The sentence is cleaned, so remote words may stand in it.
    pub fn new(kind: ServiceErrorKind, sentence: impl Into<Text>) -> Self {
        Self { kind, sentence: sentence.into(), outage: false, session_ended: false, cause: None }
    }

    /// The same with the error that led to it. It must name no signed address.
    pub(crate) fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(ErrorCause::new(cause)), ..self }
    }

    /// The same, marked as trouble of the other side (a 5xx, no socket named) that passes by itself.
    pub(crate) fn outage(self, outage: bool) -> Self {
        Self { outage, ..self }
    }

    /// The same, marked as the ordinary end of a session.
    pub(crate) fn session_ended(self, session_ended: bool) -> Self {
        Self { session_ended, ..self }
    }

    /// Whether trying again within seconds may help: the network or the other side is in trouble, nobody turned us away.
    pub(crate) fn is_outage(&self) -> bool {
        self.outage
            || matches!(
                self.kind,
                ServiceErrorKind::Network
                    | ServiceErrorKind::Timeout
                    | ServiceErrorKind::Closed
                    | ServiceErrorKind::Stale
            )
    }

    /// Whether the session ended in an ordinary way, as when the live is over.
    pub(crate) fn is_session_end(&self) -> bool {
        self.session_ended
    }

    /// What a program can do about it.
    pub fn kind(&self) -> ServiceErrorKind {
        self.kind
    }

    /// The sentence.
    pub fn sentence(&self) -> &Text {
        &self.sentence
    }

    /// How long the other side asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            ServiceErrorKind::RateLimited { retry_after } => retry_after,
            _ => None,
        }
    }

    /// Whether trying the same again soon cannot help: the answer is about the room or the settings, not the moment.
    pub fn is_lasting(&self) -> bool {
        matches!(
            self.kind,
            ServiceErrorKind::NotFound
                | ServiceErrorKind::WrongAccount
                | ServiceErrorKind::AgeRestricted
                | ServiceErrorKind::NeedsSession
                | ServiceErrorKind::Setup
        )
    }
}

/// Words of somebody else inside one of our sentences: cleaned, one line, short.
pub(crate) fn quoted(raw: &str) -> String {
    /// Columns; longer words of others make a sentence unreadable.
    const QUOTED_COLUMNS: usize = 120;
    excerpt(raw.trim(), QUOTED_COLUMNS)
}

/// A span the way a person says it: `32 s`, `5 min`, `3 h`. Rounded up, so that nobody comes back too early.
pub(crate) struct HumanDuration(pub(crate) Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_millis().div_ceil(1_000);
        match seconds {
            ..120 => write!(f, "{seconds} s"),
            120..7_200 => write!(f, "{} min", seconds.div_ceil(60)),
            _ => write!(f, "{} h", seconds.div_ceil(3_600)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0 s")]
    #[case(31_001, "32 s")]
    #[case(125_000, "3 min")]
    #[case(7_200_000, "2 h")]
    fn spans_are_spoken_and_never_too_short(#[case] millis: u64, #[case] spoken: &str) {
        assert_eq!(HumanDuration(Duration::from_millis(millis)).to_string(), spoken);
    }

    #[test]
    fn the_error_below_is_kept() {
        let error = ServiceError::new(ServiceErrorKind::Network, "no way").caused_by(std::io::Error::other("cable"));
        let error = crate::client::Error::from(error);
        assert_eq!(error.to_string(), "no way");
        assert!(matches!(error.source(), Some(source) if source.is::<std::io::Error>()));
    }

    #[test]
    fn words_of_others_cannot_paint_the_screen() {
        let error = ServiceError::new(
            ServiceErrorKind::BadAnswer,
            format!("TikTok said \u{1b}[31m{}", quoted(&"x".repeat(500))),
        );
        assert!(!error.to_string().contains('\u{1b}'));
        assert!(error.to_string().len() < 200);
    }
}
