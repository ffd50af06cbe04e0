//! What may be executed, and telling an engine that keeps translations when that changes.
//!
//! Which calls can take code away is not obvious: besides munmap, a mapping that replaces another
//! one, a move, a shrinking heap, advice that discards pages, a new program. So the callers are not
//! trusted to remember it: the map itself notes what executable ranges were touched, and each change
//! ends by telling the watcher. Ranges that were never executable are never mentioned, so that
//! ordinary mmap and munmap cost nothing here.
//!
//! What is *not* seen: bytes that are written to executable memory, be it by the guest, by a system
//! call, through another mapping of the same file, or by another process. Arm's programs must say so
//! themselves with `IC IVAU` (DDI 0487, "Concurrent modification and execution of instructions"); an
//! engine passes that on ([`AddressSpace::code_written`]).

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::mm::{Prot, madv};

use super::AddressSpace;
use crate::vma::Stamp;

/// Code that a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFile {
    /// Where it is mapped.
    pub range: Range<u64>,
    /// Where that begins in the file, in bytes.
    pub offset: u64,
    /// The file.
    pub stamp: Stamp,
}

/// What has happened to code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeChange {
    /// It may not be executed any more, or not all of it, or something else is there.
    Gone,
    /// It may have been written to, and is executed where it was.
    Written,
}

type Watcher = Box<dyn Fn(Range<u64>, CodeChange) + Send + Sync>;

/// Who is told about code.
#[derive(Default)]
pub(super) struct Code {
    /// Counts changes of what may be executed.
    generation: AtomicU64,
    watcher: OnceLock<Watcher>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Code {
    /// To be called while the map is locked.
    pub(super) fn changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// To be called when the map is not locked any more.
    pub(super) fn tell(&self, ranges: impl IntoIterator<Item = Range<u64>>, change: CodeChange) {
        if let Some(watcher) = self.watcher.get() {
            ranges.into_iter().for_each(|range| watcher(range, change));
        }
    }
}

/// Adds a range of addresses to ascending ones, as part of the last one if it continues it.
pub(crate) fn add_range(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Whether `advice` can change what memory holds. Linux forgets contents (`DONTNEED`, `FREE`,
/// `REMOVE`), or sets guards, which fault, and removes them.
fn changes_contents(advice: i32) -> bool {
    const CHANGES: [i32; 6] = [
        madv::DONTNEED,
        madv::DONTNEED_LOCKED,
        madv::FREE,
        madv::REMOVE,
        madv::GUARD_INSTALL,
        madv::GUARD_REMOVE,
    ];
    CHANGES.contains(&advice)
}

impl AddressSpace {
    /// Has `watcher` called for each range of guest addresses that was executable and is unmapped,
    /// moved away, mapped over, has its protection changed or its contents discarded. That includes
    /// a change from writable to not writable or back. And for what the guest says it has written. Returns whether this is the first watcher;
    /// there is at most one.
    ///
    /// It is called in the thread that makes the change, after the fact and before the change is
    /// reported to the guest. Queries of this address space may be made meanwhile, by the watcher and
    /// by threads it waits for; changes may not, they wait for the watcher. So no other mapping can
    /// take the place of one whose end the watcher has not heard of.
    pub fn watch_code(
        &self,
        watcher: impl Fn(Range<u64>, CodeChange) + Send + Sync + 'static,
    ) -> bool {
        self.code.watcher.set(Box::new(watcher)).is_ok()
    }

    /// The guest says that it has written code in `range` (`IC IVAU`): calls the watcher.
    pub fn code_written(&self, range: Range<u64>) {
        self.code.tell([range], CodeChange::Written);
    }

    /// Changes whenever what may be executed may have changed; before the watcher is called.
    ///
    /// An engine that keeps what it read from memory and from [`is_executable`](Self::is_executable)
    /// must read this first, and again once a watcher's call would find what is kept: if it is not
    /// the same, what was kept may be out of date without the watcher being called again.
    pub fn exec_generation(&self) -> u64 {
        self.code.generation.load(Ordering::Acquire)
    }

    /// The executable mapping that contains `addr`. Holds as long as
    /// [`exec_generation`](Self::exec_generation), read before, stays the same.
    pub fn is_executable(&self, addr: u64) -> Option<Range<u64>> {
        let layout = self.read();
        let vma = layout.vmas.at(addr).filter(|vma| vma.prot.contains(Prot::EXEC))?;
        Some(vma.range())
    }

    /// The mapping that contains `addr`, if what can be executed there is still what a file holds:
    /// nobody could have written to it since it was mapped. Holds as long as
    /// [`exec_generation`](Self::exec_generation), read before, stays the same.
    pub fn code_file(&self, addr: u64) -> Option<CodeFile> {
        let layout = self.read();
        let vma = layout.vmas.at(addr).filter(|vma| vma.prot.contains(Prot::EXEC))?;
        let stamp = **vma.stamp.as_ref()?;
        Some(CodeFile { range: vma.range(), offset: vma.offset, stamp })
    }

    /// Whether the guest may both execute `addr` and write to it: then stores, and system calls, can
    /// change the code there without the watcher hearing of it. Holds as long as
    /// [`exec_generation`](Self::exec_generation), read before, stays the same.
    pub fn is_writable_code(&self, addr: u64) -> bool {
        self.permits(addr, Prot::WRITE | Prot::EXEC)
    }

    /// The executable parts of a range that `advice` may have changed the contents of.
    pub(super) fn code_advised(&self, range: &Range<u64>, advice: i32) -> Vec<Range<u64>> {
        let mut parts = Vec::new();
        if changes_contents(advice) {
            let layout = self.read();
            let vmas = layout.vmas.overlapping(range.clone());
            for vma in vmas.filter(|vma| vma.prot.contains(Prot::EXEC)) {
                add_range(&mut parts, vma.start.max(range.start)..vma.end.min(range.end));
            }
        }
        parts
    }
}
