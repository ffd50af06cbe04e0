//! Source files are short enough to be read in one sitting; tables are listed with the reason.

use super::Finding;
use super::tree::Tree;

/// Lines in a Rust or C source.
const LIMIT: usize = 900;

/// Lines of `path reason` for files that may be longer.
const DATA: &str = "xtask/data/house/long_files.txt";

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut excused = Vec::new();
    for (at, line) in tree.text(DATA).lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (path, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        excused.push(path);
        if reason.trim().is_empty() {
            findings.push(Finding::new(DATA, at + 1, format!("say why {path} is long")));
        }
        if tree.text(path).lines().count() <= LIMIT {
            let message = format!("{path} is not longer than {LIMIT} lines: remove the line");
            findings.push(Finding::new(DATA, at + 1, message));
        }
    }
    for (path, text) in tree.with_extension(&["rs", "c", "h"]) {
        let lines = text.lines().count();
        if lines > LIMIT && !excused.contains(&path) {
            let message = format!(
                "{lines} lines, {LIMIT} are allowed: split it by idea; a table may be listed in {DATA}"
            );
            findings.push(Finding::new(path, LIMIT + 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(lines: usize, data: &str) -> Vec<Finding> {
        check(&Tree::from([("a.rs", &*"x\n".repeat(lines)), (DATA, data)]))
    }

    #[test]
    fn a_long_file_is_found_unless_excused() {
        assert_eq!(check_with(LIMIT, ""), []);
        let findings = check_with(LIMIT + 1, "");
        assert_eq!((findings.len(), &*findings[0].file), (1, "a.rs"));
        assert_eq!(check_with(LIMIT + 1, "# why\n\na.rs a table\n"), []);
    }

    #[test]
    fn an_excuse_has_a_reason_and_a_use() {
        assert_eq!(check_with(LIMIT + 1, "a.rs")[0].message, "say why a.rs is long");
        assert!(check_with(10, "a.rs a table")[0].message.contains("remove the line"));
        assert!(check_with(10, "b.rs a table")[0].message.contains("remove the line"));
    }
}
