//! Tests of connections that are kept after an answer and broken by the server when we use them again: the question is asked
//! once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tiktop::config::Settings;
use tiktop::webcast::{Service, ServiceErrorKind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::kit::scripted::read_head;

/// A server that breaks each of its connections at its `broken`th request, without an answer. The requests it read.
async fn server(broken: usize) -> (Settings, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                for nth in 1.. {
                    if read_head(&mut stream).await.is_none() {
                        return;
                    }
                    counted.fetch_add(1, Ordering::Relaxed);
                    if nth == broken {
                        return;
                    }
                    let user = json!({"id": "111", "uniqueId": "ana.live", "roomId": "7300000000000000001"});
                    let data = json!({"user": user, "liveRoom": {"status": 2, "title": "Hello"}});
                    let body = json!({"statusCode": 0, "data": data}).to_string();
                    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let mut settings = Settings::default();
    settings.service.site_url = format!("http://{place}");
    settings.service.webcast_url = format!("http://{place}");
    (settings, asked)
}

#[tokio::test]
async fn a_question_on_a_kept_connection_that_breaks_is_asked_once_more() {
    let (settings, asked) = server(2).await;
    let client = Service::isolated(&settings).unwrap();
    for nth in 1..=4 {
        client.look_up(&"ana.live".parse().unwrap()).await.unwrap_or_else(|error| panic!("look-up {nth}: {error}"));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 7, "each but the first met a broken connection once");
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_asked_twice() {
    let (settings, asked) = server(1).await;
    let client = Service::isolated(&settings).unwrap();
    let error = client.room_info(tiktop::ids::RoomId(7)).await.unwrap_err();
    assert_eq!((error.kind(), asked.load(Ordering::Relaxed)), (ServiceErrorKind::Network, 1));
}
