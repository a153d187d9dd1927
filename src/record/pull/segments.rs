//! Pulls a live that comes as HLS: reads its playlist again and again, and fetches each segment once.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, sleep, timeout};

use super::{ConnectionEnd, Pull, chunk_or_end, is_over, jittered};
use crate::record::hls::{Playlist, SegmentEntry, SegmentKey, Window, choose, decrypted, facts, numbered};
use crate::record::timeline::{MediaSegment, PartContainer};
use crate::record::{Media, PictureLabel, StreamOffer, StreamSource};
use crate::text::Text;

/// Largest playlist read; one of an hour has some hundred kilobytes.
const MAX_PLAYLIST: usize = 2 << 20;
/// Largest segment fetched: ten seconds of the best picture have some megabytes.
const MAX_SEGMENT: usize = 32 << 20;
/// Largest answer to the question for a key, which has 16 bytes.
const MAX_KEY: usize = 1_024;
/// Playlists of playlists are followed this deep.
const MAX_DEPTH: usize = 3;
/// Segments in a row that were refused; then another playlist is asked for.
const MAX_REFUSED: u32 = 3;
/// A playlist is not read more often than this.
const SOONEST: Duration = Duration::from_millis(400);

/// What was fetched, and what else it leads to.
struct Fetched<M> {
    bytes: Bytes,
    media: M,
}

/// The playlist of a live, once it is found.
struct Found<S: StreamSource> {
    address: S::Address,
    window: Window,
    /// What its addresses lead from.
    from: S::Media,
}

impl<S: StreamSource> Pull<S> {
    /// Reads a live from its playlist until it breaks.
    pub(super) async fn follow_playlist(&mut self, offer: &StreamOffer<S::Address>) -> ConnectionEnd {
        // A playlist may lead to several pictures: its own label says little.
        (self.quality, self.label) = (offer.quality.clone(), PictureLabel::default());
        let (source, job, limits, stop) = (self.source.clone(), self.job.clone(), self.limits, self.stop.clone());
        let mut found = tokio::select! {
            biased;
            () = stop.cancelled() => return ConnectionEnd::Stopped,
            found = self.playlist(offer) => match found {
                Ok(found) => found,
                Err(broken) => return broken,
            },
        };
        let mut fresh = Instant::now();
        loop {
            let read = Instant::now();
            let pieces = self.pieces;
            let quiet = found.window.target * 2;
            let step = tokio::select! {
                biased;
                () = stop.cancelled() => return ConnectionEnd::Stopped,
                step = self.take_due(&found) => step,
                () = is_over(&source, &job, &limits, quiet.saturating_sub(fresh.elapsed())), if self.flowed() => {
                    return ConnectionEnd::Over;
                }
            };
            if let Err(broken) = step {
                return broken;
            }
            let target = found.window.target;
            if self.pieces > pieces {
                fresh = Instant::now();
            } else if found.window.ended {
                return ConnectionEnd::End;
            } else if fresh.elapsed() >= limits.read.max(target * 3) || self.given_up() && !self.flowed() {
                return ConnectionEnd::Silent;
            }
            // As soon as there may be another segment; half of that where there was none (RFC 8216, 6.3.4).
            let pause = if self.pieces > pieces { target } else { target / 2 };
            let pause = pause.saturating_sub(read.elapsed()).max(SOONEST);
            tokio::select! {
                biased;
                () = stop.cancelled() => return ConnectionEnd::Stopped,
                () = sleep(pause) => {}
                () = is_over(&source, &job, &limits, quiet.saturating_sub(fresh.elapsed())), if self.flowed() => {
                    return ConnectionEnd::Over;
                }
            }
            let again = tokio::select! {
                biased;
                () = stop.cancelled() => return ConnectionEnd::Stopped,
                again = self.fetch(&found.address, MAX_PLAYLIST, limits.read) => again,
            };
            match again.and_then(window) {
                Ok((window, from)) => found = Found { window, from, address: found.address },
                Err(broken) => return broken,
            }
        }
    }

    /// Finds the playlist that names segments.
    async fn playlist(&self, offer: &StreamOffer<S::Address>) -> Result<Found<S>, ConnectionEnd> {
        let mut variant: Option<S::Address> = None;
        for _ in 0..MAX_DEPTH {
            let address = variant.as_ref().unwrap_or(&offer.address);
            let fetched = self.fetch(address, MAX_PLAYLIST, self.limits.read).await?;
            match read(&fetched.bytes)? {
                Playlist::Variants(variants) => {
                    let chosen = choose(&variants, &self.wanted).ok_or_else(nowhere)?;
                    variant = Some(self.source.refer(address, &fetched.media, &chosen.uri).ok_or_else(nowhere)?);
                }
                Playlist::Window(window) => {
                    let address = variant.unwrap_or_else(|| offer.address.clone());
                    return Ok(Found { address, window, from: fetched.media });
                }
            }
        }
        Err(nowhere())
    }

    /// Fetches the segments that are due and passes them on.
    async fn take_due(&mut self, found: &Found<S>) -> Result<(), ConnectionEnd> {
        let (mut missed, mut refused) = (Duration::ZERO, 0);
        let due: Vec<_> =
            self.position.due(&found.window).iter().map(|due| (due.segment.clone(), due.missed, due.cuts)).collect();
        for (segment, before, cuts) in due {
            missed += before;
            if segment.gap {
                missed += segment.length;
                self.position.pass(&segment);
                continue;
            }
            match self.fetch_segment(found, &segment).await {
                Ok((bytes, init)) => {
                    refused = 0;
                    let facts = facts(&bytes, &init);
                    let container = if facts.transport {
                        PartContainer::Transport
                    } else if facts.fragment && !init.is_empty() {
                        PartContainer::Fragments
                    } else {
                        return Err(ConnectionEnd::NotFlv);
                    };
                    let fetched = MediaSegment {
                        bytes,
                        container,
                        init,
                        length: segment.length,
                        begins: facts.begins,
                        video: facts.video,
                        missed: std::mem::take(&mut missed),
                        cuts,
                        pause: found.window.target * 3,
                    };
                    self.timeline.push_segment(&fetched, self.began.elapsed());
                    self.position.pass(&segment);
                    self.pass_on().await?;
                }
                Err(ConnectionEnd::Gone(words)) => {
                    refused += 1;
                    missed += segment.length;
                    self.position.pass(&segment);
                    if refused >= MAX_REFUSED {
                        return Err(ConnectionEnd::Gone(words));
                    }
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(())
    }

    /// Fetches a segment, and what its file needs before it, trying again where the network is in trouble.
    async fn fetch_segment(
        &mut self,
        found: &Found<S>,
        segment: &SegmentEntry,
    ) -> Result<(Bytes, Bytes), ConnectionEnd> {
        let init = match &segment.init {
            Some(entry) if self.init.as_ref().is_none_or(|(known, _)| *known != entry.uri) => {
                let address = self.source.refer(&found.address, &found.from, &entry.uri).ok_or_else(nowhere)?;
                let fetched = self.fetch(&address, MAX_SEGMENT, self.limits.read).await?;
                let bytes = self.decrypt(found, entry.key.as_ref(), segment.sequence, fetched.bytes).await?;
                self.init = Some((entry.uri.clone(), bytes.clone()));
                bytes
            }
            Some(_) => self.init.as_ref().map(|(_, init)| init.clone()).unwrap_or_default(),
            None => Bytes::new(),
        };
        let address = self.source.refer(&found.address, &found.from, &segment.uri).ok_or_else(nowhere)?;
        let patience = self.limits.read + found.window.target * 4;
        let mut pauses = self.limits.retries.iter();
        loop {
            match self.fetch(&address, MAX_SEGMENT, patience).await {
                Ok(fetched) => {
                    let bytes = self.decrypt(found, segment.key.as_ref(), segment.sequence, fetched.bytes).await?;
                    return Ok((bytes, init));
                }
                Err(broken @ (ConnectionEnd::StreamFailure(_) | ConnectionEnd::Silent)) => match pauses.next() {
                    Some(&pause) => sleep(jittered(pause)).await,
                    None => return Err(broken),
                },
                Err(broken) => return Err(broken),
            }
        }
    }

    /// What was fetched as its sender meant it. The key is fetched once, under the same rules as a segment.
    async fn decrypt(
        &mut self,
        found: &Found<S>,
        key: Option<&SegmentKey>,
        sequence: u64,
        bytes: Bytes,
    ) -> Result<Bytes, ConnectionEnd> {
        let Some(named) = key else { return Ok(bytes) };
        let key = match &self.key {
            Some((uri, key)) if *uri == named.uri => key.clone(),
            _ => {
                let address = self.source.refer(&found.address, &found.from, &named.uri).ok_or_else(nowhere)?;
                let key = match self.fetch(&address, MAX_KEY, self.limits.read).await {
                    Ok(fetched) => fetched.bytes,
                    Err(ConnectionEnd::Gone(words) | ConnectionEnd::StreamFailure(words)) => {
                        return Err(no_key(&words));
                    }
                    Err(broken) => return Err(broken),
                };
                self.key = Some((named.uri.clone(), key.clone()));
                key
            }
        };
        let iv = named.iv.unwrap_or_else(|| numbered(sequence));
        decrypted(&bytes, &key, iv).ok_or_else(|| {
            // Perhaps there is another one at its address by now.
            self.key = None;
            ConnectionEnd::StreamFailure(Text::from(
                "the segments of this HLS live do not decrypt with the key it names",
            ))
        })
    }

    /// Fetches what is at an address, within `patience` in all.
    async fn fetch(
        &self,
        address: &S::Address,
        cap: usize,
        patience: Duration,
    ) -> Result<Fetched<S::Media>, ConnectionEnd> {
        let read = self.limits.read;
        let whole = async {
            let mut media = match timeout(read, self.source.open(address)).await {
                Ok(opened) => opened?,
                Err(_) => return Err(ConnectionEnd::Silent),
            };
            let mut bytes = BytesMut::new();
            loop {
                match timeout(read, media.chunk()).await.map(chunk_or_end) {
                    Ok(Ok(chunk)) if bytes.len() + chunk.len() <= cap => bytes.extend_from_slice(&chunk),
                    Ok(Ok(_)) => {
                        let words = format_args!("a piece of this HLS live has more than {} MB", cap >> 20);
                        return Err(ConnectionEnd::StreamFailure(Text::from(words)));
                    }
                    Ok(Err(ConnectionEnd::End)) => return Ok(Fetched { bytes: bytes.freeze(), media }),
                    Ok(Err(broken)) => return Err(broken),
                    Err(_) => return Err(ConnectionEnd::Silent),
                }
            }
        };
        timeout(patience.max(read * 2), whole).await.unwrap_or(Err(ConnectionEnd::Silent))
    }
}

/// The key of encrypted segments cannot be had.
fn no_key(why: &Text) -> ConnectionEnd {
    let words =
        format_args!("this HLS live is encrypted and its key cannot be had ({why}): open it in a browser instead");
    ConnectionEnd::StreamFailure(Text::from(words))
}

fn read(bytes: &[u8]) -> Result<Playlist, ConnectionEnd> {
    Playlist::read(&String::from_utf8_lossy(bytes)).map_err(ConnectionEnd::Playlist)
}

fn window<M>(fetched: Fetched<M>) -> Result<(Window, M), ConnectionEnd> {
    match read(&fetched.bytes)? {
        Playlist::Window(window) => Ok((window, fetched.media)),
        // Now it names variants: begin anew.
        Playlist::Variants(_) => Err(ConnectionEnd::End),
    }
}

/// An address that leads nowhere.
fn nowhere() -> ConnectionEnd {
    ConnectionEnd::StreamFailure(Text::from("the HLS playlist of this live leads nowhere: try again in a moment"))
}
