//! Messages that change nothing we keep, but that other libraries name: said by name, with their text where they have one.

use super::Reading;
use super::announce::{Places, side_show};

/// Makes a reading of a name and the places of code, text and words.
macro_rules! side_show {
    ($name:literal, $($place:ident: $number:literal),*) => {
        |context, message| side_show(context, message, $name, Places { $($place: $number,)* ..Places::default() })
    };
}

/// The reading of a side show; nothing for what nobody named.
pub(super) fn reading(method: &str) -> Option<Reading> {
    Some(match method {
        "WebcastBoostCardMessage" => side_show!("boost_card",),
        "WebcastCapsuleMessage" => side_show!("capsule", code: 6, text: 3),
        "WebcastEnvelopePortalMessage" => side_show!("envelope_portal",),
        "WebcastGameRankNotifyMessage" => side_show!("game_rank_notify", code: 2, text: 3),
        "WebcastGiftCollectionUpdateMessage" => side_show!("gift_collection_update",),
        "WebcastGiftDynamicRestrictionMessage" => side_show!("gift_dynamic_restriction",),
        "WebcastGiftPanelUpdateMessage" => side_show!("gift_panel_update",),
        "WebcastGiftPromptMessage" => side_show!("gift_prompt", words: 3),
        "WebcastGuideMessage" => side_show!("guide", code: 2, words: 4),
        "WebcastLiveGameIntroMessage" => side_show!("live_game_intro", text: 2),
        "WebcastMsgDetectMessage" => side_show!("msg_detect", code: 2, words: 6),
        "WebcastNoticeMessage" => side_show!("notice", code: 3, text: 11, words: 2),
        "WebcastPartnershipCardChangeMessage" => side_show!("partnership_card_change", code: 3),
        "WebcastPartnershipDownloadCountMessage" => side_show!("partnership_download_count",),
        "WebcastPartnershipDropsUpdateMessage" => side_show!("partnership_drops_update",),
        "WebcastPartnershipGameOfflineMessage" => side_show!("partnership_game_offline",),
        "WebcastPartnershipPunishMessage" => side_show!("partnership_punish",),
        "WebcastSpeakerMessage" => side_show!("speaker",),
        "WebcastSubPinEventMessage" => side_show!("sub_pin_event", code: 2),
        "WebcastToastMessage" => side_show!("toast",),
        "WebcastViewerPicksUpdateMessage" => side_show!("viewer_picks_update",),
        "WebcastWishlistUpdateMessage" => side_show!("wishlist_update",),
        _ => return None,
    })
}
