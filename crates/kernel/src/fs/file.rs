//! What a guest descriptor refers to.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::o;
use host::sync::{Mutex, Rank};

use super::procfs::Listing;

/// An open file of the guest: a host descriptor, and what the host's file cannot say.
#[derive(Debug)]
pub struct File {
    host: OwnedFd,
    /// A directory whose entries we make ourselves; the host descriptor only answers `fstat`.
    listing: Option<Mutex<Listing>>,
    /// A directory of `/proc`: paths from it lead to what of ours is there.
    in_proc: bool,
}

impl File {
    /// A file that is the host's in every respect.
    pub fn new(host: OwnedFd) -> Self {
        Self { host, listing: None, in_proc: false }
    }

    /// A file of the host's `/proc`.
    pub(crate) fn in_proc(host: OwnedFd) -> Self {
        Self { in_proc: true, ..Self::new(host) }
    }

    /// A directory of ours.
    pub(crate) fn directory(host: OwnedFd, listing: Listing) -> Self {
        Self { host, listing: Some(Mutex::new(Rank::Listing, listing)), in_proc: true }
    }

    /// The host's descriptor.
    pub fn host(&self) -> BorrowedFd<'_> {
        self.host.as_fd()
    }

    /// Whether paths from here may lead to what of ours is in `/proc`.
    pub(crate) fn is_in_proc(&self) -> bool {
        self.in_proc
    }

    pub(crate) fn listing(&self) -> Option<&Mutex<Listing>> {
        self.listing.as_ref()
    }

    /// Another descriptor for the same open file description (dup(2)).
    pub(crate) fn duplicate(&self) -> Result<Self, Errno> {
        let host = host::fs::dup(self.host())?;
        let listing = self.listing.as_ref().map(|l| Mutex::new(Rank::Listing, l.lock().clone()));
        Ok(Self { host, listing, in_proc: self.in_proc })
    }

    /// The access mode it was opened with: `O_RDONLY`, `O_WRONLY`, `O_RDWR`, or `O_PATH`.
    pub(crate) fn access(&self) -> Result<u32, Errno> {
        Ok(host::fs::status_flags(self.host())? & (o::ACCMODE | o::PATH))
    }
}
