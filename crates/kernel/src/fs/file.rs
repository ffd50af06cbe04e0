//! What a guest descriptor refers to.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use abi::Errno;
use abi::fs::o;
use host::handoff::{Inherited, Luggage};
use host::sync::{Mutex, Rank};
use serde::{Deserialize, Serialize};

use super::content::Made;
use super::procfs::Listing;

/// [`File`] on its way to another host process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Which of the listings.
    listing: Option<usize>,
    in_proc: bool,
    /// The host's number.
    place: Option<i32>,
    /// What is made from this.
    made: Option<Vec<u8>>,
    tells_names: bool,
}

/// Listings, which duplicates of a descriptor share.
pub(super) type Listings = Vec<Arc<Mutex<Listing>>>;

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.host()
    }
}

/// An open file of the guest: a host descriptor, and what the host's file cannot say.
#[derive(Debug)]
pub struct File {
    host: OwnedFd,
    /// A directory whose entries we make ourselves; the host descriptor only answers `fstat`.
    listing: Option<Arc<Mutex<Listing>>>,
    /// A directory of `/proc` or `/sys`: paths from it lead to what of ours is there.
    in_proc: bool,
    /// What the file is, where the host's descriptor is a copy that has only the content.
    place: Option<OwnedFd>,
    /// What the content of such a copy is made from.
    made: Option<Arc<Made>>,
    /// What is read are events with names of files (inotify(7)).
    tells_names: bool,
}

impl File {
    /// A file that is the host's in every respect.
    pub fn new(host: OwnedFd) -> Self {
        Self { host, listing: None, in_proc: false, place: None, made: None, tells_names: false }
    }

    /// A file of the host's `/proc`.
    pub(crate) fn in_proc(host: OwnedFd) -> Self {
        Self { in_proc: true, ..Self::new(host) }
    }

    /// What the host's file at `place` is to the guest: a file with this content.
    pub(crate) fn content(content: OwnedFd, place: Option<OwnedFd>, made: Made) -> Self {
        Self { place, made: Some(Arc::new(made)), ..Self::new(content) }
    }

    /// What the content is made from, if it is ours.
    pub(super) fn made(&self) -> Option<&Made> {
        self.made.as_deref()
    }

    /// A descriptor that tells what the file is: by it there may be nothing to read or change.
    pub(crate) fn place(&self) -> BorrowedFd<'_> {
        self.place.as_ref().unwrap_or(&self.host).as_fd()
    }

    /// Whether only [`Self::place`] is the host's file.
    pub(crate) fn is_content(&self) -> bool {
        self.place.is_some()
    }

    /// A directory of ours.
    pub(crate) fn directory(host: OwnedFd, listing: Listing) -> Self {
        let listing = Some(Arc::new(Mutex::new(Rank::Listing, listing)));
        Self { listing, ..Self::in_proc(host) }
    }

    /// An inotify instance.
    pub(crate) fn inotify(host: OwnedFd) -> Self {
        Self { tells_names: true, ..Self::new(host) }
    }

    /// Whether this is an inotify instance.
    pub(crate) fn tells_names(&self) -> bool {
        self.tells_names
    }

    /// What the host's descriptor does not say.
    pub(super) fn record(
        &self,
        listings: &mut Listings,
        luggage: &mut Luggage,
    ) -> Result<Record, Errno> {
        let Self { host: _, listing, in_proc, place, made, tells_names } = self;
        let listing = listing.as_ref().map(|listing| {
            let known = listings.iter().position(|other| Arc::ptr_eq(other, listing));
            known.unwrap_or_else(|| {
                listings.push(listing.clone());
                listings.len() - 1
            })
        });
        let place = match place {
            Some(place) => Some(luggage.add(host::fs::dup(place.as_fd())?)),
            None => None,
        };
        let made = made.as_ref().map(|made| made.path().to_owned());
        let (in_proc, tells_names) = (*in_proc, *tells_names);
        Ok(Record { listing, in_proc, place, made, tells_names })
    }

    /// The file that was recorded, and its descriptor here.
    pub(super) fn resume(
        record: Record,
        host: OwnedFd,
        listings: &Listings,
        inherited: &mut Inherited,
    ) -> Result<Self, Errno> {
        let Record { listing, in_proc, place, made, tells_names } = record;
        let listing = match listing {
            Some(listing) => Some(listings.get(listing).ok_or(Errno::EINVAL)?.clone()),
            None => None,
        };
        let place = place.map(|place| inherited.take(place)).transpose()?;
        let made = made.map(|path| Arc::new(Made::from(path)));
        Ok(Self { host, listing, in_proc, place, made, tells_names })
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
        self.listing.as_deref()
    }

    /// Another descriptor for the same open file description (dup(2)).
    pub(crate) fn duplicate(&self) -> Result<Self, Errno> {
        let host = host::fs::dup(self.host())?;
        let place = self.place.as_ref().map(|place| host::fs::dup(place.as_fd())).transpose()?;
        let (listing, made) = (self.listing.clone(), self.made.clone());
        Ok(Self { host, listing, place, made, ..*self })
    }

    /// The host's descriptors.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.host].into_iter().chain(&self.place).map(OwnedFd::as_fd)
    }

    /// The same, for the only thread in the child of a fork, where others that do not exist have shares in `file`, because
    /// they were using it.
    pub(super) fn taken_over(file: Arc<Self>) -> Self {
        let Self { host: _, ref listing, in_proc, ref place, ref made, tells_names } = *file;
        let (listing, made, has_place) = (listing.clone(), made.clone(), place.is_some());
        let place = has_place.then(|| host::fs::take_over(file.clone(), |file| file.place()));
        let host = host::fs::take_over(file, |file| file.host());
        Self { host, listing, in_proc, place, made, tells_names }
    }

    /// The access mode it was opened with: `O_RDONLY`, `O_WRONLY`, `O_RDWR`, or `O_PATH`.
    pub(crate) fn access(&self) -> Result<u32, Errno> {
        Ok(host::fs::status_flags(self.host())? & (o::ACCMODE | o::PATH))
    }
}
