//! Tests of the simulated traffic against the totals it promises.

use prost::Message as _;

use super::*;

fn live(rate: f64, rival: bool) -> Traffic {
    let person = |id| pb::User { id, nickname: "Host".to_owned(), ..pb::User::default() };
    let cast = LivePeople {
        host: person(11),
        rival: rival.then(|| person(22)),
        room_id: 7,
        seed: 3,
        first_id: 1_000,
        began_ms: 1_790_000_000_000,
        rate,
        watching: 200,
        script: None,
        follows_curve: false,
    };
    Traffic::new(cast, &Faults::default())
}

fn gifts(messages: &[pb::Message]) -> Vec<pb::GiftMessage> {
    messages
        .iter()
        .filter(|message| message.method == "WebcastGiftMessage")
        .map(|message| pb::GiftMessage::decode(message.payload.clone()).unwrap())
        .collect()
}

#[test]
fn the_same_seed_says_the_same_however_often_it_is_asked() {
    let whole = live(20.0, true).advance(90 * SECOND, &Faults::default());
    let mut steps = live(20.0, true);
    let pieces: Vec<_> = (1..=900).flat_map(|tenth| steps.advance(tenth * SECOND / 10, &Faults::default())).collect();
    assert_eq!(whole, pieces);
}

#[test]
fn the_rate_is_messages_per_second() {
    let said = live(50.0, false).advance(200 * SECOND, &Faults::default()).len() as f64 / 200.0;
    assert!((40.0..62.0).contains(&said), "{said} a second");
}

#[test]
fn nothing_happens_at_rate_zero() {
    assert!(live(0.0, true).advance(3_600 * SECOND, &Faults::default()).is_empty());
}

#[test]
fn ids_are_unique_and_streaks_grow_to_their_end() {
    let said = live(50.0, false).advance(120 * SECOND, &Faults::default());
    let ids: std::collections::BTreeSet<_> = said.iter().map(|message| message.msg_id).collect();
    assert_eq!(ids.len(), said.len());
    let mut counts = BTreeMap::new();
    for gift in gifts(&said).into_iter().filter(|gift| gift.group_id != 0) {
        let key = (gift.user.unwrap().id, gift.gift_id, gift.group_id);
        let before: i64 = counts.insert(key, gift.repeat_count).unwrap_or(0);
        let price = gift.gift.unwrap().diamond_count;
        match gift.repeat_end {
            0 => assert_eq!(gift.fan_ticket_count, (gift.repeat_count - before) * price),
            _ => assert_eq!((gift.repeat_count, gift.fan_ticket_count), (before, 0)),
        }
    }
    assert!(counts.len() > 20);
}

#[test]
fn a_lost_end_is_the_only_thing_lost() {
    let faults = Faults::new(vec![SimFault::LostRepeatEnd]);
    let said = gifts(&live(50.0, false).advance(60 * SECOND, &faults));
    assert!(said.iter().any(|gift| gift.repeat_count > 1) && said.iter().all(|gift| gift.repeat_end == 0));
}

#[test]
fn a_battle_starts_scores_ends_and_is_followed_by_the_next() {
    let said = live(10.0, true).advance(100 * SECOND, &Faults::default());
    let story: Vec<_> = said
        .iter()
        .filter_map(|message| match message.method.as_str() {
            "WebcastLinkMicBattle" => Some(pb::LinkMicBattle::decode(message.payload.clone()).unwrap().action),
            "WebcastLinkMicBattlePunishFinish" => Some(99),
            _ => None,
        })
        .collect();
    assert_eq!(story, [4, 5, 99, 4]);
    let last = said.iter().rfind(|message| message.method == "WebcastLinkMicBattle" && message.payload.len() > 10);
    assert!(last.is_some());
    let points = said.iter().filter(|message| message.method == "WebcastLinkMicArmies").count();
    assert!(points > 20, "{points} times points");
}

#[test]
fn the_host_puts_things_up_in_a_round_and_takes_them_down() {
    let said = live(1.0, true).advance(100 * SECOND, &Faults::default());
    let count = |method: &str| said.iter().filter(|message| message.method == method).count();
    let polls: Vec<_> = said
        .iter()
        .filter(|message| message.method == "WebcastPollMessage")
        .map(|message| pb::PollMessage::decode(message.payload.clone()).unwrap())
        .collect();
    let stages: Vec<_> = polls.iter().map(|poll| poll.message_type).collect();
    assert_eq!(stages[..5], [0, 2, 2, 2, 1]);
    assert!(polls[..5].iter().all(|poll| poll.poll_id == polls[0].poll_id));
    let asked = count("WebcastQuestionSelectedMessage");
    assert!(asked > 0 && asked == count("WebcastQuestionSlideDownMessage"));
    for method in [
        "WebcastGoalUpdateMessage",
        "WebcastRoomPinMessage",
        "WebcastCaptionMessage",
        "WebcastRankTextMessage",
        "WebcastRankUpdateMessage",
        "WebcastLinkMicFanTicketMethod",
        "WebcastLinkMicBattleItemCard",
    ] {
        assert!(count(method) > 0, "{method}");
    }
}
