//! Every system call has a guest test, and the page that says so is current ([`crate::syscalls`]), as is the
//! one of known deviations ([`crate::deviations`]).

use super::Finding;
use super::tree::Tree;
use crate::deviations;
use crate::syscalls::{self, Claims, Gap, PAGE};
use crate::test::{DEVIATIONS, python};

/// Where calls are added.
const TABLE: &str = "crates/kernel/src/syscall/table.rs";

/// The rule. The guest tests and the table are those that this program was built with.
pub fn check(tree: &Tree) -> Vec<Finding> {
    match syscalls::claims() {
        Ok(claims) => check_claims(tree, &claims),
        Err(error) => vec![Finding::new("guests", 1, error.to_string())],
    }
}

fn check_claims(tree: &Tree, claims: &Claims) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gap in syscalls::gaps(syscalls::served(), &syscalls::green(claims, tree.text(DEVIATIONS))) {
        let message = gap.to_string();
        findings.push(match gap {
            Gap::Untested(call) => Finding::new(TABLE, line_of(tree, &call), message),
            Gap::Unknown(test, _) => Finding::new(&format!("guests/{test}.c"), 1, message),
        });
    }
    if tree.text(PAGE) != syscalls::page(claims) {
        findings.push(Finding::new(PAGE, 1, "not current: run `cargo xtask syscalls`"));
    }
    if tree.text(deviations::PAGE)
        != deviations::page(tree.text(DEVIATIONS), tree.text(python::LIST))
    {
        findings.push(Finding::new(
            deviations::PAGE,
            1,
            "not current: run `cargo xtask deviations`",
        ));
    }
    findings
}

/// The line of a call in the table.
fn line_of(tree: &Tree, call: &str) -> usize {
    let starts =
        |line: &str| line.trim_start().strip_prefix(call).is_some_and(|l| l.starts_with('('));
    tree.text(TABLE).lines().position(starts).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_a_test_and_an_old_page_are_found() {
        let mut claims = syscalls::claims().unwrap();
        claims.values_mut().for_each(|calls| calls.retain(|call| call != "getcwd"));
        claims.insert("fs/new".into(), vec!["getcwdd".into()]);
        let tree = Tree::from([(TABLE, "//! Table.\n    getcwd(buf: OutBuf) => f;\n")]);
        let findings = check_claims(&tree, &claims);
        let places: Vec<_> = findings.iter().map(|f| (f.file.as_str(), f.line)).collect();
        assert_eq!(places, [(TABLE, 2), ("guests/fs/new.c", 1), (PAGE, 1), (deviations::PAGE, 1)]);
    }
}
