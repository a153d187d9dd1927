//! Errors of the wire: what can be wrong with bytes.

use compact_str::CompactString;

/// Why some bytes could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("cut short in field {field}: {wanted} bytes announced, {left} left")]
    CutShort {
        /// The field's number; 0 when even that is missing.
        field: u32,
        /// Bytes the field claims.
        wanted: u64,
        /// Bytes that are there.
        left: usize,
    },
    /// A number that does not end within ten bytes.
    #[error("a number without an end, {left} bytes before the end")]
    BadNumber {
        /// Bytes left where it began.
        left: usize,
    },
    /// A field key that no message may have: number 0, or one of the two unused wire types.
    #[error("key {key:#x} is no field, {left} bytes before the end")]
    BadKey {
        /// The key as read.
        key: u64,
        /// Bytes left behind it.
        left: usize,
    },
    /// A field of another shape than every source shows.
    #[error("field {field} is {found}, {wanted} was expected")]
    WrongType {
        /// The field's number.
        field: u32,
        /// What stands there.
        found: &'static str,
        /// What should.
        wanted: &'static str,
    },
    /// Nothing where every source shows something.
    #[error("field {field} is missing")]
    Missing {
        /// The field's number.
        field: u32,
    },
    /// Compressed bytes that do not inflate to exactly what their end announces: damaged, cut, or followed by more.
    #[error("damaged gzip of {bytes} bytes")]
    BadGzip {
        /// Compressed length.
        bytes: usize,
    },
    /// Something follows the first gzip member.
    #[error("gzip of {bytes} bytes holds more than one part")]
    SecondMember {
        /// Compressed length.
        bytes: usize,
    },
    /// Compressed bytes that announce more than we are ready to hold.
    #[error("gzip announces {announced} bytes, more than the limit of {limit}")]
    TooBig {
        /// Announced length.
        announced: usize,
        /// Our limit.
        limit: usize,
    },
    /// A capture line that is neither a frame nor a message.
    #[error("not a capture line: {0}")]
    BadCapture(CompactString),
}
