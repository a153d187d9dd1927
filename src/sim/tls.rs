//! Throw-away certificates: an authority of our own, and a leaf for loopback and for the hosts that are simulated.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// The first byte of everything that begins with a TLS handshake.
pub(super) const TLS_RECORD: u8 = 0x16;
/// Whom the certificate names: this machine, TikTok's hosts and the provider's, whose clients come through the proxy. A star
/// stands for one label only, so the regional hosts have entries of their own.
const NAMES: [&str; 10] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "tiktok.com",
    "*.tiktok.com",
    "*.us.tiktok.com",
    "*.eu.tiktok.com",
    "eulerstream.com",
    "*.eulerstream.com",
    "*.enterprise.eulerstream.com",
];

/// Whether the certificate names `host`.
pub(super) fn names(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    NAMES.iter().any(|name| match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == domain),
        None => host == *name,
    })
}

/// A server's half of TLS, and the authority a client must trust.
pub(super) struct Tls {
    pub(super) acceptor: TlsAcceptor,
    pub(super) ca_pem: String,
}

/// Makes both, new each time.
pub(super) fn make() -> io::Result<Tls> {
    let ca_key = KeyPair::generate().map_err(io::Error::other)?;
    let mut ca = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "tiktop simulator");
    let ca_pem = ca.self_signed(&ca_key).map_err(io::Error::other)?.pem();
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate().map_err(io::Error::other)?;
    let names = NAMES.map(str::to_owned);
    let leaf =
        CertificateParams::new(names).map_err(io::Error::other)?.signed_by(&key, &issuer).map_err(io::Error::other)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
}
