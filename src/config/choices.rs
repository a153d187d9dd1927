//! Macro of settings that are one word of a few: an enum whose variants are written as words, in a file and everywhere else.

macro_rules! choices {
    ($($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ })+) => {$(
        $(#[$doc])*
        #[derive(
            Clone,
            Copy,
            Debug,
            Default,
            PartialEq,
            Eq,
            serde::Serialize,
            serde::Deserialize,
            strum::Display,
            strum::EnumIter,
            strum::EnumString,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        #[cfg_attr(not(feature = "internals"), non_exhaustive)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }
    )+};
}
