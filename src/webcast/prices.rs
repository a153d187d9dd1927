//! Prices of coins, in packs.
//!
//! The price depends on where the question comes from. Two addresses are known, each from one source (docs/protocol.md#coin-prices):
//! the newer one is asked first. Tried on recordings' shapes and the simulator only, never on the live service.

use serde_json::Value;

use super::address::under;
use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, text};
use super::lookup::{Subject, accepted_json};
use super::service::Service;
use crate::text::Text;

const CAP: usize = 2 << 20;
const PATHS: [&str; 2] = ["wallet_api/fs/diamond", "diamond/"];
const SUBJECT: Subject<'static> = Subject::Thing("the price list of coins");
/// Packs taken; a list has about ten.
const MAX_PACKS: usize = 256;
/// Currencies taken of one pack.
const MAX_CURRENCIES: usize = 64;

/// Coins that are sold together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CoinPack {
    /// Coins bought.
    pub coins: u64,
    /// Coins given on top.
    pub bonus: u64,
    /// Price in cents of a US dollar.
    pub usd_cents: Option<u64>,
    /// Price in cents of the currency of the country we ask from.
    pub local_cents: Option<u64>,
    /// The pack in the service's words.
    pub describe: Text,
    /// The price as shown, by currency.
    pub shown: Vec<ShownPrice>,
}

/// A price as the service shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ShownPrice {
    /// Code of the currency, such as `EUR`.
    pub currency: Text,
    /// The amount as written, such as `4.86`.
    pub amount: Text,
}

pub(super) async fn price_list(service: &Service) -> Result<Vec<CoinPack>, ServiceError> {
    let [newer, older] = PATHS.map(|path| service.question(under(&service.webcast, path), []));
    let answer = service.get(&service.http, "get the price list of coins", newer, CAP).await?;
    let gone = answer.status.as_u16() == 404;
    let answer =
        if gone { service.get(&service.http, "get the price list of coins", older, CAP).await? } else { answer };
    read(&answer)
}

fn read(answer: &HttpAnswer) -> Result<Vec<CoinPack>, ServiceError> {
    let unreadable = || {
        ServiceError::new(ServiceErrorKind::BadAnswer, "TikTok's price list of coins cannot be read; try again later")
    };
    let json = accepted_json(SUBJECT, answer, unreadable)?;
    let packs = at(&json, &["data"]).as_array().ok_or_else(unreadable)?;
    let packs: Vec<_> = packs.iter().filter_map(pack).take(MAX_PACKS).collect();
    if packs.is_empty() {
        return Err(ServiceError::new(
            ServiceErrorKind::BadAnswer,
            "TikTok gave no price list of coins: the answer holds none; try again later",
        ));
    }
    Ok(packs)
}

fn pack(pack: &Value) -> Option<CoinPack> {
    let shown = at(pack, &["currency_price"]).as_array().map(Vec::as_slice).unwrap_or_default();
    Some(CoinPack {
        coins: count(at(pack, &["diamond_count"])).filter(|&coins| coins > 0)?,
        bonus: count(at(pack, &["giving_count"])).unwrap_or_default(),
        usd_cents: count(at(pack, &["price"])),
        local_cents: count(at(pack, &["exchange_price"])),
        describe: text(at(pack, &["describe"])),
        shown: shown.iter().filter_map(shown_price).take(MAX_CURRENCIES).collect(),
    })
}

fn shown_price(price: &Value) -> Option<ShownPrice> {
    let [currency, amount] = ["currency", "price"].map(|key| text(at(price, &[key])));
    (!currency.is_empty() && !amount.is_empty()).then_some(ShownPrice { currency, amount })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::json::tests::any_json;
    use proptest::prelude::*;
    use reqwest::{StatusCode, header::HeaderMap};

    fn read_body(body: &(impl ToString + ?Sized)) -> Result<Vec<CoinPack>, ServiceError> {
        read(&HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: body.to_string().into() })
    }

    #[test]
    fn a_pack_tells_coins_and_prices() {
        let packs = read_body(
            r#"{"status_code":0,"data":[{"diamond_count":70,"giving_count":"5","price":105,"exchange_price":97,
                "describe":"70 coins","currency_price":[{"currency":"EUR","price":"0.97"},{"currency":"","price":"1"}]}]}"#,
        )
        .unwrap();
        let shown = vec![ShownPrice { currency: "EUR".into(), amount: "0.97".into() }];
        let (usd_cents, local_cents) = (Some(105), Some(97));
        assert_eq!(
            packs,
            [CoinPack { coins: 70, bonus: 5, usd_cents, local_cents, describe: "70 coins".into(), shown }]
        );
    }

    #[test]
    fn what_is_no_list_is_refused_and_what_is_no_pack_is_left_out() {
        assert_eq!(read_body(r#"{"data":{}}"#).unwrap_err().kind(), ServiceErrorKind::BadAnswer);
        assert_eq!(read_body(r#"{"status_code":20003}"#).unwrap_err().kind(), ServiceErrorKind::NeedsSession);
        assert_eq!(
            read_body(r#"{"data":[{"diamond_count":0},7,{"diamond_count":-1}]}"#).unwrap_err().kind(),
            ServiceErrorKind::BadAnswer
        );
        assert_eq!(read_body(r#"{"data":[{"diamond_count":0},{"diamond_count":7}]}"#).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn no_list_panics(data in any_json(&["data", "diamond_count", "currency_price", "currency", "price", "describe"])) {
            let _ = read_body(&data);
            let _ = read_body(&serde_json::json!({ "data": [data] }));
        }
    }
}
