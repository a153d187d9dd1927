//! Choice among the qualities of a live's streams.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::StreamOffer;
use crate::text::Text;

/// Qualities from best to worst, as the service names them.
const ORDER: [&str; 8] = ["origin", "uhd_60", "uhd", "hd_60", "hd", "sd", "ld", "md"];

/// The quality that a recording is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Quality {
    /// The best that plays everywhere.
    #[default]
    Best,
    /// Sound only.
    Audio,
    /// The smallest that has a picture.
    Lowest,
    /// One of the service's names, such as `origin` or `hd`; else the nearest below it, else the nearest above.
    Named(Text),
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Best => f.write_str("best"),
            Self::Audio => f.write_str("audio"),
            Self::Lowest => f.write_str("lowest"),
            Self::Named(name) => name.fmt(f),
        }
    }
}

impl FromStr for Quality {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        let word = word.trim().to_ascii_lowercase();
        Ok(match word.as_str() {
            "" | "best" => Self::Best,
            "audio" | "ao" => Self::Audio,
            "lowest" => Self::Lowest,
            _ => Self::Named(Text::from(word.as_str())),
        })
    }
}

impl Quality {
    /// The offers to try, the one that fits best first. What was ranked before stays so among equals.
    pub(super) fn rank<'a, A>(&self, offers: &'a [StreamOffer<A>]) -> Vec<&'a StreamOffer<A>> {
        let pictures = offers.iter().any(|offer| !offer.sound_only);
        let sound = offers.iter().any(|offer| offer.sound_only);
        let alone = match self {
            Self::Audio => sound,
            Self::Best | Self::Lowest | Self::Named(_) => !pictures,
        };
        let mut offers: Vec<_> = offers.iter().filter(|offer| offer.sound_only == alone).collect();
        if let Self::Named(wanted) = self {
            let place = |name: &Text| ORDER.iter().position(|known| *known == name.as_str());
            let wanted_place = place(wanted);
            // Below before above, the nearer before the farther, names that nobody knows last.
            offers.sort_by_key(|offer| match (place(&offer.quality), wanted_place) {
                _ if offer.quality == *wanted => (0, 0),
                (Some(at), Some(wanted)) if at > wanted => (1, at - wanted),
                (Some(at), Some(wanted)) => (2, wanted.saturating_sub(at)),
                _ => (3, 0),
            });
        }
        if *self == Self::Lowest {
            // They came best first; among those of one name the order stays.
            let names: Vec<_> = offers.iter().map(|offer| offer.quality.clone()).collect();
            offers.sort_by_key(|offer| Reverse(names.iter().position(|name| *name == offer.quality)));
        }
        offers
    }

    /// What to tell a person who asked for a quality whose picture is smaller than its label says.
    pub(super) fn smaller(&self, label: Option<(u32, u32)>, size: Option<(u32, u32)>) -> Option<Text> {
        let (Self::Named(wanted), Some(label), Some(size)) = (self, label, size) else { return None };
        let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        (area(size) < area(label)).then(|| {
            let ((width, height), (wide, high)) = (size, label);
            Text::from(format_args!("asked for {wanted}, {wide}x{high} by its label: {width}x{height} arrives"))
        })
    }

    /// What to tell a person who asked for one quality and gets another.
    pub(super) fn missed(&self, got: &Text, sound_only: bool) -> Option<Text> {
        match self {
            Self::Named(wanted) if wanted != got && !got.is_empty() => {
                Some(Text::from(format_args!("asked for {wanted}, which this live does not have: recording {got}")))
            }
            Self::Audio if !sound_only => Some(Text::from(
                "asked for sound only, which this live does not offer alone: recording the picture too",
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::PictureLabel;
    use rstest::rstest;

    fn offers() -> Vec<StreamOffer<()>> {
        [("uhd", false), ("hd", false), ("hd", false), ("ld", false), ("ao", true)]
            .map(|(name, sound_only)| StreamOffer {
                quality: name.into(),
                address: (),
                sound_only,
                hls: false,
                picture: PictureLabel::default(),
            })
            .to_vec()
    }

    #[rstest]
    #[case("best", &["uhd", "hd", "hd", "ld"])]
    #[case("hd", &["hd", "hd", "ld", "uhd"])]
    #[case("origin", &["uhd", "hd", "hd", "ld"])]
    #[case("sd", &["ld", "hd", "hd", "uhd"])]
    #[case("lowest", &["ld", "hd", "hd", "uhd"])]
    #[case("audio", &["ao"])]
    fn the_nearest_to_what_was_asked_comes_first(#[case] wanted: &str, #[case] expected: &[&str]) {
        let wanted: Quality = wanted.parse().unwrap_or_default();
        let offers = offers();
        let ranked: Vec<_> = wanted.rank(&offers).iter().map(|offer| offer.quality.as_str()).collect();
        assert_eq!(ranked, expected);
    }

    #[test]
    fn another_quality_than_asked_is_told() {
        let wanted = Quality::Named("origin".into());
        assert!(wanted.missed(&"hd".into(), false).unwrap().as_str().contains("recording hd"));
        assert_eq!(wanted.missed(&"origin".into(), false), None);
        let told = wanted.smaller(Some((1_080, 1_920)), Some((720, 1_280))).unwrap();
        assert!(told.as_str().ends_with("1080x1920 by its label: 720x1280 arrives"), "{told}");
        assert_eq!(wanted.smaller(Some((720, 1_280)), Some((720, 1_280))), None);
        assert_eq!(Quality::Best.smaller(Some((720, 1_280)), Some((72, 128))), None);
        assert!(Quality::Audio.missed(&"hd".into(), false).is_some());
    }
}
