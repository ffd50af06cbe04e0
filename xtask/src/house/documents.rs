//! The documents lead somewhere: links name files that exist, and each crate has its page.

use super::Finding;
use super::layers;
use super::tree::Tree;

/// Where the pages of the crates are.
const INTERNALS: &str = "docs/internals";

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.with_extension(&["md"]) {
        for (at, line) in text.lines().enumerate() {
            for target in links(line) {
                if !tree.has_at(&resolve(path, target)) {
                    let message = format!("{target} is not there: correct the link");
                    findings.push(Finding::new(path, at + 1, message));
                }
            }
        }
    }
    for row in layers::table(tree) {
        let page = format!("{INTERNALS}/{}.md", row.name);
        if !tree.has(&page) {
            let message = format!("say what lives where in {}, and how to change it", row.name);
            findings.push(Finding::new(&page, 1, message));
        }
    }
    findings
}

/// The targets of the links on a line that are files, without the place in the file.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?.split('#').next()?;
        (!target.is_empty() && !target.contains(':')).then_some(target)
    })
}

/// The path from the root of `target`, a link in the file `from`.
fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let tree = Tree::from([("docs/a.md", text), ("docs/b/c.md", ""), ("src/d.rs", "")]);
        check(&tree).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn links_to_files_and_directories_hold() {
        assert_eq!(lines("[c](b/c.md#x), [d](../src/d.rs), [e](b/), [f](https://x.org/y)"), [0; 0]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        assert_eq!(lines("\n[c](b/c.md) and [d](d.rs)\n"), [2]);
        assert_eq!(lines("[c](../b/c.md)"), [1]);
    }

    #[test]
    fn a_crate_without_a_page_is_found() {
        let table = ("ARCHITECTURE.md", "| `abi` | data | no |\n| `mem` | memory | yes |\n");
        let findings = check(&Tree::from([table, ("docs/internals/abi.md", "")]));
        assert_eq!(
            findings.iter().map(|f| &*f.file).collect::<Vec<_>>(),
            ["docs/internals/mem.md"]
        );
    }
}
