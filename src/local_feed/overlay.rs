//! Overlay page: one file, drawn in a browser source from the feed of the same port. It asks no other address for anything, and
//! its policy lets it run no script but its own.

use super::server::{self, FeedAnswer};

const PAGE: &str = include_str!("../../assets/overlay.html");
/// Stands in the page where the nonce goes.
const NONCE: &str = "{{nonce}}";

/// The page, for the feed on this port.
pub(super) fn page(port: u16) -> FeedAnswer {
    let nonce = format!("{:032x}", fastrand::u128(..));
    server::page(PAGE.replace(NONCE, &nonce), &policy(port, &nonce))
}

/// Styles may be written into the page: OBS does so with what its users put into "Custom CSS".
fn policy(port: u16, nonce: &str) -> String {
    let sockets = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("ws://{host}:{port}")).join(" ");
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; connect-src 'self' {sockets}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self' file:; require-trusted-types-for 'script'; \
         trusted-types 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_outside_address_and_writes_no_markup() {
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!PAGE.contains(outside), "{outside}");
        }
        for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "on="]
        {
            assert!(!PAGE.contains(markup), "{markup}");
        }
        assert_eq!(PAGE.matches("<script").count(), 1);
        assert!(PAGE.contains(r#"<script nonce="{{nonce}}">"#));
    }

    #[test]
    fn each_page_has_a_nonce_of_its_own() {
        let policies = [page(1), page(1)].map(|answer| answer.headers()["content-security-policy"].clone());
        assert_ne!(policies[0], policies[1]);
        assert!(policies[0].to_str().unwrap().contains("ws://[::1]:1;"));
    }
}
