//! Template of `record.name`: the names that recordings get.

/// What may stand in braces.
const FIELDS: [&str; 7] = ["user", "title", "room_id", "start", "date", "time", "quality"];

/// Why a template cannot be used: a sentence that goes on after the name of the option.
pub(super) fn check(template: &str) -> Result<(), String> {
    if template.split('/').any(|part| part.trim().is_empty() || matches!(part.trim(), "." | "..")) {
        return Err("names no file: write text and fields, such as {user}_{start}".to_owned());
    }
    for piece in template.split('{').skip(1) {
        let field = piece.split('}').next().unwrap_or_default();
        if !piece.contains('}') || !FIELDS.contains(&field) {
            return Err(format!("has no field {{{field}}}; there are: {{{}}}", FIELDS.join("}, {")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("{user}_{start}", true)]
    #[case("lives/{user}/{date} {time} {title}", true)]
    #[case("{name}", false)]
    #[case("{user", false)]
    #[case("", false)]
    #[case("{user}//x", false)]
    #[case("../{user}", false)]
    fn a_template_is_checked(#[case] template: &str, #[case] right: bool) {
        assert_eq!(check(template).is_ok(), right);
    }
}
