//! Scanner for the paths that a Rust source names: `use` trees unfolded, `super` resolved, comments, texts and test code
//! left out.
//!
//! Reads words, not syntax: enough for imports, and it cannot fall behind the language.

/// What a source names.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Every path of two words or more, and every macro (`println!`).
    pub(super) uses: Vec<Use>,
    /// Modules in other files that are compiled for tests alone.
    pub(super) test_modules: Vec<String>,
}

/// One path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Line of its last word, from 1.
    pub(super) line: usize,
    /// Its words; what lies in the crate begins with `crate`.
    pub(super) path: Vec<String>,
}

/// Scans the source of the module at `module` (`["room", "stats"]`).
pub(super) fn scan(module: &[String], source: &str) -> Scan {
    let tokens = tokens(source);
    let mut scanner = Scanner { tokens: &tokens, home: module.to_vec(), inner: Vec::new(), found: Scan::default() };
    scanner.run();
    scanner.found
}

struct Scanner<'a> {
    tokens: &'a [(usize, String)],
    /// The module of the file.
    home: Vec<String>,
    /// Modules opened inside the file, each with the depth of braces outside it.
    inner: Vec<(usize, String)>,
    found: Scan,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let (mut at, mut depth) = (0, 0_usize);
        while at < self.tokens.len() {
            if let Some(after) = self.after_test_attribute(at) {
                at = self.skip_item(after);
                continue;
            }
            match self.token(at) {
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    self.inner.pop_if(|(outside, _)| *outside == depth);
                }
                "mod" if self.token(at + 2) == "{" => self.inner.push((depth, self.token(at + 1).to_owned())),
                word if is_word(word) => {
                    at = self.path(at, Vec::new());
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |(_, token)| token)
    }

    /// Reads the path that starts at `at`, and whatever its braces unfold to; returns what follows it.
    fn path(&mut self, mut at: usize, mut path: Vec<String>) -> usize {
        path.push(self.token(at).to_owned());
        while self.token(at + 1) == "::" {
            match self.token(at + 2) {
                "{" => return self.group(at + 3, &path),
                word if is_word(word) || word == "*" => path.push(word.to_owned()),
                _ => break,
            }
            at += 2;
        }
        if path.len() > 1 || path.iter().any(|word| word.ends_with('!')) {
            let line = self.tokens[at].0;
            let path = self.absolute(path);
            self.found.uses.push(Use { line, path });
        }
        at + 1
    }

    fn group(&mut self, mut at: usize, path: &[String]) -> usize {
        while !matches!(self.token(at), "}" | "") {
            if is_word(self.token(at)) {
                at = self.path(at, path.to_vec());
                if self.token(at) == "as" {
                    at += 2;
                }
            } else {
                at += 1;
            }
        }
        at + 1
    }

    /// `super` and `self` replaced by the module they stand for.
    fn absolute(&self, path: Vec<String>) -> Vec<String> {
        let mut here: Vec<String> =
            self.home.iter().cloned().chain(self.inner.iter().map(|(_, name)| name.clone())).collect();
        let supers = path.iter().take_while(|word| *word == "super").count();
        if supers == 0 && path[0] != "self" {
            return path;
        }
        here.truncate(here.len().saturating_sub(supers));
        here.insert(0, "crate".to_owned());
        here.extend(path.into_iter().skip(supers.max(1)));
        here
    }

    /// What follows `#[cfg(test)]` or `#[cfg(all(test, …))]` at `at`.
    fn after_test_attribute(&self, at: usize) -> Option<usize> {
        let is = |words: &[&str]| words.iter().enumerate().all(|(index, word)| self.token(at + index) == *word);
        if !is(&["#", "[", "cfg", "(", "test", ")"]) && !is(&["#", "[", "cfg", "(", "all", "(", "test"]) {
            return None;
        }
        Some(self.after_attribute(at))
    }

    fn after_attribute(&self, mut at: usize) -> usize {
        while !matches!(self.token(at), "]" | "") {
            at += 1;
        }
        at + 1
    }

    /// Steps over one item: to its `;`, or to the end of its braces.
    fn skip_item(&mut self, mut at: usize) -> usize {
        while self.token(at) == "#" {
            at = self.after_attribute(at);
        }
        let is_import = self.token(at) == "use" || (self.token(at) == "pub" && self.token(at + 1) == "use");
        let (mut braces, mut others) = (0_usize, 0_usize);
        while at < self.tokens.len() {
            match self.token(at) {
                "(" | "[" => others += 1,
                ")" | "]" => others = others.saturating_sub(1),
                "{" => braces += 1,
                "}" => {
                    braces = braces.saturating_sub(1);
                    if braces == 0 && !is_import {
                        return at + 1;
                    }
                }
                "mod" if self.token(at + 2) == ";" => self.found.test_modules.push(self.token(at + 1).to_owned()),
                ";" if braces == 0 && others == 0 => return at + 1,
                _ => {}
            }
            at += 1;
        }
        at
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The words and signs of a source with their lines; comments, texts and characters left out.
fn tokens(source: &str) -> Vec<(usize, String)> {
    let mut lexer = Lexer { rest: source, line: 1, tokens: Vec::new() };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<(usize, String)>,
}

impl Lexer<'_> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(comment_length(self.rest));
        } else if let Some(length) = text_length(self.rest) {
            self.skip(length);
        } else if first == '\'' {
            self.skip(character_length(self.rest));
        } else if self.rest.starts_with("::") {
            self.take(2);
        } else if first.is_alphanumeric() || first == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            let bang = self.rest[end..].starts_with('!') && !self.rest[end..].starts_with("!=");
            self.take(end + usize::from(bang));
        } else if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else {
            self.take(first.len_utf8());
        }
        true
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }

    fn take(&mut self, length: usize) {
        self.tokens.push((self.line, self.rest[..length].to_owned()));
        self.skip(length);
    }
}

fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        let step = if rest.starts_with("/*") || rest.starts_with("*/") {
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        depth = if rest.starts_with("/*") { depth + 1 } else { depth - usize::from(rest.starts_with("*/")) };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the text literal that `text` begins with, plain or raw, of bytes or not.
fn text_length(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    if text.len() - body.len() > 1 {
        return None;
    }
    let raw = body.strip_prefix('r');
    let hashes = raw.map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
    let open = text.len() - body.len() + raw.map_or(0, |_| 1 + hashes);
    let inside = text[open..].strip_prefix('"')?;
    let length = if raw.is_some() {
        let close = format!("\"{}", "#".repeat(hashes));
        inside.find(&close).map(|at| at + close.len())
    } else {
        let mut escaped = false;
        inside
            .find(|c: char| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })
            .map(|at| at + 1)
    };
    Some(open + 1 + length.unwrap_or(inside.len()))
}

/// The length of the character literal that `text` begins with; 1 for the tick of a lifetime.
fn character_length(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = at + escaped.len_utf8();
            from + text[from..].find('\'').map_or(0, |at| at + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}
