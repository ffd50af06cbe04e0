//! Every Rust file opens with what it is for.

use super::Finding;
use super::tree::Tree;

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.with_extension(&["rs"])
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| {
            let message =
                "begin with `//!`: what the module is for, and the constraint that shapes it";
            Finding::new(path, 1, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_begins_with_code_is_found() {
        let tree =
            Tree::from([("a.rs", "//! Why.\n"), ("b.rs", "use x;\n//! Late.\n"), ("c.c", "")]);
        assert_eq!(check(&tree).iter().map(|f| &*f.file).collect::<Vec<_>>(), ["b.rs"]);
    }
}
