//! Guests: who sits beside the host and what each of them was given.
//!
//! Lists with names, lists of bare ids and coins come in messages of their own, in any order: each fills what the others
//! left out, and nobody is forgotten for being unnamed in one of them.

use serde::{Deserialize, Serialize};

use crate::events::{Guest, GuestTickets, Link, LinkAction, LinkScene, Viewer};
use crate::ids::UserId;
use crate::text::Text;

/// Guests kept; the service seats fewer.
const MAX_GUESTS: usize = 64;

/// The line of guests, or of co-hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Guests {
    /// Everybody in it, the host too where the service lists them; most coins first.
    pub list: Vec<GuestState>,
    /// Guests or co-hosts.
    pub scene: LinkScene,
    /// How many ask to come in.
    pub waiting: u64,
    /// Coins of all of them, as the service reports.
    pub coins: u64,
}

/// Somebody in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GuestState {
    /// Who.
    pub id: Option<UserId>,
    /// Display name; empty while nobody told it.
    pub name: Text,
    /// Handle; empty while nobody told it.
    pub unique_id: Text,
    /// Is the host of the line.
    pub host: bool,
    /// Coins received here, as the service reports.
    pub coins: u64,
}

/// What a row of the log says about the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum GuestNews {
    /// It was closed.
    Closed,
    /// Somebody left it.
    Left(Text),
    /// People are new in it.
    Came {
        /// As guests or co-hosts.
        scene: LinkScene,
        /// What they are called.
        names: Vec<Text>,
    },
}

impl Guests {
    /// Takes in a change of the line. Says what to log.
    pub(super) fn link(&mut self, link: &Link, host: Option<UserId>) -> Option<GuestNews> {
        match link.action {
            LinkAction::Close => {
                let parted = !self.list.is_empty();
                *self = Self::default();
                return parted.then_some(GuestNews::Closed);
            }
            LinkAction::Leave | LinkAction::Kick => {
                let at = self.list.iter().position(|guest| guest.id.is_some() && guest.id == link.who)?;
                let gone = self.list.remove(at);
                return gone.name_shown().cloned().map(GuestNews::Left);
            }
            _ => {}
        }
        self.waiting = link.waiting.unwrap_or(self.waiting);
        let told = link.guests.as_ref()?;
        self.scene = link.scene;
        let before = std::mem::take(&mut self.list);
        self.list = told.iter().take(MAX_GUESTS).map(|guest| GuestState::of(guest, &before)).collect();
        self.sort();
        self.arrivals(&before, host)
    }

    /// Takes in what guests were given.
    pub(super) fn tickets(&mut self, tickets: &GuestTickets) {
        self.coins = tickets.total;
        for told in &tickets.guests {
            if let Some(guest) = self.list.iter_mut().find(|guest| guest.id == Some(told.id)) {
                guest.coins = told.coins;
            } else if self.list.len() < MAX_GUESTS {
                let (id, coins) = (Some(told.id), told.coins);
                self.list.push(GuestState { id, coins, ..GuestState::default() });
            }
        }
        self.sort();
    }

    /// Who is new in the line, where we know what it was before and what they are called.
    fn arrivals(&self, before: &[GuestState], host: Option<UserId>) -> Option<GuestNews> {
        let known = |guest: &&GuestState| before.iter().any(|held| held.id == guest.id && held.called().is_some());
        let hosts = |guest: &&GuestState| guest.host || (host.is_some() && guest.id == host);
        let new = self.list.iter().filter(|guest| !hosts(guest) && !known(guest));
        let names: Vec<Text> = new.filter_map(GuestState::name_shown).cloned().collect();
        (!names.is_empty()).then_some(GuestNews::Came { scene: self.scene, names })
    }

    /// Most coins first; equal ones by id, so that every mirror agrees.
    fn sort(&mut self) {
        self.list.sort_by_key(|guest| (std::cmp::Reverse(guest.coins), guest.id));
    }
}

impl GuestState {
    /// What to call them: nickname, else handle; nothing while neither is known.
    pub fn called(&self) -> Option<&str> {
        self.name_shown().map(Text::as_str)
    }

    fn name_shown(&self) -> Option<&Text> {
        [&self.name, &self.unique_id].into_iter().find(|name| !name.is_empty())
    }

    /// A guest as told now, with what only earlier messages said.
    fn of(guest: &Guest, before: &[Self]) -> Self {
        /// The role of the host in `WebcastLinkMessage`.
        const HOST: u32 = 1;
        let person: &Viewer = &guest.person;
        let held = before.iter().find(|held| held.id.is_some() && held.id == person.id).cloned().unwrap_or_default();
        let or_held = |told: &Text, held: Text| if told.is_empty() { held } else { told.clone() };
        Self {
            id: person.id,
            name: or_held(&person.nickname, held.name),
            unique_id: or_held(&person.unique_id, held.unique_id),
            host: held.host || guest.role == HOST,
            coins: guest.coins.unwrap_or(held.coins),
        }
    }
}
