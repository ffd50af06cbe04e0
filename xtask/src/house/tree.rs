//! The files that the rules look at: what git tracks, and what it would track next.

use crate::{Result, workspace};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Text files by their path from the root. Other files have no text.
#[derive(Debug, Default)]
pub struct Tree(BTreeMap<String, Option<String>>);

impl Tree {
    /// The files of the checkout. A file that is not ignored counts before it is added, so that a
    /// rule speaks before the commit and not after it.
    pub fn tracked() -> Result<Self> {
        let list = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(workspace::root())
            .output()?;
        if !list.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&list.stderr)).into());
        }
        let mut files = BTreeMap::new();
        for name in String::from_utf8(list.stdout)?.split_terminator('\0') {
            let path = workspace::root().join(name);
            // A link has its target's text, which is a file of its own; a removed file has none.
            if fs::symlink_metadata(&path).is_ok_and(|data| data.is_file()) {
                files.insert(name.to_owned(), String::from_utf8(fs::read(&path)?).ok());
            }
        }
        Ok(Self(files))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether there is such a file or directory.
    pub fn has_at(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.has(path)
            || self.0.range(below.clone()..).next().is_some_and(|(p, _)| p.starts_with(&below))
    }

    /// The text of a file; empty if there is none.
    pub fn text(&self, path: &str) -> &str {
        self.0.get(path).and_then(Option::as_deref).unwrap_or_default()
    }

    /// All text files with one of these extensions.
    pub fn with_extension(&self, extensions: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(move |(path, _)| {
            path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
        })
    }

    /// All text files.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The manifests of the workspace's members, each with its directory: `crates/abi`. What is a
    /// workspace of its own (`fuzz`) is no member.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts()
            .filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)))
            .filter(|(_, text)| !text.lines().any(|line| line == "[workspace]"))
    }
}

/// The crate that a file belongs to: `abi` for `crates/abi/…`.
pub fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/").unwrap_or(path).split_once('/').map(|(name, _)| name)
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(path, text)| (path.to_owned(), Some(text.to_owned()))).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_checkout_is_found() {
        let tree = Tree::tracked().unwrap();
        assert!(tree.text("xtask/src/house/tree.rs").starts_with("//! The files"));
        assert!(tree.manifests().any(|(dir, _)| dir == "crates/abi"));
        assert!(tree.has("fuzz/Cargo.toml") && tree.manifests().all(|(dir, _)| dir != "fuzz"));
        assert!(tree.texts().all(|(path, _)| !path.starts_with("target/")));
    }
}
