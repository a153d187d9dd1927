//! The other client in the runtime of its own examples, with one handler. Its look-ups are left out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use other_clients::{Measure, READ, Server};
use tiktoklive::TikTokLive;
use tiktoklive::core::live_client_mapper::TikTokLiveMessageMapper;
use tiktoklive::core::live_client_websocket::TikTokLiveWebsocketClient;
use tiktoklive::generated::events::TikTokLiveEvent;
use tiktoklive::http::http_data::LiveConnectionDataResponse;

fn main() {
    let measure = Measure::of_this_program();
    let server = Server::start(measure, false);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    runtime.block_on(async {
        let client = TikTokLive::new_client(server.name())
            .on_event(|_, event| {
                if let TikTokLiveEvent::OnWebsocketResponse(batch) = event {
                    READ.fetch_add(batch.raw_data.messages.len(), Ordering::Relaxed);
                }
            })
            .build();
        let socket = TikTokLiveWebsocketClient::new(TikTokLiveMessageMapper {});
        let place = LiveConnectionDataResponse {
            web_socket_timeout: Duration::from_secs(10),
            web_socket_cookies: String::new(),
            web_socket_url: url::Url::parse(&server.settings().service.socket_url).expect("an address"),
        };
        assert!(socket.start(place, Arc::new(client)).await.is_ok(), "the other client did not connect");
        measure.run().await;
    });
    runtime.shutdown_background();
}
