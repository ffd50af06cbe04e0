//! Paths that the host resolves in a call or two, where nothing else can be meant.
//!
//! [`walk`](super::walk) says what a path means; this says the same sooner, or nothing. The host
//! confines a look-up to a directory (`openat2`, Linux 5.6), and tells what is missing there. That is
//! not the end in a sysroot, where the host's files stand in for some that are missing: but on a way
//! without symbolic links nothing counts besides the name, so that one more call each, which allows
//! none, is as good as the walk.
//!
//! Rejected: a cache of names. Others change the tree, too, and would have to be watched.

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use abi::Errno;
use abi::fs::{OpenHow, at, o, resolve};
use host::fs::Dir;

use super::path::Lookup;
use super::root::{self, Root};
use super::walk::{Base, Found, Last, Place};
use crate::Task;
use crate::syscall::arg::DirFd;

impl Task {
    /// Opens a file where the host can tell that no other could be meant, or that there is none.
    /// `None` if the path has to be walked.
    pub(crate) fn open_quickly(
        &self,
        dir: DirFd,
        path: &CStr,
        flags: u32,
        mode: u32,
    ) -> Option<Result<OwnedFd, Errno>> {
        if !is_for(&self.root()) || !self.opens_as_host(flags) {
            return None;
        }
        let Lookup { root, base, path } = self.lookup(dir, path.to_owned()).ok()?;
        let bytes = path.as_bytes();
        if has_parent(bytes) || root.has_kernel_dirs() && root::is_kernel(bytes) {
            return None;
        }
        // A file that is to be made may be on the host already.
        let alone = !root.is_sysroot() || base.is_none() && root::is_system(bytes);
        if flags & o::CREAT != 0 && !alone {
            return None;
        }
        let found = match &base {
            None => confined(root.dir()?, &path, flags, mode, resolve::IN_ROOT),
            Some(base) if self.is_in_proc(base) => return None,
            Some(base) => confined(base.host(), &path, flags, mode, resolve::BENEATH),
        };
        let makes = flags & o::CREAT != 0 || flags & o::TMPFILE == o::TMPFILE;
        match found {
            Ok(file) => Some(Ok(file)),
            Err(Errno::ENOENT) if !makes => elsewhere(&root, base.as_ref(), &path, flags),
            Err(_) => None,
        }
    }

    /// The file that [`Self::at_flags`] would find, as [`Self::open_quickly`] does.
    pub(crate) fn hold_quickly(
        &self,
        dir: DirFd,
        path: &CStr,
        flags: u32,
    ) -> Option<Result<OwnedFd, Errno>> {
        let nofollow = if flags & at::SYMLINK_NOFOLLOW != 0 { o::NOFOLLOW } else { 0 };
        self.open_quickly(dir, path, o::PATH | nofollow, 0)
    }

    /// The directory in which a path is a plain name: no link on the way can lead elsewhere, and what
    /// is there, unless it is a link itself, is what is meant.
    pub(crate) fn plain_name(&self, dir: DirFd, path: &CStr) -> Option<Base> {
        let name = path.to_bytes();
        let is_plain = !name.contains(&b'/') && !matches!(name, b"" | b"." | b"..");
        if !is_plain || !is_for(&self.root()) || root::is_kernel(name) {
            return None;
        }
        self.base(dir).ok().filter(|base| !self.is_in_proc(base))
    }
}

/// Whether the host knows the guest's names below this root.
fn is_for(root: &Root) -> bool {
    !root.is_host() && !root.folds()
}

/// What a path means that leads nowhere below the directory that it starts from.
fn elsewhere(
    root: &Arc<Root>,
    base: Option<&Base>,
    path: &CStr,
    flags: u32,
) -> Option<Result<OwnedFd, Errno>> {
    if !root.is_sysroot() {
        return Some(Err(Errno::ENOENT));
    }
    let (dir, rules) = match base {
        None => (root.dir()?, resolve::IN_ROOT),
        Some(base) => (base.host(), resolve::BENEATH),
    };
    let direct = match base {
        None if root::is_system(path.to_bytes()) => without_merged(root, path)?,
        _ => Cow::Borrowed(path),
    };
    if !is_missing(dir, &direct, rules) {
        return None;
    }
    let whole = match base {
        None => path.to_bytes().to_vec(),
        Some(base) => match Place::of(root, base.clone()).ok()? {
            place if !place.in_root => return Some(Err(Errno::ENOENT)),
            place if place.guest == b"/" => return None,
            place => place.join(path.to_bytes()),
        },
    };
    if root::is_system(&whole) {
        return Some(Err(Errno::ENOENT));
    }
    let whole = CString::new(whole).ok()?;
    match confined(Dir::Cwd, &whole, flags, 0, resolve::NO_SYMLINKS) {
        Err(error) if error != Errno::ENOENT => None,
        found => Some(found),
    }
}

/// Whether a path leads nowhere, and through no symbolic link.
fn is_missing(dir: Dir<'_>, path: &CStr, rules: u64) -> bool {
    let found = confined(dir, path, o::PATH, 0, rules | resolve::NO_SYMLINKS);
    found.is_err_and(|error| error == Errno::ENOENT)
}

/// A path below a system directory that the sysroot has; where that is a link to another one, as
/// `/lib` is to `usr/lib`, the path below that.
fn without_merged<'a>(root: &Root, path: &'a CStr) -> Option<Cow<'a, CStr>> {
    let first = root::first(path.to_bytes());
    // Longer than any such link.
    let mut target = [0; 64];
    let name = CString::new(first).ok()?;
    let len = match host::fs::readlinkat(root.dir()?, &name, target[..].as_mut().into()) {
        Err(Errno::EINVAL) => return Some(Cow::Borrowed(path)),
        result => result.ok()?,
    };
    let target = &target[..len];
    let below = root::first(target);
    let is_real = || {
        let name = CString::new(below).ok()?;
        let mut byte = [0];
        let link = host::fs::readlinkat(root.dir()?, &name, byte[..].as_mut().into());
        (link == Err(Errno::EINVAL)).then_some(())
    };
    if len == 64 || target.starts_with(b"/") || has_parent(target) || !root::is_system(target) {
        return None;
    }
    is_real()?;
    let rest = path.to_bytes().strip_prefix(b"/")?.strip_prefix(first)?;
    CString::new([b"/", target, rest].concat()).ok().map(Cow::Owned)
}

/// Whether a path goes up somewhere.
fn has_parent(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|name| name == b"..")
}

/// openat2(2).
fn confined(
    dir: Dir<'_>,
    path: &CStr,
    flags: u32,
    mode: u32,
    resolve: u64,
) -> Result<OwnedFd, Errno> {
    // The mode must be zero where none is used.
    let mode = if flags & (o::CREAT | o::TMPFILE & !o::DIRECTORY) != 0 { mode & 0o7777 } else { 0 };
    host::fs::openat2(dir, path, OpenHow { flags: u64::from(flags), mode: mode.into(), resolve })
}

/// A path whose directory the host finds in one call, and whose last name needs no more. `None` if
/// the path has to be walked, were it only to find out what is wrong with it.
pub(super) fn quick(
    root: &Arc<Root>,
    base: Option<&Base>,
    path: &[u8],
    last: Last,
) -> Option<Found> {
    if root.folds() || has_parent(path) || root.has_kernel_dirs() && root::is_kernel(path) {
        return None;
    }
    let split = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let (parent, name) = path.split_at(split);
    if name.is_empty() || name == b"." {
        return None;
    }
    let base = match (base, parent) {
        (Some(base), []) => base.clone(),
        (None, b"/") => Base::Root(root.clone()),
        (base, parent) => {
            let parent = CString::new(parent).ok()?;
            let flags = o::PATH | o::DIRECTORY;
            let dir = match base {
                Some(base) => confined(base.host(), &parent, flags, 0, resolve::BENEATH),
                None => confined(root.dir()?, &parent, flags, 0, resolve::IN_ROOT),
            };
            let dir = match dir {
                Err(Errno::ENOENT) if base.is_none() => beside(root, &parent, flags)?,
                dir => dir.ok()?,
            };
            Base::Dir(Arc::new(dir))
        }
    };
    let name = CString::new(name).ok()?;
    // One byte is enough to know that it is a link.
    let mut byte = [0];
    let missing = match host::fs::readlinkat(base.host(), &name, byte[..].as_mut().into()) {
        Err(Errno::EINVAL) => false,
        Ok(_) if matches!(last, Last::NoFollow | Last::Name) => false,
        Err(Errno::ENOENT) if is_alone(root, &base, name.as_bytes()) => true,
        _ => return None,
    };
    Some(Found { base, name, follow: false, own: None, in_proc: false, missing })
}

/// Whether a name that is missing in a directory is missing altogether.
fn is_alone(root: &Arc<Root>, dir: &Base, name: &[u8]) -> bool {
    let place = || Place::of(root, dir.clone());
    !root.is_sysroot() || place().is_ok_and(|place| place.is_alone(root, name))
}

/// Opens what is on the host beside the sysroot, which has nothing by this absolute path.
fn beside(root: &Root, path: &CStr, flags: u32) -> Option<OwnedFd> {
    let is_shared = root.is_sysroot() && !root::is_system(path.to_bytes());
    if !is_shared || !is_missing(root.dir()?, path, resolve::IN_ROOT) {
        return None;
    }
    confined(Dir::Cwd, path, flags, 0, resolve::NO_SYMLINKS).ok()
}
