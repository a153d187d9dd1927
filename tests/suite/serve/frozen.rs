//! Frozen client: contract 1 as it was when it was made, written down by hand. It must work with every service that serves
//! contract 1; nothing of it is changed with the program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::kit::in_time;

/// Where a service with this home has its socket.
pub(super) fn socket(home: &Path) -> PathBuf {
    home.join(".local/state/tiktop/run/tiktop.sock")
}

/// A line to a service.
pub(super) struct Frozen {
    stream: UnixStream,
}

impl Frozen {
    /// Connects and says nothing.
    pub(super) async fn silent(socket: &Path) -> Self {
        Self { stream: UnixStream::connect(socket).await.unwrap() }
    }

    /// Connects and says this hello; the service's own comes back.
    pub(super) async fn hello(socket: &Path, hello: Value) -> (Self, Value) {
        let mut client = Self::silent(socket).await;
        client.say(&hello).await;
        let answer = client.hear().await.unwrap();
        (client, answer)
    }

    /// As every client of contract 1 does.
    pub(super) async fn open(socket: &Path) -> Self {
        let (client, hello) = Self::hello(socket, json!({"contract": 1, "build": "frozen"})).await;
        assert_eq!(hello["role"], "full", "{hello}");
        assert!(hello["contract"].as_u64().unwrap() >= 1 && hello["now"]["mono"].is_u64(), "{hello}");
        client
    }

    pub(super) async fn say(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(&u32::try_from(body.len()).unwrap().to_be_bytes()).await;
        self.raw(body.as_bytes()).await;
    }

    pub(super) async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next message; nothing once the service has hung up.
    pub(super) async fn hear(&mut self) -> Option<Value> {
        in_time("the service says something", async {
            let length = self.stream.read_u32().await.ok()?;
            assert!(length <= 16 << 20);
            let mut body = vec![0; length as usize];
            self.stream.read_exact(&mut body).await.ok()?;
            Some(serde_json::from_slice(&body).unwrap())
        })
        .await
    }

    /// Waits for a message that has this field; what is in it.
    pub(super) async fn hear_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.hear().await.unwrap_or_else(|| panic!("hung up without {kind}"));
            if let Some(found) = message.get(kind) {
                return found.clone();
            }
        }
    }

    pub(super) async fn status(&mut self) -> Value {
        self.say(&json!({"Ask": "Status"})).await;
        self.hear_of("Status").await
    }

    /// Asks until the service says so.
    pub(super) async fn until(&mut self, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        in_time(what, async {
            loop {
                let status = self.status().await;
                if done(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
    }
}

/// Whether so many rooms are connected.
pub(super) fn live(rooms: usize) -> impl Fn(&Value) -> bool {
    move |status| {
        let is_live = |room: &&Value| room["phase"] == "live";
        status["rooms"].as_array().unwrap().iter().filter(is_live).count() == rooms
    }
}
