//! Routes out of this machine: one for everybody, and one for each room that has a proxy of its own.
//!
//! All that concerns a room (look-ups, sockets, streams) takes the room's way, because a way that is left once is
//! no way at all. What TikTok learns about us (the anonymous cookie) belongs to a way and is never carried to another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::anonymous_cookie::AnonymousCookies;
use super::error::{ServiceError, ServiceErrorKind};
use super::http::{Http, HttpOptions, Proxies};
use crate::config::{Settings, in_range};
use crate::ids::{RoomId, Target, UniqueId};

/// Lives and new names remembered with the way of their host. Each look-up of a host renews his.
const REMEMBERED_ROUTES: usize = 1_024;

/// A way out, with the anonymous cookie that TikTok gave on it.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) http: Arc<Http>,
    pub(super) anonymous_cookies: AnonymousCookies,
}

/// All ways out.
#[derive(Debug)]
pub(super) struct Routes {
    usual: Arc<Route>,
    /// As the settings say, by name and by room id.
    own: Vec<(Target, Arc<Route>)>,
    /// Lives and newer names of those hosts.
    learned: Mutex<VecDeque<(Target, Arc<Route>)>>,
}

impl Routes {
    /// Checks the proxies' addresses; builds nothing.
    pub(super) fn new(settings: &Settings, proxies: Proxies) -> Result<Self, ServiceError> {
        let service = &settings.service;
        let route = |option: &str, proxy: &str| {
            let http = Http::new(HttpOptions {
                proxies,
                option,
                proxy,
                ca_file: &service.ca_file,
                invalid_certs: service.danger_accept_invalid_certs,
                timeout: Duration::from_secs(in_range("service.timeout_seconds", service.timeout_seconds)),
            })?;
            Ok::<_, ServiceError>(Arc::new(Route {
                http: Arc::new(http),
                anonymous_cookies: AnonymousCookies::default(),
            }))
        };
        let own = settings.proxies.iter().map(|(name, proxy)| {
            let target = name
                .parse::<Target>()
                .map_err(|error| ServiceError::new(ServiceErrorKind::Setup, format!("proxies: {error}")))?;
            Ok((target, route("a proxy in [proxies]", proxy)?))
        });
        Ok(Self {
            usual: route("service.proxy", &service.proxy)?,
            own: own.collect::<Result<_, ServiceError>>()?,
            learned: Mutex::default(),
        })
    }

    /// The way of everybody without one of their own.
    pub(super) fn usual(&self) -> &Arc<Route> {
        &self.usual
    }

    /// The way of a host.
    pub(super) fn of_host(&self, name: &UniqueId) -> Arc<Route> {
        self.find(&Target::Host(name.clone())).unwrap_or_else(|| Arc::clone(&self.usual))
    }

    /// The way of a live, by its host where we know him.
    pub(super) fn of_room(&self, room: RoomId, host: Option<&UniqueId>) -> Arc<Route> {
        host.and_then(|name| self.find(&Target::Host(name.clone())))
            .or_else(|| self.find(&Target::Room(room)))
            .unwrap_or_else(|| Arc::clone(&self.usual))
    }

    /// Remembers that a live belongs to a host, so that what is known under one name takes the same way under the other.
    pub(super) fn learn(&self, room: RoomId, host: &UniqueId) {
        let (room, host) = (Target::Room(room), Target::Host(host.clone()));
        match (self.find(&host), self.find(&room)) {
            (Some(way), None) => self.remember(room, way),
            (None, Some(way)) => self.remember(host, way),
            _ => {}
        }
    }

    fn remember(&self, target: Target, way: Arc<Route>) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.len() == REMEMBERED_ROUTES {
            learned.pop_front();
        }
        learned.push_back((target, way));
    }

    fn find(&self, target: &Target) -> Option<Arc<Route>> {
        let of = |(known, way): &(Target, Arc<Route>)| (known == target).then(|| Arc::clone(way));
        self.own
            .iter()
            .find_map(of)
            .or_else(|| self.learned.lock().unwrap_or_else(PoisonError::into_inner).iter().find_map(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: RoomId = RoomId(7_300_000_000_000_000_001);
    const SECOND: RoomId = RoomId(7_300_000_000_000_000_002);

    fn routes() -> Routes {
        let mut settings = Settings::default();
        for (name, proxy) in [("@ana", "socks5://127.0.0.1:1"), ("7300000000000000002", "http://127.0.0.1:2")] {
            settings.proxies.insert(name.into(), proxy.into());
        }
        Routes::new(&settings, Proxies::Configured).unwrap()
    }

    fn is_usual(routes: &Routes, way: &Arc<Route>) -> bool {
        Arc::ptr_eq(way, routes.usual())
    }

    #[test]
    fn a_room_keeps_its_way_under_every_name() {
        let routes = routes();
        let (ana, new_name) = ("ana".parse().unwrap(), "ana.new".parse().unwrap());
        let own = routes.of_host(&ana);
        assert!(!is_usual(&routes, &own) && is_usual(&routes, &routes.of_room(FIRST, None)));
        routes.learn(FIRST, &ana);
        assert!(Arc::ptr_eq(&own, &routes.of_room(FIRST, None)), "a live takes its host's way");
        routes.learn(FIRST, &new_name);
        assert!(Arc::ptr_eq(&own, &routes.of_host(&new_name)), "a new name takes the way of the old one");
        assert!(Arc::ptr_eq(&own, &routes.of_room(SECOND, Some(&ana))), "the host's way comes first");
        assert!(!is_usual(&routes, &routes.of_room(SECOND, None)));
    }

    #[test]
    fn what_has_no_way_of_its_own_is_not_remembered() {
        let routes = routes();
        for room in 1..=100 {
            routes.learn(RoomId(room), &"ben".parse().unwrap());
        }
        assert!(routes.learned.lock().unwrap().is_empty());
        for room in 1..=3_000 {
            routes.learn(RoomId(room), &"ana".parse().unwrap());
        }
        assert_eq!(routes.learned.lock().unwrap().len(), REMEMBERED_ROUTES);
    }

    #[test]
    fn a_bad_proxy_of_a_room_is_refused_without_its_password() {
        let mut settings = Settings::default();
        settings.proxies.insert("@ana".into(), "ftp://me:hunter2@proxy".into());
        let error = Routes::new(&settings, Proxies::None).unwrap_err().to_string();
        assert!(error.starts_with("a proxy in [proxies] is not the address") && !error.contains("hunter2"), "{error}");
    }
}
