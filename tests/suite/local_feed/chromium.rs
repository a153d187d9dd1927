//! Tests of the overlay page in a real browser: it draws what was sent, and no name runs as a script.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tiktop::config::FeedSettings;
use tiktop::sim::SimOptions;
use tiktop::wire::pb;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::reader::get;
use super::{Fed, anywhere};
use crate::browser::chromium::Chromium;
use crate::invented;
use crate::kit::in_time;

/// The console of the one page that a browser shows.
struct Console {
    socket: WebSocketStream<TcpStream>,
    last: u64,
}

impl Console {
    async fn of(browser: &Chromium) -> Self {
        let listed = browser.ask("GET", "/json/list").await;
        let tabs: Value = serde_json::from_str(listed.split_once("\r\n\r\n").unwrap().1).unwrap();
        let page = tabs.as_array().unwrap().iter().find(|tab| tab["type"] == "page").unwrap();
        let address = page["webSocketDebuggerUrl"].as_str().unwrap().to_owned();
        let stream = TcpStream::connect(browser.endpoint.strip_prefix("http://").unwrap()).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(address, stream).await.unwrap();
        Self { socket, last: 0 }
    }

    /// What an expression is in the page.
    async fn value(&mut self, expression: &str) -> Value {
        self.last += 1;
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let ask = json!({ "id": self.last, "method": "Runtime.evaluate", "params": parameters });
        self.socket.send(Message::text(ask.to_string())).await.unwrap();
        loop {
            let Message::Text(text) = in_time("the page answers", self.socket.next()).await.unwrap().unwrap() else {
                continue;
            };
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == self.last {
                return answer["result"]["result"]["value"].clone();
            }
        }
    }

    async fn until(&mut self, expression: &str, wanted: impl Into<Value>) {
        let wanted = wanted.into();
        let mut last = Value::Null;
        let waiting = tokio::time::timeout(crate::kit::PATIENCE, async {
            while last != wanted {
                last = self.value(expression).await;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        let came = waiting.await.is_ok();
        assert!(came, "{expression} is {last} and not {wanted}");
    }
}

#[tokio::test]
async fn the_overlay_draws_what_was_sent_and_no_name_runs() {
    let metrics = FeedSettings { metrics: true, ..anywhere() };
    let mut fed = Fed::open(SimOptions { rate: 0.0, ..SimOptions::default() }, metrics).await;
    let page = format!("http://localhost:{}/overlay/@ana.live?accent=00ff88&hold=60", fed.feed.port());
    let Some(browser) = Chromium::start(&page).await else { return };
    fed.join("ana.live").await;
    let place = fed.place();
    in_time("the page listens", async {
        while !get(&place, "/metrics").await.body.contains("tiktop_feed_clients 1") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;

    let hostile = "<img src=x onerror=\"window.hacked=1\"></bdi><script>window.hacked=2</script>";
    let mut mallory = invented::ana();
    mallory.nickname = hostile.to_owned();
    fed.chat_from(mallory, "</div><svg onload=window.hacked=3>", 81);
    fed.gift(1, 1, false, 82);
    fed.gift(1, 4, true, 83);
    let body = pb::RoomUserSeqMessage { common: fed.common(84), total: 4_321, ..pb::RoomUserSeqMessage::default() };
    fed.push("WebcastRoomUserSeqMessage", &body, 84);

    let mut console = Console::of(&browser).await;
    console.until("document.querySelector('#chat .line .name')?.textContent", hostile).await;
    console
        .until("document.querySelector('#chat .line .text')?.textContent", "</div><svg onload=window.hacked=3>")
        .await;
    console.until("document.querySelector('#alerts .alert .count')?.textContent", "\u{d7}4").await;
    console.until("document.querySelector('#alerts .alert .who')?.textContent", "Ben").await;
    console.until("document.querySelector('#alerts .alert .coins')?.textContent", "20 coins").await;
    console.until("document.querySelector('#viewers span')?.textContent", "4,321").await;
    assert_eq!(console.value("document.querySelectorAll('#alerts .alert').length").await, 1, "one alert a streak");
    let strange = "document.querySelectorAll('body img, body svg, #chat script, iframe').length";
    assert_eq!(console.value(strange).await, 0);
    assert_eq!(console.value("window.hacked ?? 'nobody'").await, "nobody");

    // Its policy holds even where a script of ours would make a mistake.
    let markup = "try { document.body.appendChild(document.createElement('p')).innerHTML = '<b>x</b>'; 'written' } catch { 'refused' }";
    assert_eq!(console.value(markup).await, "refused");
    let outside = "fetch('http://127.0.0.1:1/').then(() => 'asked', () => 'refused')";
    assert_eq!(console.value(outside).await, "refused");
    assert_eq!(console.value("getComputedStyle(document.documentElement).backgroundColor").await, "rgba(0, 0, 0, 0)");

    // A moderator takes the comment away.
    let body =
        pb::ImDeleteMessage { common: fed.common(85), delete_msg_ids: vec![81], ..pb::ImDeleteMessage::default() };
    fed.push("WebcastImDeleteMessage", &body, 85);
    console.until("document.querySelectorAll('#chat .line').length", 0).await;

    browser.quit().await;
    fed.close().await;
}
