//! Where a path may not lead: the `RESOLVE_*` of openat2(2), as the [walk](super::walk) obeys them.
//!
//! The host's kernel obeys them itself where a guest's path is the host's. Below another root it would look for
//! links' targets in the wrong place, and for names that are stored differently not at all.

use std::os::fd::AsFd;

use abi::Errno;
use abi::fs::{OpenHow, o, resolve};
use host::fs::Dir;

use super::walk::{Base, Place};

/// All of them.
const KNOWN: u64 = resolve::NO_XDEV
    | resolve::NO_MAGICLINKS
    | resolve::NO_SYMLINKS
    | resolve::BENEATH
    | resolve::IN_ROOT
    | resolve::CACHED;

/// What are left to the host for the last name, which is not a link that it follows.
const OF_HOST: u64 = resolve::NO_XDEV | resolve::CACHED;

/// The rules of a walk.
#[derive(Debug)]
pub(super) struct Rules {
    bits: u64,
    /// Where the walk begins: with some rules, as far up as it gets.
    top: Place,
}

/// `EINVAL` for rules that are not known, or contradict each other.
pub(super) fn check(bits: u64) -> Result<(), Errno> {
    let both = resolve::BENEATH | resolve::IN_ROOT;
    if bits & !KNOWN != 0 || bits & both == both { Err(Errno::EINVAL) } else { Ok(()) }
}

impl Rules {
    /// Rules for a walk from `top`.
    pub fn new(bits: u64, top: Place) -> Self {
        Self { bits, top }
    }

    /// The rules for the host that opens the last name.
    pub fn of_host(&self) -> u64 {
        self.bits & OF_HOST
    }

    fn has(&self, bits: u64) -> bool {
        self.bits & bits != 0
    }

    /// Where an absolute path begins; `None` at the root.
    pub fn root(&self) -> Result<Option<Place>, Errno> {
        if self.has(resolve::BENEATH) {
            return Err(Errno::EXDEV);
        }
        Ok(self.has(resolve::IN_ROOT).then(|| self.top.clone()))
    }

    /// Whether `..` stays where it is.
    pub fn stops(&self, place: &Place) -> Result<bool, Errno> {
        let is_top = place.guest == self.top.guest;
        match is_top {
            true if self.has(resolve::BENEATH) => Err(Errno::EXDEV),
            is_top => Ok(is_top && self.has(resolve::IN_ROOT)),
        }
    }

    /// Whether a link may be followed, one of `/proc` that leads to a file rather than along a path among
    /// them.
    pub fn follow(&self, is_magic: bool) -> Result<(), Errno> {
        if self.has(resolve::NO_SYMLINKS) || is_magic && self.has(resolve::NO_MAGICLINKS) {
            return Err(Errno::ELOOP);
        }
        if is_magic && self.has(resolve::BENEATH | resolve::IN_ROOT | resolve::NO_XDEV) {
            return Err(Errno::EXDEV);
        }
        Ok(())
    }

    /// Whether an absolute link may be followed to the root. Linux knows whether that is another mount only
    /// if the path has named the root before, or gone up (`nd_jump_root` in fs/namei.c).
    pub fn jump_by_link(&self, to: &Place, knows_root: bool) -> Result<(), Errno> {
        if self.has(resolve::NO_XDEV) && !knows_root { Err(Errno::EXDEV) } else { self.jump(to) }
    }

    /// Whether a walk may go on there, from anywhere.
    pub fn jump(&self, to: &Place) -> Result<(), Errno> {
        let device = |base: &Base| {
            let dir = host::fs::open_dir(base.host(), c".", false)?;
            host::fs::fstat(dir.as_fd()).map(|stat| stat.dev)
        };
        let moves = self.has(resolve::NO_XDEV) && device(&to.base)? != device(&self.top.base)?;
        if moves { Err(Errno::EXDEV) } else { Ok(()) }
    }

    /// Whether a walk may go from a directory to the one that `name` is in it.
    pub fn enter(&self, dir: Dir<'_>, name: &std::ffi::CStr) -> Result<(), Errno> {
        if !self.has(resolve::NO_XDEV) {
            return Ok(());
        }
        let flags = u64::from(o::PATH | o::NOFOLLOW);
        let how = OpenHow { flags, mode: 0, resolve: resolve::NO_XDEV };
        match host::fs::openat2(dir, name, how) {
            Err(Errno::EXDEV) => Err(Errno::EXDEV),
            // Anything else is said by who opens it.
            _ => Ok(()),
        }
    }
}
