//! Directories that tests run in: made fresh, compared afterwards.
//!
//! Both sides of a comparison run in a directory of the same *name*, one after the other, because
//! programs print their working directory.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Every copied file carries this time stamp, in seconds since 1970: 2024-02-29 12:34:56 UTC.
const STAMP: i64 = 1_709_210_096;

/// A directory that disappears with the value.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty directory for the case `id`, replacing what an earlier run left.
    pub fn new(parent: &Path, id: &str) -> io::Result<Self> {
        let path = parent.join(id.replace(['/', ' '], "_"));
        remove(&path)?;
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.0).ok();
    }
}

/// Removes a tree, including directories that a test left without permissions.
fn remove(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    if fs::remove_dir_all(path).is_ok() {
        return Ok(());
    }
    open_up(path)?;
    fs::remove_dir_all(path)
}

fn open_up(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Copies a tree of files, directories and symbolic links with fixed modes (0644, or 0755 for
/// directories and what its owner may execute) and fixed times, whatever the checkout has.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
            stamp(&target)?;
            continue;
        }
        let mut mode = 0o644;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&source, &target)?;
            mode = 0o755;
        } else {
            fs::copy(&source, &target)?;
            if entry.metadata()?.permissions().mode() & 0o100 != 0 {
                mode = 0o755;
            }
        }
        fs::set_permissions(&target, Permissions::from_mode(mode))?;
        stamp(&target)?;
    }
    stamp(to)
}

/// Sets the times of a file, or of a symbolic link itself.
pub fn stamp(path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    let time = Timespec { tv_sec: STAMP, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// One file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    kind: &'static str,
    mode: u32,
    /// What is in the file, or where the link points.
    content: Vec<u8>,
}

/// All files below a directory by relative path.
pub type Snapshot = BTreeMap<PathBuf, Entry>;

/// Records a tree: names, kinds, modes, contents.
pub fn snapshot(dir: &Path) -> io::Result<Snapshot> {
    let mut snapshot = Snapshot::new();
    visit(dir, Path::new(""), &mut snapshot)?;
    Ok(snapshot)
}

fn visit(dir: &Path, relative: &Path, snapshot: &mut Snapshot) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (path, name) = (entry.path(), relative.join(entry.file_name()));
        let metadata = entry.metadata()?;
        let kind = metadata.file_type();
        let (kind, content) = if kind.is_symlink() {
            ("symbolic link", fs::read_link(&path)?.into_os_string().into_encoded_bytes())
        } else if kind.is_file() {
            ("file", fs::read(&path).unwrap_or_default())
        } else if kind.is_dir() {
            visit(&path, &name, snapshot).ok();
            ("directory", Vec::new())
        } else if kind.is_fifo() {
            ("fifo", Vec::new())
        } else {
            ("other", Vec::new())
        };
        snapshot.insert(name, Entry { kind, mode: metadata.permissions().mode(), content });
    }
    Ok(())
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, mode, content } = self;
        write!(f, "{kind} {:04o}, {} bytes: ", mode & 0o7777, content.len())?;
        write!(f, "{}", content[..content.len().min(200)].escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_equal_and_changes_show() {
        let scratch = Scratch::new(&std::env::temp_dir(), "xtask-tree-test").unwrap();
        let [one, two] = ["one", "two"].map(|name| scratch.path().join(name));
        for dir in [&one, &two] {
            fs::create_dir(dir).unwrap();
        }
        fs::create_dir(one.join("sub")).unwrap();
        fs::write(one.join("sub/file"), "text").unwrap();
        symlink("sub/file", one.join("link")).unwrap();
        copy(&one, &two).unwrap();
        let before = snapshot(&two).unwrap();
        assert_eq!(before.len(), 3);
        assert_eq!(before[Path::new("link")].content, b"sub/file");
        fs::set_permissions(two.join("sub/file"), Permissions::from_mode(0o600)).unwrap();
        assert_ne!(snapshot(&two).unwrap(), before);
    }
}
