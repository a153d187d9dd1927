//! Addresses: which ones we may speak to, and how they are shown without their signature.
//!
//! The rules are of the address alone: plain `http` and `ws` to loopback only; private machines only for somebody who is
//! on one himself; a socket only where the service or the provider lives. Nothing here opens a connection.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use super::error::{ServiceError, ServiceErrorKind, quoted};
pub(crate) use crate::config::is_loopback;

/// An address whose query is a signature. Prints without it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(Url);

impl SignedUrl {
    /// Hides the query of `url`.
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// The whole address, for the one request it belongs in.
    pub fn reveal(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.0.scheme(), place(&self.0), self.0.path())?;
        if self.0.query().is_some() { f.write_str("?…") } else { Ok(()) }
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Host, and port where it is unusual: what a sentence may say about an address.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or("nowhere");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A configured base address, checked. `option` is its name in the config.
pub(crate) fn base(option: &str, text: &str) -> Result<Url, ServiceError> {
    let wrong =
        |why: &str| ServiceError::new(ServiceErrorKind::Setup, format!("{option} = \"{}\": {why}", quoted(text)));
    let url = Url::parse(text.trim()).map_err(|_| wrong("is not an address such as https://www.tiktok.com"))?;
    if url.host().is_none() || !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return Err(wrong("must begin with https:// or wss:// and name a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ServiceError::new(
            ServiceErrorKind::Setup,
            format!("{option}: a name or password cannot stand in this address"),
        ));
    }
    check_plain(&url).map_err(|_| wrong("plain http and ws are for this machine only; write https:// or wss://"))?;
    Ok(url)
}

/// `base` with `path` under it, whether or not `base` ends with a slash.
pub(crate) fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/')));
    url
}

/// The page of an account under `site`, or the one `below` it. A name that holds a percent sign is not an escape.
pub(crate) fn account_page(site: &Url, name: &str, below: &str) -> Url {
    under(site, &format!("@{}{below}", name.replace('%', "%25")))
}

/// Refuses plain `http` and `ws` to anything but loopback.
pub(crate) fn check_plain(url: &Url) -> Result<(), ServiceError> {
    match url.scheme() {
        "https" | "wss" => Ok(()),
        "http" | "ws" if is_loopback(url) => Ok(()),
        "http" | "ws" => Err(ServiceError::new(
            ServiceErrorKind::Refused,
            format!("we refused to talk to {} without encryption: only https and wss leave this machine", place(url)),
        )),
        other => Err(ServiceError::new(
            ServiceErrorKind::Refused,
            format!("we refused an address of kind {}", quoted(other)),
        )),
    }
}

/// Whether `ip` is no public machine: loopback, private, link-local, shared, multicast, unspecified.
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
                || (a == 100 && (64..128).contains(&b))
                || a == 0
        }
        IpAddr::V6(ip) => match unmapped(ip) {
            IpAddr::V4(ip) => is_private(IpAddr::V4(ip)),
            IpAddr::V6(ip) => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_multicast()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
            }
        },
    }
}

fn unmapped(ip: Ipv6Addr) -> IpAddr {
    ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)
}

/// Whether `url` is TikTok's own, over TLS.
pub(crate) fn is_tiktok(url: &Url) -> bool {
    let tls = matches!(url.scheme(), "https" | "wss");
    tls && url.host_str().is_some_and(|host| host == "tiktok.com" || host.ends_with(".tiktok.com"))
}

/// Checks a stream address against the base address it was told by: private machines only when we are on one.
pub(crate) fn check_stream(url: &Url, base_is_loopback: bool) -> Result<(), ServiceError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ServiceError::new(
            ServiceErrorKind::Refused,
            format!("the stream has an address we cannot pull ({})", quoted(url.scheme())),
        ));
    }
    let literal = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        _ => None,
    };
    if !base_is_loopback && (is_loopback(url) || literal.is_some_and(is_private)) {
        return Err(private_stream(url));
    }
    check_plain(url)
}

/// The sentence for a stream address that leads into the user's own network.
pub(crate) fn private_stream(url: &Url) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::Refused,
        format!("we refused the stream address: {} is a machine of this network, not one of TikTok's", place(url)),
    )
}

/// Whether a socket may be opened at `socket` when the provider at `provider` says so: TikTok's hosts over TLS, the
/// provider's own domain over TLS, or the very host we were configured to use.
pub(crate) fn check_push_server(socket: &Url, provider: &Url, name: &str) -> Result<(), ServiceError> {
    let same_host = socket.host() == provider.host();
    let same_domain = socket.scheme() == "wss"
        && socket.host_str().zip(provider.host_str()).is_some_and(|(socket, provider)| in_domain_of(socket, provider));
    let near = is_loopback(socket) && is_loopback(provider);
    if matches!(socket.scheme(), "ws" | "wss") && (is_tiktok(socket) || same_domain || same_host || near) {
        return check_plain(socket);
    }
    Err(ServiceError::new(
        ServiceErrorKind::Provider,
        format!(
            "{name} sent us to {}, which is neither TikTok's nor its own; we do not connect there: try \
             another transport",
            quoted(&place(socket))
        ),
    ))
}

/// Whether `host` is in the domain that `owner` stands in: `ws.example.com` and `api.example.com` are neighbours.
fn in_domain_of(host: &str, owner: &str) -> bool {
    let domain = match owner.split_once('.') {
        // Only a parent that is itself a registered name: `co.uk` and `com` are nobody's.
        Some((_, parent)) if parent.split('.').next().is_some_and(|label| label.len() > 3) && parent.contains('.') => {
            parent
        }
        _ => owner,
    };
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_signature_is_never_printed() {
        let signed = SignedUrl::new(url("https://cdn.example.com/live.flv?expire=1&sign=abcdef"));
        assert_eq!(signed.to_string(), "https://cdn.example.com/live.flv?…");
        assert!(!format!("{signed:?}").contains("abcdef"));
    }

    #[rstest]
    #[case("https://www.tiktok.com", true)]
    #[case("http://127.0.0.1:8080", true)]
    #[case("http://[::1]:8080/x", true)]
    #[case("ws://localhost/ws", true)]
    #[case("http://www.tiktok.com", false)]
    #[case("http://127.0.0.1.example.com", false)]
    #[case("ws://10.0.0.1", false)]
    #[case("ftp://127.0.0.1", false)]
    fn plain_text_stays_on_this_machine(#[case] text: &str, #[case] fine: bool) {
        assert_eq!(base("service.site_url", text).is_ok(), fine, "{text}");
    }

    #[test]
    fn a_wrong_base_names_its_option() {
        let error = base("service.site_url", "www.tiktok.com").unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Setup);
        assert!(error.to_string().starts_with("service.site_url"), "{error}");
        assert!(!base("service.site_url", "https://me:secret@example.com").unwrap_err().to_string().contains("secret"));
    }

    #[rstest]
    #[case("https://pull.tiktokcdn.com/a.flv", false, true)]
    #[case("http://pull.tiktokcdn.com/a.flv", false, false)]
    #[case("https://127.0.0.1/a.flv", false, false)]
    #[case("https://192.168.1.1/a.flv", false, false)]
    #[case("https://[::ffff:10.0.0.1]/a.flv", false, false)]
    #[case("https://169.254.169.254/latest", false, false)]
    #[case("http://127.0.0.1:9/a.flv", true, true)]
    #[case("file:///etc/passwd", true, false)]
    fn streams_come_from_public_machines(#[case] text: &str, #[case] near: bool, #[case] fine: bool) {
        assert_eq!(check_stream(&url(text), near).is_ok(), fine, "{text}");
    }

    #[rstest]
    #[case("wss://webcast-ws.tiktok.com/webcast/im/ws/", "https://tiktok.eulerstream.com", true)]
    #[case("wss://ws.eulerstream.com/", "https://tiktok.eulerstream.com", true)]
    #[case("ws://webcast-ws.tiktok.com/", "https://tiktok.eulerstream.com", false)]
    #[case("wss://tiktok.com.example.org/", "https://tiktok.eulerstream.com", false)]
    #[case("wss://evileulerstream.com/", "https://tiktok.eulerstream.com", false)]
    #[case("wss://127.0.0.1/", "https://tiktok.eulerstream.com", false)]
    #[case("wss://other.co.uk/", "https://signer.co.uk", false)]
    #[case("ws://127.0.0.1:9000/ws", "http://127.0.0.1:8000", true)]
    #[case("wss://sign.example.com:4443/ws", "https://sign.example.com", true)]
    #[case("https://webcast-ws.tiktok.com/", "https://tiktok.eulerstream.com", false)]
    fn sockets_lead_to_tiktok_or_to_the_provider(#[case] socket: &str, #[case] provider: &str, #[case] fine: bool) {
        assert_eq!(check_push_server(&url(socket), &url(provider), "p").is_ok(), fine, "{socket}");
    }

    #[test]
    fn a_base_may_or_may_not_end_with_a_slash() {
        assert_eq!(under(&url("https://a.example/webcast/"), "room/info/").path(), "/webcast/room/info/");
        assert_eq!(under(&url("https://a.example"), "/x").path(), "/x");
    }
}
