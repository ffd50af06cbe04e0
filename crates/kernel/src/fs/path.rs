//! Paths: the one way from a guest's path argument to a file of the host.
//!
//! Every call that takes a path goes through [`Task::at`] or [`Task::at_flags`], which answer with
//! a directory of the host and a name in it. As long as the guest's root is the host's, that is
//! the guest's own path, but for `/proc`, whose entries would describe the runtime. Under another
//! [`Root`](super::root) the name is the last one of the path: links are resolved by then, and the
//! call must not follow one that has come in between ([`At::flags`]).
//!
//! [`walk`](super::walk) defines where a path leads; what the host can tell in a call or two is in
//! [`quick`](super::quick).

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use abi::Errno;
use abi::fs::{AT_FDCWD, PATH_MAX, at, o, resolve};
use host::fs::{Dir, Pinned};
use mem::UserStr;

use super::File;
use super::procfs;
use super::quick::quick;
use super::root::{self, Root};
use super::rules::Rules;
use super::walk::{Base, Found, Last, Place, Walk};
use crate::Task;
use crate::syscall::arg::{DirFd, Fd, Path};

/// A path as the host understands it: where it starts, and how it goes on from there.
#[derive(Debug)]
pub(crate) struct At {
    base: Base,
    /// The path; empty only with `AT_EMPTY_PATH`.
    pub path: CString,
    /// What the guest sees there in place of the host's file.
    pub own: Option<procfs::Node>,
    /// Whether the path is a name whose links are resolved.
    resolved: bool,
    /// Whether what the guest opens there is in `/proc`.
    pub in_proc: bool,
    /// Whether nothing is there.
    missing: bool,
}

impl At {
    fn whole(base: Base, path: CString) -> Self {
        Self { base, path, own: None, resolved: false, in_proc: false, missing: false }
    }

    /// The starting directory.
    pub fn dir(&self) -> Dir<'_> {
        self.base.host()
    }

    /// The host's path of the starting directory.
    pub fn dir_path(&self) -> Result<Vec<u8>, Errno> {
        self.base.path()
    }

    /// The path.
    pub fn path(&self) -> &CStr {
        &self.path
    }

    /// The `AT_*` flags for the host, in place of the guest's.
    pub fn flags(&self, flags: u32) -> u32 {
        if self.resolved { flags | at::SYMLINK_NOFOLLOW } else { flags }
    }

    /// The open flags for the host, in place of the guest's.
    pub fn open_flags(&self, flags: u32) -> u32 {
        if self.resolved { flags | o::NOFOLLOW } else { flags }
    }

    /// Whether a link that the host finds there has come since the path was resolved.
    pub fn is_resolved(&self) -> bool {
        self.resolved
    }

    /// Whether this is a file of `/proc` whose content is ours, but nothing else about it.
    pub fn is_content(&self) -> bool {
        use procfs::Node::{Content, Other};
        matches!(self.own, Some(Content(_) | Other(..)))
    }

    /// The file itself, for calls that take a path only and follow links.
    pub fn pin(&self) -> Result<Target<'_>, Errno> {
        if self.resolved {
            return Ok(Target::Pinned(host::fs::pin(self.dir(), &self.path)?));
        }
        Ok(Target::Path(self.host_path()?))
    }

    /// A path without a directory, for calls that take a path only and follow no link.
    pub fn host_path(&self) -> Result<Cow<'_, CStr>, Errno> {
        match self.dir() {
            Dir::Cwd => Ok(Cow::Borrowed(&self.path)),
            dir if !self.path.as_bytes().starts_with(b"/") => {
                host::fs::path_in(dir, &self.path).map(Cow::Owned)
            }
            Dir::Fd(_) => Ok(Cow::Borrowed(&self.path)),
        }
    }

    /// As [`Self::host_path`], but one that other processes can use, too, if there is one of less
    /// than `max` bytes.
    pub fn shared_path(&self, max: usize) -> Result<Cow<'_, CStr>, Errno> {
        if let Dir::Fd(dir) = self.dir()
            && !self.path.as_bytes().starts_with(b"/")
            && let Ok(dir) = root::path_of(dir)
            && let Ok(path) = CString::new([&dir, &b"/"[..], self.path.as_bytes()].concat())
            && path.as_bytes().len() < max
        {
            return Ok(Cow::Owned(path));
        }
        self.host_path()
    }

    /// The directory, opened.
    pub fn open_dir(&self) -> Result<OwnedFd, Errno> {
        host::fs::open_dir(self.dir(), &self.path, !self.resolved)
    }
}

impl From<Found> for At {
    fn from(found: Found) -> Self {
        let Found { base, name, follow, own, in_proc, missing } = found;
        Self { base, path: name, own, resolved: !follow, in_proc, missing }
    }
}

/// What [`At::pin`] makes.
#[derive(Debug)]
pub(crate) enum Target<'a> {
    Path(Cow<'a, CStr>),
    Pinned(Pinned),
}

impl Target<'_> {
    /// The path to give to the host, which follows it.
    pub fn path(&self) -> &CStr {
        match self {
            Target::Path(path) => path,
            Target::Pinned(pinned) => &pinned.path,
        }
    }
}

impl Task {
    /// Reads a path argument. `ENAMETOOLONG` at `PATH_MAX`, `EFAULT`.
    pub(crate) fn read_path(&self, path: UserStr) -> Result<CString, Errno> {
        path.read(self.space(), PATH_MAX)
    }

    /// A path relative to a directory descriptor; `ENOENT` if it is empty.
    pub(crate) fn at(&self, dir: DirFd, path: Path, last: Last) -> Result<At, Errno> {
        let path = self.read_path(path.0)?;
        self.resolve(dir, path, last)
    }

    /// As [`Self::at`], where `AT_EMPTY_PATH` lets an empty path stand for the descriptor itself
    /// and `AT_SYMLINK_NOFOLLOW` names a final symbolic link.
    pub(crate) fn at_flags(&self, dir: DirFd, path: Path, flags: u32) -> Result<At, Errno> {
        let path = self.read_path(path.0)?;
        self.resolve_flags(dir, path, flags)
    }

    /// [`Self::at_flags`] with a path that has been read.
    pub(crate) fn resolve_flags(&self, dir: DirFd, path: CString, flags: u32) -> Result<At, Errno> {
        if path.is_empty() && flags & at::EMPTY_PATH != 0 {
            return self.unresolved(dir, path);
        }
        let follow = flags & at::SYMLINK_NOFOLLOW == 0;
        let at = self.resolve(dir, path, if follow { Last::Follow } else { Last::NoFollow })?;
        if at.missing { Err(Errno::ENOENT) } else { Ok(at) }
    }

    /// A path exactly as the guest gave it.
    pub(crate) fn unresolved(&self, dir: DirFd, path: CString) -> Result<At, Errno> {
        Ok(At::whole(self.base(dir)?, path))
    }

    /// A path with rules about where it may lead (`RESOLVE_*`), and the rules for the host.
    pub(crate) fn ruled(
        &self,
        dir: DirFd,
        path: CString,
        bits: u64,
        last: Last,
    ) -> Result<(At, u64), Errno> {
        // Where the directory does not matter it need not be one.
        let is_whole = path.as_bytes().starts_with(b"/") && bits & resolve::IN_ROOT == 0;
        let dir = if is_whole { DirFd(AT_FDCWD) } else { dir };
        if self.root().is_host() {
            return Ok((self.unresolved(dir, path)?, bits));
        }
        // The directory itself, which nobody has to be able to search.
        let is_start = path.as_bytes().iter().all(|&byte| byte == b'/');
        if is_start && !path.is_empty() && bits & resolve::IN_ROOT != 0 {
            return Ok((self.unresolved(dir, path)?, bits));
        }
        let Lookup { root, path, .. } = self.lookup(dir, path)?;
        let start = if is_whole {
            Place::root(&root)?
        } else {
            let base = self.base(dir)?;
            host::fs::open_dir(base.host(), c".", false)?;
            Place::of(&root, base)?
        };
        let rules = Rules::new(bits, start.clone());
        let own = |path: &[u8]| procfs::find(self, path);
        let walk = Walk::new(&root, &own, start, path.as_bytes(), last);
        Ok((walk.ruled(&rules).run()?.into(), rules.of_host()))
    }

    pub(super) fn base(&self, dir: DirFd) -> Result<Base, Errno> {
        if dir.0 == AT_FDCWD { Ok(Base::Cwd) } else { Ok(Base::File(self.file(Fd(dir.0))?)) }
    }

    /// Finds out where a path leads. `ENOENT` if it is empty.
    pub(crate) fn resolve(&self, dir: DirFd, path: CString, last: Last) -> Result<At, Errno> {
        let Lookup { root, base, path } = self.lookup(dir, path)?;
        let bytes = path.as_bytes();
        let seen_differently = match &base {
            None => root.has_kernel_dirs() && procfs::concerns(bytes),
            Some(base) => self.is_in_proc(base),
        };
        if root.is_host() && !seen_differently {
            return Ok(At::whole(base.unwrap_or(Base::Cwd), path));
        }
        if !seen_differently && let Some(found) = quick(&root, base.as_ref(), bytes, last) {
            return Ok(found.into());
        }
        let start = match base {
            None => Place::root(&root)?,
            Some(base) => {
                // What is not a directory is not one even where the path only goes up.
                host::fs::open_dir(base.host(), c".", false)?;
                Place::of(&root, base)?
            }
        };
        let own = |path: &[u8]| procfs::find(self, path);
        Walk::new(&root, &own, start, bytes, last).run().map(At::from)
    }

    /// The path that an open file has now, as the guest knows it.
    pub(crate) fn path_of(&self, file: &File) -> Result<Vec<u8>, Errno> {
        Ok(self.root().shown(&root::path_of(file.host())?))
    }

    pub(super) fn lookup(&self, dir: DirFd, path: CString) -> Result<Lookup, Errno> {
        self.note_path(dir, &path);
        let root = self.root();
        let base = match path.as_bytes().first() {
            None => return Err(Errno::ENOENT),
            Some(b'/') => None,
            Some(_) => Some(self.base(dir)?),
        };
        Ok(Lookup { root, base, path })
    }

    /// Whether relative paths from here are looked up in [`procfs`], too.
    pub(super) fn is_in_proc(&self, base: &Base) -> bool {
        match base {
            Base::Cwd => self.fs.is_cwd_in_proc(),
            Base::File(file) => file.is_in_proc(),
            Base::Root(_) | Base::Dir(_) => false,
        }
    }
}

/// What a look-up is made from; no `base` for an absolute path.
pub(super) struct Lookup {
    pub root: Arc<Root>,
    pub base: Option<Base>,
    pub path: CString,
}
