//! Unsafe code stays in the crates that may have it, and every use says why it is sound.
//!
//! The compiler checks both; the rule is that nobody turns it off.

use super::Finding;
use super::code::{strip, tokens};
use super::layers;
use super::tree::{Tree, crate_of};

/// Denied for the workspace: a block without a reason.
const LINT: &str = "undocumented_unsafe_blocks";

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let safe: Vec<&str> =
        layers::table(tree).iter().filter(|row| !row.may_be_unsafe).map(|row| row.name).collect();
    if !tree.text("Cargo.toml").lines().any(|line| line == format!("{LINT} = \"deny\"")) {
        let message = format!("deny clippy::{LINT} in [workspace.lints.clippy]");
        findings.push(Finding::new("Cargo.toml", 1, message));
    }
    for (dir, manifest) in tree.manifests() {
        if !manifest.contains("[lints]\nworkspace = true\n") {
            let message = "take the workspace's lints: [lints] workspace = true";
            findings.push(Finding::new(&format!("{dir}/Cargo.toml"), 1, message));
        }
        if safe.iter().any(|name| dir.rsplit('/').next() == Some(name)) {
            let roots = ["lib.rs", "main.rs"].map(|root| format!("{dir}/src/{root}"));
            for root in roots.iter().filter(|root| tree.has(root)) {
                if !strip(tree.text(root)).contains("#![forbid(unsafe_code)]") {
                    let message = "this crate has no unsafe code: #![forbid(unsafe_code)]";
                    findings.push(Finding::new(root, 1, message));
                }
            }
        }
    }
    for (path, text) in tree.with_extension(&["rs"]) {
        // The compiler takes tests, benches and examples for crates of their own.
        let safe = crate_of(path).is_some_and(|name| safe.contains(&name));
        for (line, word) in tokens(&strip(text)) {
            if safe && word == "unsafe" {
                let message = "this crate has no unsafe code: move it down";
                findings.push(Finding::new(path, line, message));
            }
            if word == LINT {
                let message = "do not change this lint: write the SAFETY comment";
                findings.push(Finding::new(path, line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[workspace.lints.clippy]\nundocumented_unsafe_blocks = \"deny\"\n";
    const MEMBER: &str = "[lints]\nworkspace = true\n";
    const TABLE: &str = "| `abi` | data | no |\n| `mem` | memory | yes |\n";

    fn check_root(dir: &str, root: &str) -> Vec<Finding> {
        check(&Tree::from([
            ("ARCHITECTURE.md", TABLE),
            ("Cargo.toml", LINTS),
            (&format!("{dir}/Cargo.toml"), MEMBER),
            (&format!("{dir}/src/lib.rs"), root),
        ]))
    }

    #[test]
    fn a_safe_crate_forbids_unsafe_code() {
        assert_eq!(check_root("crates/abi", "#![forbid(unsafe_code)]\n"), []);
        assert_eq!(check_root("crates/abi", "// #![forbid(unsafe_code)]\n").len(), 1);
        assert_eq!(check_root("crates/mem", ""), []);
    }

    #[test]
    fn unsafe_code_in_the_tests_of_a_safe_crate_is_found() {
        let tree = |path| {
            Tree::from([("ARCHITECTURE.md", TABLE), ("Cargo.toml", LINTS), (path, "\nunsafe {}")])
        };
        let findings = check(&tree("crates/abi/tests/x.rs"));
        assert_eq!((findings.len(), findings[0].line), (1, 2));
        assert_eq!(check(&tree("crates/mem/tests/x.rs")), []);
    }

    #[test]
    fn a_lint_that_is_turned_off_is_found() {
        let allow = "\n#![allow(clippy::undocumented_unsafe_blocks)]";
        let findings = check_root("crates/mem", allow);
        assert_eq!((findings.len(), findings[0].line), (1, 2));
        assert_eq!(check(&Tree::from([("Cargo.toml", "")])).len(), 1);
        assert_eq!(check(&Tree::from([("Cargo.toml", LINTS), ("x/Cargo.toml", "")])).len(), 1);
    }
}
