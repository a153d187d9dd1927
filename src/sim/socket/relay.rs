//! Relay of the simulated provider: TikTok's frames as they are, with JSON texts before them and close codes of its own.

use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{SimSession, SocketClosed, SocketQuery};
use crate::sim::query::Query;

/// What the URL of the relay said.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Relay {
    name: String,
    keyed: bool,
    raw: bool,
}

impl SocketQuery {
    /// From the query of the relay's address.
    pub(in crate::sim) fn relay(query: &Query) -> Self {
        let keyed = !query.get("apiKey").is_empty() || !query.get("jwtKey").is_empty();
        let raw = query.get("features.rawMessages") == "true";
        let relay = Relay { name: query.get("uniqueId").to_owned(), keyed, raw };
        Self { gzip: false, room_id: None, enters: false, relay: Some(relay) }
    }
}

impl SimSession {
    /// What a relay says first: who it is, and which room this is. Others have nothing to say.
    pub(super) async fn introduce(&mut self, hello: &SocketQuery) -> Result<SocketQuery, SocketClosed> {
        let Some(relay) = &hello.relay else { return Ok(hello.clone()) };
        if !relay.keyed {
            return Err(SocketClosed::Closing(4401, "invalid key"));
        }
        if !relay.raw {
            return Err(SocketClosed::Closing(4400, "only rawMessages are simulated"));
        }
        let Some(room) = self.world.by_name(&relay.name).cloned() else {
            return Err(SocketClosed::Closing(4404, "not live"));
        };
        let facts = room.facts();
        if !facts.phase.is_on() {
            return Err(SocketClosed::Closing(4404, "not live"));
        }
        let info = json!({
            "roomInfo": {
                "id": facts.room_id.to_string(), "status": facts.phase.status(), "title": room.host.title,
                "startTime": facts.began_ms / 1_000, "currentViewers": facts.watching, "totalViewers": facts.so_far,
            },
            "user": {
                "numericUid": room.host.id().to_string(), "uniqueId": room.host.handle, "nickname": room.host.nickname,
                "signature": "", "avatarUrl": "", "following": 80, "followers": room.host.followers,
            },
        });
        let said = json!({ "messages": [
            { "type": "workerInfo", "data": { "webSocketId": "simulated" } }, { "type": "roomInfo", "data": info },
        ] });
        self.stream.send(Message::Text(said.to_string().into())).await.map_err(|_| SocketClosed::Broken)?;
        Ok(SocketQuery { room_id: Some(facts.room_id), ..hello.clone() })
    }

    /// The relay has a code of its own for the end of a live.
    pub(super) fn as_relay_close(&self, gone: SocketClosed) -> SocketClosed {
        match gone {
            SocketClosed::Closing(1000, _) if self.relayed => SocketClosed::Closing(4005, "stream ended"),
            gone => gone,
        }
    }
}
