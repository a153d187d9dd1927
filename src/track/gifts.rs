//! The gift list, asked for once and shared by all rooms: names and prices for messages that lack them.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::events::{Catalogue, GiftFacts};
use crate::ids::RoomId;
use crate::webcast::{Service, ServiceError};

/// The shared list. Never fatal: without it the built-in catalogue answers.
#[derive(Clone, Debug, Default)]
pub(super) struct RoomGifts(Arc<OnceCell<Arc<Catalogue>>>);

impl RoomGifts {
    /// The list, if it can be had. One room fetches it and the others wait; when that one is cut off or fails, the next of
    /// them asks in its place.
    pub(super) async fn fetch(&self, client: &Arc<Service>, room: RoomId) -> Option<Arc<Catalogue>> {
        if !client.asks_gift_list() {
            return None;
        }
        let fetched = self.0.get_or_try_init(async || {
            let rows = client.gift_list(room).await?;
            let mut catalogue = Catalogue::clone(&Catalogue::built_in());
            catalogue.extend(rows.into_iter().map(|row| GiftFacts {
                id: row.id,
                name: row.name,
                describe: row.describe,
                diamonds: row.diamonds,
                kind: row.kind,
                picture: row.picture,
            }));
            Ok::<_, ServiceError>(Arc::new(catalogue))
        });
        match fetched.await {
            Ok(catalogue) => Some(Arc::clone(catalogue)),
            Err(error) => {
                tracing::info!("the gift list is not to be had, the built-in one serves: {error}");
                None
            }
        }
    }
}
