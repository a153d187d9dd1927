// The page's player, as far as a listener in the browser can tell: it opens the room's socket, enters, beats and acknowledges.
// Runs in the page and in a worker alike; its own address says which socket and which room.
"use strict";
(() => {
  const query = new URL(self.document ? document.currentScript.src : self.location.href).searchParams;
  const utf8 = new TextEncoder();

  const varint = (number) => {
    const bytes = [];
    for (let rest = BigInt(number); ; rest >>= 7n) {
      if (rest < 128n) return [...bytes, Number(rest)];
      bytes.push(Number(rest & 127n) | 128);
    }
  };
  const number = (field, value) => [...varint(field << 3), ...varint(value)];
  const bytes = (field, value) => [...varint((field << 3) | 2), ...varint(value.length), ...value];
  const text = (field, value) => bytes(field, utf8.encode(value));
  const frame = (type, payload, logId = 0n) =>
    new Uint8Array([...(logId ? number(2, logId) : []), ...text(6, "pb"), ...text(7, type), ...bytes(8, payload)]);

  // The log id of a frame, if it is a `msg`: of those the service wants an ack.
  const logIdOf = (data) => {
    let at = 0;
    const read = () => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = data[at++];
        value |= BigInt(byte & 127) << shift;
        if (!(byte & 128)) return value;
      }
    };
    let [logId, type] = [0n, ""];
    while (at < data.length) {
      const key = Number(read());
      if ((key & 7) === 0) {
        const value = read();
        if (key >> 3 === 2) logId = value;
      } else if ((key & 7) === 2) {
        const length = Number(read());
        if (key >> 3 === 7) type = String.fromCharCode(...data.subarray(at, at + length));
        at += length;
      } else {
        break;
      }
    }
    return type === "msg" ? logId : 0n;
  };

  const room = query.get("room");
  const play = () => {
    const socket = new WebSocket(query.get("socket"));
    socket.binaryType = "arraybuffer";
    let [beats, rhythm] = [0, 0];
    const beat = () => socket.send(frame("hb", [...number(1, room), ...number(2, ++beats)]));
    socket.onopen = () => {
      const entry = [...number(1, room), ...number(4, 12), ...text(5, "audience"), ...text(9, "0")];
      socket.send(frame("im_enter_room", entry));
      beat();
      rhythm = setInterval(beat, 10_000);
    };
    socket.onmessage = ({ data }) => {
      const logId = logIdOf(new Uint8Array(data));
      if (logId) socket.send(frame("ack", utf8.encode("-"), logId));
    };
    socket.onclose = ({ code }) => {
      clearInterval(rhythm);
      // With 1000 the live is over; all else is an accident.
      if (code !== 1000) setTimeout(play, 500);
    };
  };
  play();
})();
