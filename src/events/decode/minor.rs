//! Messages that change nothing we keep, but that other libraries name: said by name, with their text where they have one.

use super::Reading;
use super::announce::{Places, minor};

/// Makes a reading of a name and the places of its code, its text and its words.
macro_rules! minor {
    ($name:literal, $code:literal, $text:literal, $words:literal) => {
        |context, message| minor(context, message, $name, Places { code: $code, text: $text, words: $words })
    };
}

/// The reading of a minor event; nothing for what nobody named.
pub(super) fn reading(method: &str) -> Option<Reading> {
    Some(match method {
        "WebcastBoostCardMessage" => minor!("boost_card", 0, 0, 0),
        "WebcastCapsuleMessage" => minor!("capsule", 6, 3, 0),
        "WebcastEnvelopePortalMessage" => minor!("envelope_portal", 0, 0, 0),
        "WebcastGameRankNotifyMessage" => minor!("game_rank_notify", 2, 3, 0),
        "WebcastGiftCollectionUpdateMessage" => minor!("gift_collection_update", 0, 0, 0),
        "WebcastGiftDynamicRestrictionMessage" => minor!("gift_dynamic_restriction", 0, 0, 0),
        "WebcastGiftPanelUpdateMessage" => minor!("gift_panel_update", 0, 0, 0),
        "WebcastGiftPromptMessage" => minor!("gift_prompt", 0, 0, 3),
        "WebcastGuideMessage" => minor!("guide", 2, 0, 4),
        "WebcastLiveGameIntroMessage" => minor!("live_game_intro", 0, 2, 0),
        "WebcastMsgDetectMessage" => minor!("msg_detect", 2, 0, 6),
        "WebcastNoticeMessage" => minor!("notice", 3, 11, 2),
        "WebcastPartnershipCardChangeMessage" => minor!("partnership_card_change", 3, 0, 0),
        "WebcastPartnershipDownloadCountMessage" => minor!("partnership_download_count", 0, 0, 0),
        "WebcastPartnershipDropsUpdateMessage" => minor!("partnership_drops_update", 0, 0, 0),
        "WebcastPartnershipGameOfflineMessage" => minor!("partnership_game_offline", 0, 0, 0),
        "WebcastPartnershipPunishMessage" => minor!("partnership_punish", 0, 0, 0),
        "WebcastSpeakerMessage" => minor!("speaker", 0, 0, 0),
        "WebcastSubPinEventMessage" => minor!("sub_pin_event", 2, 0, 0),
        "WebcastToastMessage" => minor!("toast", 0, 0, 0),
        "WebcastViewerPicksUpdateMessage" => minor!("viewer_picks_update", 0, 0, 0),
        "WebcastWishlistUpdateMessage" => minor!("wishlist_update", 0, 0, 0),
        _ => return None,
    })
}
