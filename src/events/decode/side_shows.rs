//! Messages that change nothing we keep, but that other libraries name: said by name, with their text where they have one.

use super::Reading;
use super::announce::{Places, side_show};

/// Makes a reading of a name and the places of its code, its text and its words.
macro_rules! side_show {
    ($name:literal, $code:literal, $text:literal, $words:literal) => {
        |context, message| side_show(context, message, $name, Places { code: $code, text: $text, words: $words })
    };
}

/// The reading of a side show; nothing for what nobody named.
pub(super) fn reading(method: &str) -> Option<Reading> {
    Some(match method {
        "WebcastBoostCardMessage" => side_show!("boost_card", 0, 0, 0),
        "WebcastCapsuleMessage" => side_show!("capsule", 6, 3, 0),
        "WebcastEnvelopePortalMessage" => side_show!("envelope_portal", 0, 0, 0),
        "WebcastGameRankNotifyMessage" => side_show!("game_rank_notify", 2, 3, 0),
        "WebcastGiftCollectionUpdateMessage" => side_show!("gift_collection_update", 0, 0, 0),
        "WebcastGiftDynamicRestrictionMessage" => side_show!("gift_dynamic_restriction", 0, 0, 0),
        "WebcastGiftPanelUpdateMessage" => side_show!("gift_panel_update", 0, 0, 0),
        "WebcastGiftPromptMessage" => side_show!("gift_prompt", 0, 0, 3),
        "WebcastGuideMessage" => side_show!("guide", 2, 0, 4),
        "WebcastLiveGameIntroMessage" => side_show!("live_game_intro", 0, 2, 0),
        "WebcastMsgDetectMessage" => side_show!("msg_detect", 2, 0, 6),
        "WebcastNoticeMessage" => side_show!("notice", 3, 11, 2),
        "WebcastPartnershipCardChangeMessage" => side_show!("partnership_card_change", 3, 0, 0),
        "WebcastPartnershipDownloadCountMessage" => side_show!("partnership_download_count", 0, 0, 0),
        "WebcastPartnershipDropsUpdateMessage" => side_show!("partnership_drops_update", 0, 0, 0),
        "WebcastPartnershipGameOfflineMessage" => side_show!("partnership_game_offline", 0, 0, 0),
        "WebcastPartnershipPunishMessage" => side_show!("partnership_punish", 0, 0, 0),
        "WebcastSpeakerMessage" => side_show!("speaker", 0, 0, 0),
        "WebcastSubPinEventMessage" => side_show!("sub_pin_event", 2, 0, 0),
        "WebcastToastMessage" => side_show!("toast", 0, 0, 0),
        "WebcastViewerPicksUpdateMessage" => side_show!("viewer_picks_update", 0, 0, 0),
        "WebcastWishlistUpdateMessage" => side_show!("wishlist_update", 0, 0, 0),
        _ => return None,
    })
}
