//! The table of open files.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use abi::Errno;
use abi::process::Rlimit;
use host::handoff::{Inherited, Luggage};
use host::sync::{Mutex, Rank};
use serde::{Deserialize, Serialize};

use super::procfs::Listing;
use super::{File, file};
use crate::handoff::Handover;

/// Guest descriptors. The lowest free number is always used first, as POSIX asks.
#[derive(Debug)]
pub struct FdTable {
    slots: Vec<Option<Slot>>,
    /// No slot below this one is free.
    first_free: usize,
    /// The process's, whose threads may have tables of their own.
    limit: Arc<Limit>,
}

/// RLIMIT_NOFILE of the guest. Neither part is the host's, where the runtime has descriptors of its own among the guest's.
#[derive(Debug)]
struct Limit {
    /// Descriptors are below it.
    current: AtomicUsize,
    max: AtomicU64,
}

/// A limit as a bound on numbers.
fn soft(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl Limit {
    fn new(limit: Rlimit) -> Self {
        Self { current: AtomicUsize::new(soft(limit.current)), max: AtomicU64::new(limit.max) }
    }

    fn get(&self) -> Rlimit {
        let current = self.current.load(Ordering::Relaxed);
        Rlimit { current: current as u64, max: self.max.load(Ordering::Relaxed) }
    }
}

#[derive(Clone, Debug)]
struct Slot {
    file: Arc<File>,
    close_on_exec: bool,
}

/// [`FdTable`] on its way to another host process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    slots: Vec<SlotRecord>,
    listings: Vec<Listing>,
    limit: usize,
    max: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SlotRecord {
    number: usize,
    host: i32,
    file: file::Record,
    close_on_exec: bool,
}

impl Handover for FdTable {
    type Record = Record;

    fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self { slots, first_free: _, limit } = self;
        let open = slots.iter().enumerate().filter_map(|(n, slot)| Some((n, slot.as_ref()?)));
        let mut listings = file::Listings::new();
        let slots = open.map(|(number, Slot { file, close_on_exec })| {
            Ok(SlotRecord {
                number,
                host: luggage.add(file.clone()),
                file: file.record(&mut listings, luggage)?,
                close_on_exec: *close_on_exec,
            })
        });
        let slots = slots.collect::<Result<_, Errno>>()?;
        let listings = listings.iter().map(|listing| listing.lock().clone()).collect();
        let Rlimit { current, max } = limit.get();
        Ok(Record { slots, listings, limit: soft(current), max })
    }

    fn resume(record: Record, inherited: &mut Inherited) -> Result<Self, Errno> {
        /// Linux's own limit (`sysctl_nr_open_max`), below which a table cannot be too large for memory.
        const MAX: usize = i32::MAX as usize / size_of::<Option<Slot>>();
        let Record { slots, listings, limit, max } = record;
        let listings = listings.into_iter();
        let listings = listings.map(|listing| Arc::new(Mutex::new(Rank::Listing, listing)));
        let listings: file::Listings = listings.collect();
        let mut table = Self::new(Vec::new(), Rlimit { current: limit as u64, max });
        for SlotRecord { number, host, file, close_on_exec } in slots {
            if number >= MAX {
                return Err(Errno::EINVAL);
            }
            let host = inherited.take(host)?;
            let file = File::resume(file, host, &listings, inherited)?;
            table.place(number, file, close_on_exec);
        }
        Ok(table)
    }
}

impl FdTable {
    /// A table with these host descriptors under these numbers.
    pub(crate) fn new(fds: Vec<(i32, OwnedFd)>, limit: Rlimit) -> Self {
        let limit = Arc::new(Limit::new(limit));
        let mut table = Self { slots: Vec::new(), first_free: 0, limit };
        for (number, fd) in fds {
            table.place(number as usize, File::new(fd), false);
        }
        table
    }

    /// The same files under the same numbers (`CLONE_FILES` of unshare(2)).
    pub(crate) fn copy(&self) -> Self {
        let Self { slots, first_free, limit } = self;
        Self { slots: slots.clone(), first_free: *first_free, limit: limit.clone() }
    }

    fn place(&mut self, number: usize, file: File, close_on_exec: bool) -> Option<Arc<File>> {
        if number >= self.slots.len() {
            self.slots.resize_with(number + 1, || None);
        }
        let slot = Slot { file: Arc::new(file), close_on_exec };
        let old = self.slots[number].replace(slot);
        while self.slots.get(self.first_free).is_some_and(Option::is_some) {
            self.first_free += 1;
        }
        old.map(|slot| slot.file)
    }

    fn slot(&self, fd: i32) -> Result<&Slot, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.slots.get(fd)?.as_ref());
        slot.ok_or(Errno::EBADF)
    }

    /// The file of a descriptor.
    pub(crate) fn get(&self, fd: i32) -> Result<Arc<File>, Errno> {
        Ok(self.slot(fd)?.file.clone())
    }

    /// Opens the lowest free descriptor from `from` on. `EMFILE` at the limit.
    pub(crate) fn insert(
        &mut self,
        file: File,
        from: usize,
        close_on_exec: bool,
    ) -> Result<i32, Errno> {
        let number = self.lowest_free(from);
        if number >= self.limit() {
            return Err(Errno::EMFILE);
        }
        self.place(number, file, close_on_exec);
        Ok(number as i32)
    }

    /// Opens exactly `fd`, replacing what is there (dup3(2)). `EBADF` at or above the limit.
    pub(crate) fn replace(
        &mut self,
        fd: i32,
        file: File,
        close_on_exec: bool,
    ) -> Result<Option<Arc<File>>, Errno> {
        let number = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        if number >= self.limit() {
            return Err(Errno::EBADF);
        }
        Ok(self.place(number, file, close_on_exec))
    }

    /// Closes a descriptor; the file goes with its last user.
    pub(crate) fn remove(&mut self, fd: i32) -> Result<Arc<File>, Errno> {
        let number = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        let slot = self.slots.get_mut(number).and_then(Option::take).ok_or(Errno::EBADF)?;
        self.first_free = self.first_free.min(number);
        Ok(slot.file)
    }

    /// `FD_CLOEXEC` of a descriptor.
    pub(crate) fn close_on_exec(&self, fd: i32) -> Result<bool, Errno> {
        Ok(self.slot(fd)?.close_on_exec)
    }

    /// Sets `FD_CLOEXEC`.
    pub(crate) fn set_close_on_exec(&mut self, fd: i32, on: bool) -> Result<(), Errno> {
        self.slot(fd)?;
        if let Some(slot) = &mut self.slots[fd as usize] {
            slot.close_on_exec = on;
        }
        Ok(())
    }

    /// The open descriptors within `range`, in rising order.
    pub(crate) fn open_in(&self, first: u32, last: u32) -> Vec<i32> {
        let open = self.slots.iter().enumerate().filter(|(_, slot)| slot.is_some());
        open.map(|(number, _)| number as u32)
            .filter(|number| (first..=last).contains(number))
            .map(|number| number as i32)
            .collect()
    }

    /// What `execve(2)` does: descriptors marked close-on-exec are gone.
    pub(crate) fn close_marked(&mut self) {
        for fd in self.open_in(0, u32::MAX) {
            if self.close_on_exec(fd) == Ok(true) {
                // Just found open.
                let _ = self.remove(fd);
            }
        }
    }

    /// Calls `fork` while no other thread is in the middle of a change to an open file.
    pub(crate) fn still<T>(&self, fork: impl FnOnce() -> T) -> T {
        let files = self.slots.iter().flatten().map(|slot| &slot.file);
        let _listings: Vec<_> = files.filter_map(|file| file.listing()).map(Mutex::lock).collect();
        fork()
    }

    /// In the child of a fork: files that threads of the parent were using close with their descriptors again.
    pub(crate) fn take_over(&mut self) {
        for slot in self.slots.iter_mut().flatten() {
            if Arc::strong_count(&slot.file) > 1 {
                // Two shares, of which the table's is given up.
                let file = Arc::new(File::taken_over(slot.file.clone()));
                slot.file = file;
            }
        }
    }

    /// The number of the file that the host knows by the number `host`.
    pub(crate) fn number_of(&self, host: i32) -> Option<i32> {
        let is_it = |slot: &Option<Slot>| {
            slot.as_ref().is_some_and(|slot| slot.file.host().as_raw_fd() == host)
        };
        self.slots.iter().position(is_it).map(|number| number as i32)
    }

    /// The host's descriptors of all files.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.slots.iter().flatten().flat_map(|slot| slot.file.descriptors())
    }

    /// What descriptors are below: the soft limit of RLIMIT_NOFILE.
    pub(crate) fn limit(&self) -> usize {
        self.limit.current.load(Ordering::Relaxed)
    }

    /// RLIMIT_NOFILE.
    pub(crate) fn rlimit(&self) -> Rlimit {
        self.limit.get()
    }

    /// Sets RLIMIT_NOFILE; descriptors above it stay open.
    pub(crate) fn set_rlimit(&self, limit: Rlimit) {
        self.limit.current.store(soft(limit.current), Ordering::Relaxed);
        self.limit.max.store(limit.max, Ordering::Relaxed);
    }

    /// Whether one more descriptor can be opened: `EMFILE` if not. Asked before what cannot be undone, such as making a file
    /// or accepting a connection, as Linux does.
    pub(crate) fn has_room(&self) -> Result<(), Errno> {
        if self.lowest_free(0) < self.limit() { Ok(()) } else { Err(Errno::EMFILE) }
    }

    fn lowest_free(&self, from: usize) -> usize {
        let mut number = from.max(self.first_free);
        while self.slots.get(number).is_some_and(Option::is_some) {
            number += 1;
        }
        number
    }
}
