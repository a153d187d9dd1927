//! The gift list, asked for once and shared by all rooms: names and prices for messages that lack them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::events::{Catalogue, GiftFacts};
use crate::ids::RoomId;
use crate::webcast::Client;

/// The shared list. Never fatal: without it the built-in catalogue answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Gifts(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Unasked,
    Asked,
    Known(Arc<Catalogue>),
}

impl Gifts {
    /// The list, if it is known or can be had; the first room that asks fetches it for all.
    pub(super) async fn fetch(&self, client: &Client, room: RoomId) -> Option<Arc<Catalogue>> {
        if !client.asks_gift_list() {
            return None;
        }
        match &mut *self.lock() {
            State::Known(catalogue) => return Some(Arc::clone(catalogue)),
            State::Asked => return None,
            unasked @ State::Unasked => *unasked = State::Asked,
        }
        match client.gift_list(room).await {
            Ok(rows) => {
                let mut catalogue = Catalogue::clone(&Catalogue::built_in());
                catalogue.extend(rows.into_iter().map(|row| GiftFacts {
                    id: row.id,
                    name: row.name,
                    describe: row.describe,
                    diamonds: row.diamonds,
                    kind: row.kind,
                    picture: row.picture,
                }));
                let catalogue = Arc::new(catalogue);
                *self.lock() = State::Known(Arc::clone(&catalogue));
                Some(catalogue)
            }
            Err(error) => {
                tracing::info!("the gift list is not to be had, the built-in one serves: {error}");
                *self.lock() = State::Unasked;
                None
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
