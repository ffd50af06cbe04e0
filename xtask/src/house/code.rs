//! Rust without its comments and literals, so that a word found in it is code.

/// The text with every comment, string and character literal replaced by spaces; lines stay where
/// they are. A delimiter of a string goes with it.
pub fn strip(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_before = code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let length = literal_or_comment(rest, word_before);
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// How many bytes at the start of `text` are a comment or a literal; 0 if it is code.
fn literal_or_comment(text: &str, word_before: bool) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    if text.starts_with('"') {
        return quoted(text, '"');
    }
    if text.starts_with('\'') {
        return character(text);
    }
    // r"…", r#"…"#, and with b or c before.
    let raw = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r');
    if let Some(raw) = raw.filter(|_| !word_before) {
        let hashes = raw.bytes().take_while(|&b| b == b'#').count();
        if raw[hashes..].starts_with('"') {
            let start = text.len() - raw.len() + hashes + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            return text[start..].find(&end).map_or(text.len(), |at| start + at + end.len());
        }
    }
    0
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// A literal between two `quote`s, with backslashes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => quoted(text, '\''),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// The words and single signs of stripped code, each with its line.
pub fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = match is_word(first) {
                true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            if !first.is_whitespace() {
                tokens.push((number + 1, &rest[..length]));
            }
            rest = &rest[length..];
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let text = "a /* x /* y */ z */ b // c\nd \"e \\\" f\" 'g' '\\'' r#\"h\"i\"# b\"j\" k";
        let code = strip(text);
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "b", "d", "b", "k"]);
        assert_eq!(code.lines().count(), 2);
    }

    #[test]
    fn lifetimes_and_names_with_r_are_code() {
        assert_eq!(strip("fn f<'a>(x: &'a str)"), "fn f<'a>(x: &'a str)");
        assert_eq!(strip("bar\"x\" r#type"), "bar    r#type");
    }

    #[test]
    fn tokens_know_their_line() {
        assert_eq!(
            tokens("a::b\n {c1}"),
            [(1, "a"), (1, ":"), (1, ":"), (1, "b"), (2, "{"), (2, "c1"), (2, "}")]
        );
    }
}
