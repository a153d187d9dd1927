//! Gifts that people send here. Names, ids and prices are those of the real catalogue.
//!
//! ```
//! let rose = tiktop::sim::gifts::GIFTS[0];
//! assert_eq!((rose.name, rose.coins), ("Rose", 1));
//! ```

use serde_json::{Value, json};

use crate::wire::pb;

/// One kind of gift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GiftKind {
    /// Its id at TikTok.
    pub id: i64,
    /// Its English name.
    pub name: &'static str,
    /// The price of one, in coins.
    pub coins: i64,
    /// 1 can be sent as a streak, 2 plays a big animation.
    pub kind: i32,
}

const fn streak(id: i64, name: &'static str, coins: i64) -> GiftKind {
    GiftKind { id, name, coins, kind: 1 }
}

const fn single(id: i64, name: &'static str, coins: i64) -> GiftKind {
    GiftKind { id, name, coins, kind: 2 }
}

/// Cheap ones first, as often as people send them.
pub const GIFTS: [GiftKind; 20] = [
    streak(5655, "Rose", 1),
    streak(5269, "TikTok", 1),
    streak(6064, "GG", 1),
    streak(5333, "Coffee", 1),
    streak(6104, "Cap", 99),
    streak(5487, "Finger Heart", 5),
    streak(5585, "Confetti", 100),
    streak(5660, "Hand Hearts", 100),
    streak(5879, "Doughnut", 30),
    streak(5658, "Perfume", 20),
    streak(5586, "Hearts", 199),
    streak(6267, "Corgi", 299),
    streak(5509, "Sunglasses", 199),
    streak(6427, "Hat and Mustache", 99),
    single(5897, "Swan", 699),
    single(6089, "Money Gun", 500),
    single(5978, "Train", 899),
    single(5899, "Galaxy", 1_000),
    single(5587, "Gold Mine", 1_000),
    single(6369, "Lion", 29_999),
];

impl GiftKind {
    /// The gift as a message carries it.
    pub fn to_wire(self) -> pb::Gift {
        pb::Gift {
            image: Some(pb::Image { url_list: self.pictures(), uri: format!("webcast-va/resource/{}.png", self.id) }),
            describe: format!("Sent {}", self.name),
            id: self.id,
            combo: self.is_streak(),
            r#type: self.kind,
            diamond_count: self.coins,
            name: self.name.to_owned(),
        }
    }

    /// The gift as `gift/list` has it.
    pub(super) fn to_json(self) -> Value {
        let image = json!({ "url_list": self.pictures(), "uri": format!("webcast-va/resource/{}.png", self.id) });
        json!({
            "id": self.id, "name": self.name, "describe": format!("sent {}", self.name), "type": self.kind,
            "diamond_count": self.coins, "combo": self.is_streak(), "duration": 1_000, "image": image, "icon": image,
            "for_linkmic": true, "is_displayed_on_panel": true, "is_broadcast_gift": self.coins > 10_000,
        })
    }

    pub(super) fn is_streak(self) -> bool {
        self.kind == 1
    }

    fn pictures(self) -> Vec<String> {
        ["p16", "p19"]
            .map(|edge| {
                format!(
                    "https://{edge}-webcast.tiktokcdn.com/img/maliva/webcast-va/resource/{}.png~tplv-obj.webp",
                    self.id
                )
            })
            .into()
    }
}
