//! Crates depend downwards only, in the order of ARCHITECTURE.md's table of crates.
//!
//! The table is the data, so that what a newcomer reads is what is checked. Dependencies for tests
//! count, too: a reader of the tests must not have to look up either.

use super::Finding;
use super::tree::Tree;

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Crates that know no host but through `host`: what binds to one host stays out of them.
const PORTABLE: [&str; 4] = ["abi", "loader", "engine", "kernel"];

/// Bindings to a host.
const HOST_BINDINGS: [&str; 3] = ["libc", "rustix", "nix"];

/// A row of the table of crates.
#[derive(Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The crate's name.
    pub name: &'a str,
    /// Whether it may have unsafe code.
    pub may_be_unsafe: bool,
}

/// The table of crates, from the bottom to the top.
pub fn table(tree: &Tree) -> Vec<Row<'_>> {
    tree.text(ARCHITECTURE).lines().filter_map(row).collect()
}

/// The row on a line of the page.
fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ");
    let name = cells.next()?.strip_suffix('`')?;
    Some(Row { name, may_be_unsafe: cells.last()? == "yes" })
}

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let table = table(tree);
    let place = |name: &str| table.iter().position(|row| row.name == name);
    let mut findings = Vec::new();
    for (dir, manifest) in tree.manifests() {
        let path = format!("{dir}/Cargo.toml");
        let name = dir.rsplit('/').next().unwrap_or(dir);
        let Some(own_place) = place(name) else {
            let message = format!("give {name} its place in the table of crates of {ARCHITECTURE}");
            findings.push(Finding::new(&path, 1, message));
            continue;
        };
        for (line, dependency) in dependencies(manifest) {
            if place(dependency).is_some_and(|at| at >= own_place) {
                let message = format!(
                    "{name} may depend only on crates above it in {ARCHITECTURE}, which {dependency} is \
                     not: move what it needs down"
                );
                findings.push(Finding::new(&path, line, message));
            }
            if PORTABLE.contains(&name) && HOST_BINDINGS.contains(&dependency) {
                let message =
                    format!("{name} runs on every host: do in `host` what needs {dependency}");
                findings.push(Finding::new(&path, line, message));
            }
        }
    }
    findings
}

/// The names under all kinds of dependencies of a manifest, each with its line.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut section = "";
    for (at, line) in manifest.lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            // [dependencies.NAME]
            if let Some((before, name)) = section.rsplit_once('.')
                && before.ends_with("dependencies")
            {
                names.push((at + 1, name));
            }
        } else if section.ends_with("dependencies")
            && let Some(end) = line.find(['.', '=', ' '])
        {
            names.push((at + 1, &line[..end]));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| crate | holds | `unsafe` |\n|---|---|---|\n\
                         | `abi` | data | no |\n| `mem` | memory | yes |\n| `kernel` | Linux | no |\n";

    fn check_manifest(dir: &str, manifest: &str) -> Vec<Finding> {
        check(&Tree::from([(ARCHITECTURE, TABLE), (&format!("{dir}/Cargo.toml"), manifest)]))
    }

    #[test]
    fn the_table_is_read() {
        let tree = Tree::from([(ARCHITECTURE, TABLE)]);
        let names: Vec<_> = table(&tree).iter().map(|row| (row.name, row.may_be_unsafe)).collect();
        assert_eq!(names, [("abi", false), ("mem", true), ("kernel", false)]);
    }

    #[test]
    fn downwards_is_allowed() {
        let manifest = "[dependencies]\nabi.workspace = true\nbitflags = \"2\"\n";
        assert_eq!(check_manifest("crates/mem", manifest), []);
    }

    #[test]
    fn an_upward_dependency_is_found() {
        let findings = check_manifest("crates/mem", "[dependencies]\nkernel.workspace = true\n");
        assert_eq!((findings.len(), findings[0].line), (1, 2));
        let target = "[target.'cfg(unix)'.dev-dependencies]\nkernel = { path = \"../kernel\" }\n";
        assert_eq!(check_manifest("crates/mem", target).len(), 1);
        assert_eq!(check_manifest("crates/mem", "[dependencies.kernel]\n").len(), 1);
    }

    #[test]
    fn a_binding_to_the_host_is_found() {
        let manifest = "[dependencies]\nlibc.workspace = true\n";
        assert_eq!(check_manifest("crates/kernel", manifest).len(), 1);
        assert_eq!(check_manifest("crates/mem", manifest), []);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(check_manifest("crates/new", "").len(), 1);
    }
}
