//! Names of people and hosts, and parts of them as they are typed: case, accents and letters of another style say nothing.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// A name, or a part of one, as somebody typed it.
pub(super) struct AskedName {
    folded: String,
}

impl AskedName {
    pub(super) fn new(typed: &str) -> Self {
        Self { folded: folded(typed.trim().trim_start_matches('@')).into_owned() }
    }

    /// Whether it is this handle.
    pub(super) fn is(&self, handle: &str) -> bool {
        folded(handle) == self.folded
    }

    /// Whether it is in this name.
    pub(super) fn is_in(&self, name: &str) -> bool {
        folded(name).contains(&self.folded)
    }
}

/// A text as names are compared.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_upper { text.to_ascii_lowercase().into() } else { text.into() };
    }
    let is_accent = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    text.nfkd().filter(|c| !is_accent(c)).flat_map(char::to_lowercase).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_style_say_nothing() {
        for typed in ["SÓNIA", "sónia", "sonia", "@Sonia", "so\u{301}nia"] {
            let asked = AskedName::new(typed);
            for name in ["Sónia", "SO\u{301}NIA", "𝓢𝓸𝓷𝓲𝓪", "Ｓｏｎｉａ"] {
                assert!(asked.is(name) && asked.is_in(&format!("La {name} ✨")), "{typed} in {name}");
            }
            assert!(!asked.is("sonia.k") && asked.is_in("sonia.k") && !asked.is_in("anna"));
        }
        assert!(AskedName::new("МАША").is_in("Маша") && AskedName::new("日本").is_in("日本語"));
    }
}
