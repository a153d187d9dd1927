//! Trait of a recording's source of bytes.
//!
//! Two questions to the service, as a trait, so that recording is tested against a server of ours.

use std::future::Future;

use bytes::Bytes;

use super::{PictureLabel, RecordingJob};
use crate::text::Text;

/// A service that knows the streams of a live and opens them.
pub trait StreamSource: Clone + Send + Sync + 'static {
    /// An address of a stream. It may be signed, so nobody here prints it.
    type Address: Clone + Send + Sync;
    /// An open stream.
    type Media: Media;

    /// Asks anew whether the live goes on and where its streams are.
    fn resolve(
        &self,
        job: &RecordingJob,
    ) -> impl Future<Output = Result<FoundStreams<Self::Address>, StreamFailure>> + Send;

    /// Opens a stream.
    fn open(&self, address: &Self::Address) -> impl Future<Output = Result<Self::Media, StreamFailure>> + Send;

    /// The address that `reference`, which stands in what `media` sent from `address`, leads to.
    fn refer(&self, address: &Self::Address, media: &Self::Media, reference: &str) -> Option<Self::Address>;
}

/// An open stream.
pub trait Media: Send + Sync {
    /// The next bytes; nothing at the end of the stream. Waits as long as the sender does.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, StreamFailure>> + Send;
}

/// What a live offers to record.
#[derive(Clone, Debug)]
pub struct FoundStreams<A> {
    /// Whether the live goes on.
    pub state: LiveState,
    /// Its streams, best first; those with sound only, and HLS, are asked for where there are no others.
    pub offers: Vec<StreamOffer<A>>,
}

/// One stream of a live.
#[derive(Clone, Debug)]
pub struct StreamOffer<A> {
    /// Its name, such as `hd`.
    pub quality: Text,
    /// Where it is.
    pub address: A,
    /// Whether it carries sound and no picture.
    pub sound_only: bool,
    /// Whether its address is a playlist of segments.
    pub hls: bool,
    /// What its picture is, by the label.
    pub picture: PictureLabel,
}

/// Whether a live goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveState {
    /// It does, or nobody said otherwise.
    On,
    /// The host has paused it.
    Paused,
    /// It is over.
    Ended,
}

/// Why the service did not answer, did not open a stream, or broke one off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFailure {
    /// The address is refused or gone (403, 404): asking it again does not help, asking for a new one may.
    pub gone: bool,
    /// One sentence a person can act on.
    pub words: Text,
}
