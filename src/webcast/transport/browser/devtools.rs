//! Client of Chromium's DevTools protocol, as far as listening takes it: two commands out, a handful of events in.
//!
//! A browser tells whoever enables `Network` much more, cookies in headers among it. Here a message is told by its method
//! alone, and what is not in [`Event`] is passed over unread. Refuses to know frames, tabs and sockets of ours.
//!
//! Invariant: [`listen`] is the only place that makes commands, so these two methods are all that is ever sent.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;

/// What we say to a tab or a worker before anything else, so that both report their sockets: commands number `first` and
/// `first + 1`, for the session of a worker or, without one, for the tab itself.
pub(super) fn enable_commands(first: u64, session: Option<&str>) -> [String; 2] {
    let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
    // The browser would keep bodies in case we asked for them, which we never do.
    let enable = json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0 });
    let commands = [("Target.setAutoAttach", attach), ("Network.enable", enable)];
    let mut id = first;
    commands.map(|(method, params)| {
        let mut command = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        id += 1;
        command.to_string()
    })
}

/// What we hear of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A command failed.
    Refused {
        /// Its number.
        id: u64,
        /// The browser's words.
        words: String,
    },
    /// A worker of the tab can be listened to as well.
    Attached {
        /// The session to name in commands to it.
        session: Cow<'a, str>,
    },
    /// A frame of the page begins to show another document.
    Navigated {
        /// Which; that of the whole tab has the tab's own id.
        frame: Cow<'a, str>,
        /// Where it goes.
        url: Cow<'a, str>,
    },
    /// A socket is being opened.
    SocketCreated {
        /// By whom.
        socket: PageSocket<'a>,
        /// To where.
        url: Cow<'a, str>,
    },
    /// A socket is no more.
    SocketClosed(PageSocket<'a>),
    /// Something came over a socket.
    FrameReceived(PageSocket<'a>, PageFrame<'a>),
    /// The page said something over a socket.
    FrameSent(PageSocket<'a>, PageFrame<'a>),
    /// The tab is no more.
    Gone,
    /// Nothing of ours.
    Other,
}

/// A socket of the tab or of one of its workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageSocket<'a> {
    /// Of the worker; empty for the tab itself.
    pub(super) session: Cow<'a, str>,
    /// The browser's number for it.
    pub(super) id: Cow<'a, str>,
}

/// A message over a socket.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct PageFrame<'a> {
    /// 1 for text, 2 for bytes.
    pub(super) opcode: u8,
    /// Bytes come in base64.
    #[serde(borrow, rename = "payloadData")]
    pub(super) payload: Cow<'a, str>,
}

#[derive(Deserialize)]
struct DevtoolsMessage<'a> {
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow, default, rename = "sessionId")]
    session: Cow<'a, str>,
    #[serde(default)]
    id: u64,
    error: Option<DevtoolsError>,
}

#[derive(Deserialize)]
struct DevtoolsError {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct EventParams<P> {
    params: P,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestSent<'a> {
    #[serde(borrow, default)]
    frame_id: Cow<'a, str>,
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default, rename = "documentURL")]
    document_url: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SocketParams<'a> {
    #[serde(borrow)]
    request_id: Cow<'a, str>,
    #[serde(borrow, default)]
    url: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FrameParams<'a> {
    #[serde(borrow)]
    request_id: Cow<'a, str>,
    #[serde(borrow)]
    response: PageFrame<'a>,
}

/// Reads one message of the browser.
pub(super) fn read(text: &str) -> Result<Event<'_>, serde_json::Error> {
    let DevtoolsMessage { method, session, id, error } = serde_json::from_str(text)?;
    if let Some(error) = error {
        return Ok(Event::Refused { id, words: error.message });
    }
    let of_the_tab = session.is_empty();
    let socket = |id| PageSocket { session, id };
    Ok(match method.as_ref() {
        "Target.attachedToTarget" => {
            let attached: Attachment<'_> = params(text)?;
            Event::Attached { session: attached.session_id }
        }
        "Network.requestWillBeSent" => {
            let RequestSent { frame_id, kind, document_url } = params(text)?;
            let document = kind == "Document";
            if document { Event::Navigated { frame: frame_id, url: document_url } } else { Event::Other }
        }
        "Network.webSocketCreated" => {
            let SocketParams { request_id, url } = params(text)?;
            Event::SocketCreated { socket: socket(request_id), url }
        }
        "Network.webSocketClosed" => {
            let closed: SocketParams<'_> = params(text)?;
            Event::SocketClosed(socket(closed.request_id))
        }
        "Network.webSocketFrameReceived" => {
            let FrameParams { request_id, response } = params(text)?;
            Event::FrameReceived(socket(request_id), response)
        }
        "Network.webSocketFrameSent" => {
            let FrameParams { request_id, response } = params(text)?;
            Event::FrameSent(socket(request_id), response)
        }
        "Inspector.detached" | "Inspector.targetCrashed" if of_the_tab => Event::Gone,
        _ => Event::Other,
    })
}

fn params<'a, P: Deserialize<'a>>(text: &'a str) -> Result<P, serde_json::Error> {
    serde_json::from_str::<EventParams<P>>(text).map(|of| of.params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::Value;

    #[test]
    fn two_methods_are_all_that_is_ever_said() {
        for session in [None, Some("S1")] {
            let commands = enable_commands(7, session).map(|command| serde_json::from_str::<Value>(&command).unwrap());
            assert_eq!(commands[0]["method"], "Target.setAutoAttach");
            assert_eq!(commands[0]["params"]["waitForDebuggerOnStart"], false);
            assert_eq!(commands[1]["method"], "Network.enable");
            assert_eq!((&commands[0]["id"], &commands[1]["id"]), (&7.into(), &8.into()));
            assert!(commands.iter().all(|command| command.get("sessionId").and_then(Value::as_str) == session));
        }
    }

    /// As Chromium 156 says it, shortened.
    #[rstest]
    #[case(
        r#"{"method":"Network.webSocketFrameReceived","params":{"requestId":"27192.3","timestamp":4389.8,"response":
           {"opcode":2,"mask":false,"payloadData":"CAg="}},"sessionId":"0EE3"}"#,
        Event::FrameReceived(
            PageSocket { session: "0EE3".into(), id: "27192.3".into() },
            PageFrame { opcode: 2, payload: "CAg=".into() }
        )
    )]
    #[case(
        r#"{"method":"Network.webSocketCreated","params":{"requestId":"1.4","url":"wss:\/\/x\/webcast\/im\/","initiator":{}}}"#,
        Event::SocketCreated { socket: PageSocket { session: "".into(), id: "1.4".into() }, url: "wss://x/webcast/im/".into() }
    )]
    #[case(
        r#"{"method":"Network.requestWillBeSent","params":{"frameId":"F","documentURL":"https://x/","type":"Document"}}"#,
        Event::Navigated { frame: "F".into(), url: "https://x/".into() }
    )]
    #[case(
        r#"{"method":"Network.requestWillBeSent","params":{"frameId":"F","documentURL":"https://x/","type":"Image"}}"#,
        Event::Other
    )]
    #[case(r#"{"method":"Target.attachedToTarget","params":{"sessionId":"S","targetInfo":{}}}"#, Event::Attached {
        session: "S".into()
    })]
    #[case(r#"{"id":2,"error":{"code":-32601,"message":"'Network.enable' wasn't found"}}"#, Event::Refused {
        id: 2,
        words: "'Network.enable' wasn't found".into()
    })]
    #[case(r#"{"id":1,"result":{}}"#, Event::Other)]
    #[case(r#"{"method":"Inspector.detached","params":{"reason":"target_closed"}}"#, Event::Gone)]
    #[case(r#"{"method":"Inspector.detached","params":{},"sessionId":"S"}"#, Event::Other)]
    #[case(r#"{"method":"Network.requestWillBeSentExtraInfo","params":{"headers":{"Cookie":"a=b"}}}"#, Event::Other)]
    fn events_are_told_by_their_method(#[case] text: &str, #[case] event: Event<'_>) {
        assert_eq!(read(text).unwrap(), event);
    }

    #[rstest]
    #[case("")]
    #[case("[]")]
    #[case(r#"{"method":7}"#)]
    #[case(r#"{"method":"Network.webSocketFrameReceived","params":{"requestId":"1","response":{"opcode":"two"}}}"#)]
    #[case(r#"{"method":"Network.webSocketCreated"}"#)]
    fn what_is_no_message_is_an_error(#[case] text: &str) {
        assert!(read(text).is_err());
    }
}
