//! Older way to a first batch (2022 to 2025): the provider signs an address, and we fetch it
//! (docs/protocol.md#signed-address).
//!
//! The signed address is asked only where TikTok is, by its own name or by the one in the settings: a provider cannot
//! send us, and what we carry, anywhere else.

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE, USER_AGENT};
use url::Url;

use super::{ProviderTransport, Signed};
use crate::webcast::address::{is_loopback, is_tiktok, place, under};
use crate::webcast::error::{ServiceError, ServiceErrorKind, quoted};
use crate::webcast::http::{HttpAnswer, HttpRequest};
use crate::webcast::json::{at, from_bytes, str};
use crate::webcast::service::Service;
use crate::webcast::transport::RoomRef;
use crate::webcast::transport::im_fetch::{self, BODY_CAP, PollCursor};
use crate::webcast::user_agent::insert_text;

/// Longest agent line and token that are believed.
const LONGEST: usize = 512;

/// What came back for an address.
#[derive(Debug, PartialEq, Eq)]
struct SignedAddress {
    url: Url,
    user_agent: Option<String>,
    ms_token: Option<String>,
}

impl ProviderTransport {
    /// Has the address of the first batch signed, and fetches it.
    pub(super) async fn fetch_signed(&self, room: &RoomRef) -> Result<Signed, ServiceError> {
        let service = &self.service;
        let way = service.route_for(room);
        let target = im_fetch::url(service, Service::identity(), room, &PollCursor::default());
        let pairs =
            [("client", self.settings.client.clone()), ("uuc", "1".to_owned()), ("url", target.as_str().to_owned())];
        let answer = self.ask(self.with_params(under(&self.base, "webcast/sign_url"), &pairs), room).await?;
        if answer.status.as_u16() != 200 {
            return Err(super::answer::refusal(self.asked(), &answer));
        }
        let signed = self.read_signed(&answer)?;
        let cookie = way.anonymous_cookies.get(service, &way.http, None).await?;
        let cookies = match &signed.ms_token {
            Some(token) => format!("{}; msToken={token}", cookie.header_value()),
            None => cookie.header_value(),
        };
        let mut headers = Service::identity().headers(&service.site, &service.language);
        if let Some(agent) = &signed.user_agent {
            insert_text(&mut headers, USER_AGENT, agent);
        }
        insert_text(&mut headers, COOKIE, &service.cookies(&signed.url, &cookies));
        let doing = format!("fetch what {} signed", self.name);
        let with_session = service.session_cookie(&signed.url).is_some();
        let answer = way.http.get(HttpRequest { doing: &doing, url: signed.url, headers, cap: BODY_CAP }).await?;
        let advice = format!("it does not take what {} signed; use another transport", self.name);
        let response = im_fetch::read(room, &answer, &advice)?;
        if response.push_server.is_empty() {
            return Err(ServiceError::new(
                ServiceErrorKind::Provider,
                format!("TikTok named no socket in what {} signed", self.name),
            ));
        }
        let cookie = Some(merged(&cookies, &answer.headers));
        Ok(Signed { response, cookie, room_id: None, user_agent: signed.user_agent, with_session })
    }

    fn read_signed(&self, answer: &HttpAnswer) -> Result<SignedAddress, ServiceError> {
        let name = &self.name;
        let fail = |words: String| {
            ServiceError::new(ServiceErrorKind::Provider, format!("{name} {words}; try another transport"))
        };
        let json = from_bytes(&answer.body).unwrap_or_default();
        // The same words stand at the top, or under `response` since 2024.
        let word =
            |names: [&[&str]; 3]| names.into_iter().map(|path| str(at(&json, path))).find(|word| !word.is_empty());
        let Some(address) = word([&["signedUrl"], &["response", "signedUrl"], &["signed_url"]]) else {
            let said = word([&["error"], &["message"], &["response", "error"]]).map(quoted);
            return Err(fail(format!("signed nothing{}", said.map(|said| format!(" ({said})")).unwrap_or_default())));
        };
        let url = Url::parse(address).map_err(|_| fail("signed something that is no address".into()))?;
        let base = &self.service.webcast;
        let same = url.host() == base.host() && url.port_or_known_default() == base.port_or_known_default();
        let near = is_loopback(&url) && is_loopback(base);
        if !(is_tiktok(&url) || same || near) || !matches!(url.scheme(), "http" | "https") {
            return Err(fail(format!(
                "sends us to {}, where TikTok is not; we do not ask there",
                quoted(&place(&url))
            )));
        }
        let sane = |word: &&str| word.len() <= LONGEST && word.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let agent = word([&["User-Agent"], &["response", "userAgent"], &["userAgent"]]).filter(sane);
        let token = word([&["msToken"], &["response", "tokens", "msToken"], &["response", "msToken"]]).filter(sane);
        let token = token.filter(|token| !token.contains([';', ' ', ',']));
        Ok(SignedAddress { url, user_agent: agent.map(str::to_owned), ms_token: token.map(str::to_owned) })
    }
}

/// Our cookies with those that an answer set, the newer of a name winning.
fn merged(ours: &str, headers: &HeaderMap) -> String {
    let set = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()?.split(';').next());
    let set: Vec<_> = set.map(str::trim).filter(|pair| pair.contains('=')).collect();
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let kept = ours.split("; ").filter(|ours| !set.iter().any(|set| name(set) == name(ours)));
    kept.chain(set.iter().copied()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use reqwest::StatusCode;
    use reqwest::header::HeaderValue;
    use rstest::rstest;

    use crate::config::{self, Secrets, Settings};
    use crate::webcast::http::Proxies;

    fn read(body: &str) -> Result<SignedAddress, ServiceError> {
        let service = Service::new(&Settings::default(), Secrets::default(), Proxies::None).unwrap();
        let provider =
            ProviderTransport::new(Arc::new(service), &config::ProviderSettings::default(), None, &[]).unwrap();
        let body = body.to_owned().into();
        provider.read_signed(&HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body })
    }

    #[test]
    fn both_shapes_of_the_answer_are_read() {
        let old =
            read(r#"{"signedUrl":"https://webcast.tiktok.com/x?a=1","User-Agent":"UA 1","msToken":"t"}"#).unwrap();
        let new = read(
            r#"{"code":200,"response":{"signedUrl":"https://webcast.tiktok.com/x?a=1","userAgent":"UA 1",
                "tokens":{"msToken":"t"}}}"#,
        );
        assert_eq!((old.user_agent.as_deref(), old.ms_token.as_deref()), (Some("UA 1"), Some("t")));
        assert_eq!(new.unwrap(), old);
    }

    #[rstest]
    #[case("https://evil.example/x?secret=1")]
    #[case("http://webcast.tiktok.com/x")]
    #[case("https://127.0.0.1/x")]
    #[case("https://webcast.tiktok.com.evil.example/")]
    #[case("ftp://webcast.tiktok.com/")]
    #[case("nonsense")]
    fn a_signed_address_leads_to_tiktok_or_nowhere(#[case] url: &str) {
        let asked = read(&serde_json::json!({ "signedUrl": url }).to_string());
        let refused = match asked {
            Err(error) => error.to_string(),
            // Plain text is refused where it would leave.
            Ok(signed) => crate::webcast::address::check_plain(&signed.url).unwrap_err().to_string(),
        };
        assert!(!refused.contains("secret=1"), "{refused}");
    }

    #[test]
    fn a_provider_that_signs_nothing_is_quoted() {
        let error = read(r#"{"error":"\u001b[31mno agent"}"#).unwrap_err().to_string();
        assert!(error.starts_with("provider euler signed nothing (") && error.contains("no agent"), "{error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }

    #[test]
    fn newer_cookies_replace_older_ones() {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("ttwid=new; Path=/; HttpOnly"));
        assert_eq!(merged("ttwid=old; msToken=t", &headers), "msToken=t; ttwid=new");
    }
}
