//! HTTP stack, the only one: look-ups, signatures, streams and socket handshakes all leave through here.
//!
//! Two clients at most for each proxy setting, each built on first use: `near` for this machine (never proxied, needs no certificate
//! authorities, so the demo runs on a bare machine) and `far` for the world (proxy as configured).
//! It refuses to know what an answer means. Always true: bodies are capped while they stream, cross-host redirects are not
//! followed, no `Referer` is added, plain text leaves only towards loopback.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Certificate, Response, StatusCode};
use tokio::sync::OnceCell;
use url::Url;

use super::address::{check_plain, is_loopback, place};
use super::error::{HumanDuration, ServiceError, ServiceErrorKind};
use super::request_log;

/// Redirects followed, all on the same host.
const MAX_REDIRECTS: usize = 3;
/// Places remembered for having answered: far more than there are hosts of the service.
const MAX_ANSWERED: usize = 256;
/// Longest time to a connection; the request as a whole may have more.
const CONNECT: Duration = Duration::from_secs(10);

/// Which proxies apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxies {
    /// As the settings, else the environment, say; this machine is never reached through one.
    Configured,
    /// None at all: the demo and the tests.
    None,
    /// The configured one, for this machine too: tests of proxies.
    EvenNear,
}

/// What an [`Http`] is made of.
#[derive(Clone, Copy)]
pub(super) struct HttpOptions<'a> {
    /// Which proxies apply.
    pub(super) proxies: Proxies,
    /// The option that names the proxy.
    pub(super) option: &'a str,
    /// The proxy; empty for what the environment says.
    pub(super) proxy: &'a str,
    /// A file with an authority to trust; empty for none.
    pub(super) ca_file: &'a str,
    /// Trust anybody.
    pub(super) invalid_certs: bool,
    /// How long a request may take.
    pub(super) timeout: Duration,
}

/// The clients and how to build them.
#[derive(Debug)]
pub(super) struct Http {
    proxies: Proxies,
    proxy: Option<Url>,
    ca_file: String,
    invalid_certs: bool,
    timeout: Duration,
    near: OnceCell<reqwest::Client>,
    far: OnceCell<reqwest::Client>,
    /// Places that have answered: a connection to one of them may be an old one.
    answered: Mutex<BTreeSet<String>>,
}

/// One GET.
pub(super) struct HttpRequest<'a> {
    /// What we are doing, to stand after "could not": `look up @ana`.
    pub(super) doing: &'a str,
    /// Where.
    pub(super) url: Url,
    /// With what.
    pub(super) headers: HeaderMap,
    /// Most bytes of the body, inflated.
    pub(super) cap: usize,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct HttpAnswer {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its headers.
    pub(super) headers: HeaderMap,
    /// Its body, inflated.
    pub(super) body: Bytes,
}

impl Http {
    /// Nothing is built or read yet, only the proxy's address is checked.
    pub(super) fn new(options: HttpOptions<'_>) -> Result<Self, ServiceError> {
        let proxy = match options.proxy.trim() {
            "" => None,
            text => Some(proxy_url(text).ok_or_else(|| bad_proxy(options.option))?),
        };
        Ok(Self {
            proxies: options.proxies,
            proxy,
            ca_file: options.ca_file.to_owned(),
            invalid_certs: options.invalid_certs,
            timeout: options.timeout,
            near: OnceCell::new(),
            far: OnceCell::new(),
            answered: Mutex::default(),
        })
    }

    /// Whether the settings name a proxy, which then finds names for us.
    pub(super) fn has_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// Asks, follows redirects that stay on the same host, and reads the whole answer. Statuses are not judged; an
    /// unfollowed redirect is an answer like any other.
    pub(super) async fn get(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, ServiceError> {
        let url = request.url.clone();
        let answer = self.get_untold(request).await;
        request_log::log_answer(&url, &answer);
        answer
    }

    /// Like [`Http::get`], for answers that are nobody's business: the log of requests is not told.
    pub(super) async fn get_untold(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, ServiceError> {
        let HttpRequest { doing, url, headers, cap } = request;
        let work = async {
            let response = self.follow(doing, &url, &headers).await?;
            read(doing, response, cap).await
        };
        let answer = tokio::time::timeout(self.timeout, work).await;
        answer.unwrap_or_else(|_| Err(late(doing, &place(&url), self.timeout)))
    }

    /// Like [`Http::send`], but the head of the answer must come within the usual time.
    pub(super) async fn head_of(&self, doing: &str, url: &Url, headers: HeaderMap) -> Result<Response, ServiceError> {
        let answer = tokio::time::timeout(self.timeout, self.send(doing, url, headers)).await;
        answer.unwrap_or_else(|_| Err(late(doing, &place(url), self.timeout)))
    }

    /// Like [`Http::send`], following redirects that stay on the same host.
    pub(super) async fn follow(&self, doing: &str, url: &Url, headers: &HeaderMap) -> Result<Response, ServiceError> {
        let mut response = self.send(doing, url, headers.clone()).await?;
        let mut at = url.clone();
        for _ in 0..MAX_REDIRECTS {
            let Some(next) = redirect(&at, &response) else { break };
            response = self.send(doing, &next, headers.clone()).await?;
            at = next;
        }
        Ok(response)
    }

    /// Sends one GET and returns the answer with its body unread. No timeout beyond that of connecting. Where a connection
    /// that was kept from an earlier answer broke, the request is repeated once, at once: the server closed it while we
    /// asked, which says nothing of the question.
    pub(super) async fn send(&self, doing: &str, url: &Url, headers: HeaderMap) -> Result<Response, ServiceError> {
        check_plain(url)?;
        request_log::sent(url);
        let (client, place) = (self.client(url).await?, place(url));
        let ask = || client.get(url.clone()).headers(headers.clone()).send();
        let mut answer = ask().await;
        if answer.as_ref().is_err_and(is_broken_line) && self.with_answered(|answered| answered.contains(&place)) {
            tracing::debug!("a kept connection to {place} broke; asking again");
            answer = ask().await;
        }
        let response = answer.map_err(|error| broken(doing, &place, error))?;
        self.with_answered(|answered| {
            if answered.len() < MAX_ANSWERED {
                answered.insert(place);
            }
        });
        Ok(response)
    }

    fn with_answered<T>(&self, f: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        f(&mut self.answered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn client(&self, url: &Url) -> Result<reqwest::Client, ServiceError> {
        let near = is_loopback(url) && self.proxies != Proxies::EvenNear;
        let (cell, proxied) = if near { (&self.near, false) } else { (&self.far, self.proxies != Proxies::None) };
        cell.get_or_try_init(|| self.build(near, proxied)).await.cloned()
    }

    async fn build(&self, near: bool, proxied: bool) -> Result<reqwest::Client, ServiceError> {
        let authorities = self.authorities().await?;
        let mut builder = reqwest::Client::builder()
            .http1_only()
            // As browsers write them.
            .http1_title_case_headers()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT.min(self.timeout))
            .pool_max_idle_per_host(4);
        builder = match &self.proxy {
            _ if !proxied => builder.no_proxy(),
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.as_str()).map_err(|_| bad_proxy("service.proxy"))?),
            None => builder,
        };
        if self.invalid_certs {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        builder = if near { builder.tls_certs_only(authorities) } else { builder.tls_certs_merge(authorities) };
        // Loading the system's authorities reads files.
        let built = tokio::task::spawn_blocking(move || {
            install_tls();
            builder.build()
        });
        match built.await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(ServiceError::new(
                ServiceErrorKind::Setup,
                format!(
                    "this machine has no usable certificate authorities ({}): install the package ca-certificates, or \
                     name a PEM file in service.ca_file",
                    cause(&error)
                ),
            )
            .caused_by(error)),
            Err(_) => Err(ServiceError::new(ServiceErrorKind::Setup, "the HTTP client could not be built")),
        }
    }

    async fn authorities(&self) -> Result<Vec<Certificate>, ServiceError> {
        if self.ca_file.is_empty() {
            return Ok(Vec::new());
        }
        let wrong = |why: String| {
            ServiceError::new(ServiceErrorKind::Setup, format!("service.ca_file = \"{}\": {why}", self.ca_file))
        };
        let pem = tokio::fs::read(&self.ca_file).await.map_err(|error| wrong(error.to_string()).caused_by(error))?;
        match Certificate::from_pem_bundle(&pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(certificates),
            _ => Err(wrong("holds no PEM certificate".into())),
        }
    }
}

/// One TLS provider for everything. `run` installs it before anything asks for one; a program that uses only this library
/// gets it with its first client.
pub(crate) fn install_tls() {
    // An error means that one is installed already, which is what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn proxy_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let known = matches!(url.scheme(), "http" | "https" | "socks4" | "socks5" | "socks5h");
    (known && url.host().is_some()).then_some(url)
}

/// Says nothing of the value: a proxy's address often holds its password.
fn bad_proxy(option: &str) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::Setup,
        format!("{option} is not the address of a proxy: write http://host:port, https://, socks5:// or socks5h://"),
    )
}

/// Where a redirect leads, if it stays on the same host and does not fall back to plain text.
fn redirect(from: &Url, response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let to = from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    let same = to.host() == from.host() && to.port_or_known_default() == from.port_or_known_default();
    (same && to.scheme() == from.scheme()).then_some(to)
}

/// Reads a body up to `cap` bytes.
async fn read(doing: &str, mut response: Response, cap: usize) -> Result<HttpAnswer, ServiceError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let from = place(response.url());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(doing, &from, error))? {
        if body.len().saturating_add(chunk.len()) > cap {
            let limit = cap >> 20;
            return Err(ServiceError::new(
                ServiceErrorKind::BadAnswer,
                format!("could not {doing}: {from} sent more than {limit} MiB, which is no answer we know"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer { status, headers, body: body.freeze() })
}

/// The sentence for an answer that did not come in time.
pub(super) fn late(doing: &str, place: &str, after: Duration) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::Timeout,
        format!(
            "could not {doing}: {place} did not answer within {}; check the network or service.proxy",
            HumanDuration(after)
        ),
    )
}

/// The sentence for a connection that failed.
pub(super) fn broken(doing: &str, place: &str, error: reqwest::Error) -> ServiceError {
    let error = error.without_url();
    if error.is_timeout() {
        return late(doing, place, CONNECT).caused_by(error);
    }
    if is_out_of_files(&error) {
        return ServiceError::new(
            ServiceErrorKind::Network,
            format!(
                "could not {doing}: this machine lets us open no more files or connections; raise `ulimit -n`, or watch fewer rooms"
            ),
        )
        .caused_by(error);
    }
    let cause = cause(&error);
    let hint = if error.is_dns() {
        "its name could not be found; check the network and the spelling"
    } else if cause.contains("ertificate") {
        "its certificate is not trusted; check the clock, or name your authority in service.ca_file"
    } else {
        "check the network or service.proxy"
    };
    let what = if error.is_connect() { "no connection to" } else { "the connection broke to" };
    ServiceError::new(ServiceErrorKind::Network, format!("could not {doing}: {what} {place} ({cause}); {hint}"))
        .caused_by(error)
}

/// Whether a connection that stood broke before an answer came.
fn is_broken_line(error: &reqwest::Error) -> bool {
    !error.is_connect() && !error.is_timeout() && !error.is_builder() && !is_out_of_files(error)
}

/// Whether the process (24) or the machine (23) has no file descriptor left.
fn is_out_of_files(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<std::io::Error>();
        if io.and_then(std::io::Error::raw_os_error).is_some_and(|code| matches!(code, 23 | 24)) {
            return true;
        }
        next = error.source();
    }
    error.to_string().contains("Too many open files") || cause(error).contains("Too many open files")
}

/// The innermost reason of an error, which is the one that says something.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let words = innermost.to_string();
    // The number says nothing that the words before it do not.
    super::error::quoted(words.split(" (os error").next().unwrap_or(&words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> HttpOptions<'static> {
        let (option, proxy, ca_file) = ("service.proxy", "", "");
        let timeout = Duration::from_secs(5);
        HttpOptions { proxies: Proxies::Configured, option, proxy, ca_file, invalid_certs: false, timeout }
    }

    fn http(proxy: &str) -> Result<Http, ServiceError> {
        Http::new(HttpOptions { proxy, ..options() })
    }

    #[test]
    fn a_bad_proxy_is_refused_without_printing_its_password() {
        let error = http("ftp://me:hunter2@proxy").unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Setup);
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(http("socks5h://me:hunter2@127.0.0.1:9050").is_ok());
    }

    #[tokio::test]
    async fn a_missing_ca_file_is_named() {
        let http = Http::new(HttpOptions { ca_file: "/nowhere/ca.pem", ..options() }).unwrap();
        let url = Url::parse("https://127.0.0.1:1/").unwrap();
        let error = http.send("ask", &url, HeaderMap::new()).await.unwrap_err();
        assert!(error.to_string().contains("service.ca_file"), "{error}");
    }

    #[tokio::test]
    async fn a_refused_connection_names_the_place_but_not_the_query() {
        let http = http("").unwrap();
        let url = Url::parse("http://127.0.0.1:1/x?sign=abc").unwrap();
        let error = http.send("look up @ana", &url, HeaderMap::new()).await.unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Network);
        let words = error.to_string();
        assert!(words.starts_with("could not look up @ana: no connection to 127.0.0.1:1"), "{words}");
        assert!(!words.contains("abc"), "{words}");
    }

    #[tokio::test]
    async fn plain_text_to_the_world_is_refused_before_anything_is_sent() {
        let url = Url::parse("http://www.tiktok.com/").unwrap();
        let error = http("").unwrap().send("ask", &url, HeaderMap::new()).await.unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Refused);
    }
}
