//! The checkout has all that a build needs, and names no place that only one machine has.

use super::Finding;
use super::tree::Tree;
use crate::workspace;

/// Directories of people, whose next component is a name.
const HOMES: [&str; 2] = ["/home/", "/Users/"];

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    check_for(tree, &workspace::root().display().to_string())
}

/// The rule for a checkout at `root`.
fn check_for(tree: &Tree, root: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !tree.has("Cargo.lock") {
        let message = "commit it: everybody builds with the same dependencies";
        findings.push(Finding::new("Cargo.lock", 1, message));
    }
    for (path, text) in tree.texts() {
        for (at, line) in text.lines().enumerate() {
            let home = HOMES.iter().any(|home| {
                line.match_indices(home).any(|(at, _)| {
                    let starts = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.');
                    starts && line[at + home.len()..].starts_with(|c: char| c.is_alphanumeric())
                })
            });
            if home || line.contains(root) {
                let message = "a path of one machine: derive it, or use one that every machine has";
                findings.push(Finding::new(path, at + 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let tree = Tree::from([("Cargo.lock", ""), ("a.md", text)]);
        check_for(&tree, "/src/checkout").iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn places_of_one_machine_are_found() {
        assert_eq!(lines("x\nrun /src/checkout/target/elfuse\n"), [2]);
        for home in HOMES {
            assert_eq!(lines(&format!("see {home}me/x")), [1]);
        }
        assert_eq!(lines("/usr/bin/true ~/x /home/ ./src/home/x.rs"), [0; 0]);
    }

    #[test]
    fn a_missing_lock_file_is_found() {
        assert_eq!(check_for(&Tree::default(), "/src/checkout")[0].file, "Cargo.lock");
    }
}
