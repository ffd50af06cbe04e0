//! Nothing is left for later in the sources: no marks, no stubs, no dead code, no tests that do not
//! run. What is left for later is an issue; a test that fails is a known deviation with a reason.

use super::Finding;
use super::code::{strip, tokens};
use super::tree::Tree;

/// Words that mark unfinished work, in comments too. Not written out, because this file is one of
/// those that are checked.
const MARKS: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// Sequences of tokens that are not to be in the code, and what to do instead.
const CODE: [(&[&str], &str); 5] = [
    (&["todo", "!"], "write it, or return the error that says it is missing"),
    (&["unimplemented", "!"], "write it, or return the error that says it is missing"),
    (&["allow", "(", "dead_code"], "remove the code that nobody uses"),
    (&["expect", "(", "dead_code"], "remove the code that nobody uses"),
    (&["#", "[", "ignore"], "let the test run, or remove it"),
];

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.with_extension(&["rs", "c", "h", "toml"]) {
        for (line, word) in tokens(text) {
            if MARKS.contains(&word) {
                let message =
                    format!("{word}: do it now, or open an issue and say here what holds");
                findings.push(Finding::new(path, line, message));
            }
        }
    }
    for (path, text) in tree.with_extension(&["rs"]) {
        let code = strip(text);
        let tokens = tokens(&code);
        let words: Vec<&str> = tokens.iter().map(|&(_, word)| word).collect();
        for (pattern, advice) in CODE {
            for (at, _) in words.windows(pattern.len()).enumerate().filter(|(_, w)| w == &pattern) {
                let message = format!("{}: {advice}", pattern.concat());
                findings.push(Finding::new(path, tokens[at].0, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, text: &str) -> Vec<usize> {
        check(&Tree::from([(name, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn marks_are_found_in_comments() {
        for mark in MARKS {
            assert_eq!(lines("a.rs", &format!("//! A.\n// {mark}: later\n")), [2]);
            assert_eq!(lines("a.c", &format!("/* {mark} */\n")), [1]);
        }
        assert_eq!(lines("a.c", "mktemp(\"guest.XXXXXX\")"), [0; 0]);
    }

    #[test]
    fn stubs_dead_code_and_idle_tests_are_found() {
        let stubs =
            ["todo!()", "unimplemented!(\"x\")", "#[allow(dead_code)]", "#![expect(dead_code)]"];
        for text in stubs.iter().chain(&["#[test]#[ignore]", "#[ignore = \"slow\"]"]) {
            assert_eq!(lines("a.rs", text), [1], "{text}");
        }
        assert_eq!(lines("a.rs", "// todo!()\n\"#[ignore]\""), [0; 0]);
    }
}
