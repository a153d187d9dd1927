//! Decryption of segments: AES-128 in CBC mode with PKCS #7 padding (RFC 8216, 4.3.2.4).

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, KeyIvInit};
use bytes::{Bytes, BytesMut};

/// Bytes of a key, and of a block.
const KEY: usize = 16;

/// Decrypts a whole segment; nothing where the key is none, or is not the one it was encrypted with.
pub(in crate::record) fn decrypted(segment: &[u8], key: &[u8], iv: [u8; KEY]) -> Option<Bytes> {
    let key: [u8; KEY] = key.try_into().ok()?;
    let mut bytes = BytesMut::from(segment);
    let length =
        cbc::Decryptor::<Aes128>::new(&key.into(), &iv.into()).decrypt_padded_mut::<Pkcs7>(&mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes.freeze())
}

/// The first block of a segment that names none: its number.
pub(in crate::record) fn numbered(sequence: u64) -> [u8; KEY] {
    u128::from(sequence).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// "single block", padded, under the key 1, 2, …, 16 with the first block 7 (by openssl).
    const ENCRYPTED: [u8; 16] =
        [0x07, 0xc2, 0x34, 0x33, 0x8d, 0x8a, 0xaa, 0x53, 0x1d, 0xa3, 0x43, 0x7e, 0xe8, 0x9e, 0x52, 0xc6];
    const ONE_TO_SIXTEEN: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    #[test]
    fn what_openssl_encrypted_is_decrypted() {
        assert_eq!(decrypted(&ENCRYPTED, &ONE_TO_SIXTEEN, numbered(7)).unwrap(), "single block");
    }

    #[test]
    fn a_wrong_key_or_half_a_block_is_noticed() {
        assert_eq!(decrypted(&ENCRYPTED, &[0; 16], numbered(7)), None);
        assert_eq!(decrypted(&ENCRYPTED, b"short", numbered(7)), None);
        assert_eq!(decrypted(&ENCRYPTED[..9], &ONE_TO_SIXTEEN, numbered(7)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), key in prop::collection::vec(any::<u8>(), 0..20)) {
            let _ = decrypted(&bytes, &key, numbered(0));
        }
    }
}
