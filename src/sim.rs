//! Simulated TikTok on loopback: look-ups, a signing provider, sockets, streams, and everything that can go wrong with them.
//!
//! It is the demo and the test bed. It speaks the protocol of docs/protocol.md, so that other people's clients can be pointed
//! at it too. It refuses to know our client: nothing here is shared with `webcast` but the wire schema.
//!
//! What must stay true: a room's script runs once, so all sockets hear the same messages with the same ids; at rate 0
//! nothing happens that nobody asked for; [`ExpectedTotals`] is what was really sent.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use tiktop::sim::{Sim, SimFault, SimOptions};
//!
//! let sim = Sim::start(SimOptions::default().with_faults([SimFault::Captcha])).await?;
//! println!("point any client at {} and {}", sim.base_url(), sim.socket_url());
//! sim.set_faults(Vec::new());
//! sim.end_live("ana.live");
//! assert_eq!(sim.expected_totals("nobody").gift_units, 0);
//! sim.stop().await;
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! ```

mod answer;
mod batch;
mod battle;
mod browser;
mod crowd;
mod expected_totals;
mod faults;
mod flv;
mod fragments;
mod frame;
pub mod gifts;
mod handshake;
mod hls;
mod host;
mod info;
mod media;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod message;
#[cfg(not(feature = "internals"))]
#[allow(dead_code, reason = "the tests say more than the simulator does")]
mod message;
mod provider;
mod proxy;
mod query;
mod room;
mod server;
mod site;
mod socket;
mod tls;
mod traffic;
mod transport_stream;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

pub use self::expected_totals::ExpectedTotals;
pub use self::faults::{FaultGroup, SimFault, UnknownFault};
pub use self::room::SimHistory;
use self::world::{Address, World};
pub use self::world::{SeenRequest, SocketCounts};

/// How a simulator is set up.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SimOptions {
    /// The port on 127.0.0.1; 0 finds a free one.
    pub port: u16,
    /// Whether to speak https and wss too, with a throw-away authority; the addresses it names are then of that kind.
    pub tls: bool,
    /// What the crowd grows from.
    pub seed: u64,
    /// Messages per second in the chatty room; the others say less. At 0 one can connect and nothing is sent, no battle
    /// begins and nobody goes live.
    pub rate: f64,
    /// How many rooms: a chatty one, a battle, a late one, then more chatty ones.
    pub rooms: usize,
    /// What goes wrong from the start.
    pub faults: Vec<SimFault>,
    /// How long sockets wait for clients.
    pub client_timeouts: ClientTimeouts,
    /// How long the lives have been on when the simulator starts; what they said until then is in [`Sim::recorded_history`].
    pub age: Duration,
    /// Which start it is of a service that begins anew: lives and messages of another start have other ids.
    pub start: u32,
    /// The chatty room plays the script of the demo: battles that turn, raids, a streak, a lost connection.
    pub scripted: bool,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            port: 0,
            tls: false,
            seed: 1,
            rate: 10.0,
            rooms: 3,
            faults: Vec::new(),
            client_timeouts: ClientTimeouts::default(),
            age: Duration::ZERO,
            start: 0,
            scripted: false,
        }
    }
}

impl SimOptions {
    /// The same on this port of 127.0.0.1; 0 finds a free one.
    pub fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// The same with https and wss, or without.
    pub fn with_tls(self, tls: bool) -> Self {
        Self { tls, ..self }
    }

    /// The same with a crowd that grows from this seed.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same with so many messages a second in the chatty room.
    pub fn with_rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// The same with so many rooms.
    pub fn with_rooms(self, rooms: usize) -> Self {
        Self { rooms, ..self }
    }

    /// The same with what goes wrong from the start.
    pub fn with_faults(self, faults: impl IntoIterator<Item = SimFault>) -> Self {
        Self { faults: faults.into_iter().collect(), ..self }
    }

    /// The same with lives that have been on for so long.
    pub fn with_age(self, age: Duration) -> Self {
        Self { age, ..self }
    }

    /// The same as another start of the service, whose lives and messages have ids of their own.
    pub fn with_start(self, start: u32) -> Self {
        Self { start, ..self }
    }

    /// The same with the script of the demo, or without.
    pub fn with_script(self, scripted: bool) -> Self {
        Self { scripted, ..self }
    }

    /// The same with sockets that wait so long.
    pub fn with_client_timeouts(self, client_timeouts: ClientTimeouts) -> Self {
        Self { client_timeouts, ..self }
    }
}

impl ClientTimeouts {
    /// So long for a heartbeat, and so long for an ack.
    pub fn new(heartbeat: Duration, ack: Duration) -> Self {
        Self { heartbeat, ack }
    }
}

/// How long a socket waits for what a client owes before it is closed.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClientTimeouts {
    /// For a heartbeat.
    pub heartbeat: Duration,
    /// For an ack, while one is owed.
    pub ack: Duration,
}

impl Default for ClientTimeouts {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(60), ack: Duration::from_secs(180) }
    }
}

/// A running simulator; it stops when dropped.
#[derive(Debug)]
pub struct Sim {
    world: Arc<World>,
    address: SocketAddr,
    ca_pem: Option<String>,
    tasks: Vec<JoinHandle<()>>,
}

/// What the lives said before the simulator started.
#[derive(Clone, Debug)]
pub struct SimHistories(Arc<World>);

impl SimHistories {
    /// Takes that of a room's live; nothing for a room that does not exist.
    pub fn of(&self, name: &str) -> Option<SimHistory> {
        self.0.by_name(name).map(|room| room.recorded_history())
    }
}

impl Sim {
    /// Starts serving on 127.0.0.1. Fails where the port is taken.
    pub async fn start(options: SimOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let (acceptor, ca_pem) = if options.tls {
            let tls = tls::make()?;
            (Some(tls.acceptor), Some(tls.ca_pem))
        } else {
            (None, None)
        };
        let place = Address { authority: address.to_string(), tls: options.tls };
        let world = Arc::new(World::new(&options, place));
        let mut tasks = vec![tokio::spawn(server::run(world.clone(), listener, acceptor))];
        tasks.extend((0..world.rooms.len()).map(|index| tokio::spawn(play(world.clone(), index))));
        Ok(Self { world, address, ca_pem, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, or https: for TikTok's two sites and the provider alike.
    pub fn base_url(&self) -> String {
        self.world.address.http()
    }

    /// `ws://127.0.0.1:port`, or wss.
    pub fn socket_url(&self) -> String {
        self.world.address.socket()
    }

    /// The authority a client must trust, where TLS is on.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The handles of the rooms: the chatty one, the battle, the late one, then the others.
    pub fn names(&self) -> Vec<String> {
        self.world.rooms.iter().map(|room| room.host.handle.clone()).collect()
    }

    /// The id of a room's live, or of its last one. 0 for a room that does not exist.
    pub fn room_id(&self, name: &str) -> i64 {
        self.world.by_name(name).map_or(0, |room| room.facts().room_id)
    }

    /// What a room's live has sent to those who listened; empty for a room that does not exist.
    pub fn expected_totals(&self, name: &str) -> ExpectedTotals {
        self.world.by_name(name).map(|room| room.expected_totals()).unwrap_or_default()
    }

    /// What was sent in each live of a room, oldest first, the last one being that of [`Sim::expected_totals`]. The latest
    /// thousand lives are kept.
    pub fn expected_totals_of_lives(&self, name: &str) -> Vec<ExpectedTotals> {
        self.world.by_name(name).map(|room| room.totals_of_lives()).unwrap_or_default()
    }

    /// Takes what a room's live said before the simulator started; nothing for a room that does not exist.
    pub fn recorded_history(&self, name: &str) -> Option<SimHistory> {
        self.histories().of(name)
    }

    /// What all lives said before the simulator started, to be asked for room by room, from any thread: it takes a while.
    pub fn histories(&self) -> SimHistories {
        SimHistories(self.world.clone())
    }

    /// Every request so far (the last 10 000), handshakes too, oldest first.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.world.requests()
    }

    /// What all sockets did so far.
    pub fn sockets(&self) -> SocketCounts {
        self.world.socket_counts()
    }

    /// Replaces the faults that hold.
    pub fn set_faults(&self, faults: Vec<SimFault>) {
        self.world.set_faults(faults);
    }

    /// Begins a new live, unless the room is live. Like all verbs here it does nothing for a room that does not exist.
    pub fn go_live(&self, name: &str) {
        self.with_room(name, |room| room.go_live(&self.world.faults()));
    }

    /// Ends the live as its host would: control 3, status 4, sockets closed.
    pub fn end_live(&self, name: &str) {
        self.with_room(name, |room| room.end_live(3, &self.world.faults()));
    }

    /// Ends the live as TikTok would: control 4.
    pub fn ban(&self, name: &str) {
        self.with_room(name, |room| room.end_live(4, &self.world.faults()));
    }

    /// Pauses or resumes the live.
    pub fn pause(&self, name: &str, paused: bool) {
        self.with_room(name, |room| room.pause(paused, &self.world.faults()));
    }

    #[cfg(feature = "internals")]
    #[doc(hidden)]
    /// Sends exactly these messages, in one frame, to everybody in the room.
    pub fn push(&self, name: &str, messages: Vec<crate::wire::pb::Message>) {
        self.with_room(name, |room| room.push(messages, &self.world.faults()));
    }

    /// Breaks all sockets without a word.
    pub fn drop_sockets(&self) {
        self.world.cut.send_modify(|turn| *turn += 1);
    }

    /// Stops serving and waits until nothing listens any more.
    pub async fn stop(mut self) {
        self.world.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has stopped too.
            let _ = task.await;
        }
    }

    fn with_room(&self, name: &str, act: impl FnOnce(&room::SimRoom)) {
        if let Some(room) = self.world.by_name(name) {
            act(room);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.world.stop.cancel();
    }
}

/// Plays the script of one room until the world stops.
async fn play(world: Arc<World>, index: usize) {
    let Some(room) = world.rooms.get(index) else { return };
    let Some(every) = room.flush_every() else { return };
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = world.stop.cancelled() => return,
            _ = ticks.tick() => room.tick(&world.faults()),
        }
    }
}
