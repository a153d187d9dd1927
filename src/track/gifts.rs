//! Gift list, asked for once and shared by all rooms: names and prices for messages that lack them.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::events::Catalogue;
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
            let mut catalogue = Catalogue::clone(&Catalogue::built_in());
            catalogue.extend(client.gift_list(room).await?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn who_asks_first_and_is_cut_off_leaves_the_list_to_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = Settings::default();
        settings.service.webcast_url = format!("http://{}", listener.local_addr().unwrap());
        let (client, gifts) = (Service::isolated(&settings).unwrap(), RoomGifts::default());
        let first = tokio::spawn({
            let (client, gifts) = (client.clone(), gifts.clone());
            async move { gifts.fetch(&client, RoomId(1)).await }
        });
        // It has asked, and hears nothing.
        let mut unanswered = listener.accept().await.unwrap().0;
        unanswered.read_u8().await.unwrap();
        let waiting = tokio::spawn({
            let (client, gifts) = (client.clone(), gifts.clone());
            async move { gifts.fetch(&client, RoomId(2)).await }
        });
        first.abort();
        let mut answered = listener.accept().await.unwrap().0;
        answered.read_u8().await.unwrap();
        let body = r#"{"data":{"gifts":[{"id":424242,"name":"Invented","diamond_count":7}]}}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        answered.write_all(answer.as_bytes()).await.unwrap();
        let list = waiting.await.unwrap().expect("the one that waited asks in its place");
        assert!(Arc::ptr_eq(&list, &gifts.fetch(&client, RoomId(3)).await.unwrap()), "and nobody asks again");
    }
}
