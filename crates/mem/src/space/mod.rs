//! The guest's address space: the slab, the map of mappings, and the calls that change them.
//!
//! The host keeps the pages, the map says what the guest was told about them. Each call first asks
//! the host and then records what the host did, so that a refusal (a limit, no memory, too many
//! mappings) leaves the map true. Asking the host about its own map instead was rejected: it does not
//! know which pages the guest may execute, merges differently, and answers through a text file.
//!
//! Placement is deterministic: from the top down below the stack, as Linux does it without
//! randomisation. Addresses below 64 KiB are refused, as to a process without `CAP_SYS_RAWIO`.
//!
//! # Locks
//!
//! Changes take turns (`turn`); within a turn, one lock guards the map (`layout`). Both are taken
//! last: after any lock of the kernel personality. Nothing is taken while the map is locked. At the
//! end of a turn, with the map unlocked, an engine is told about code that is no more (see `code`);
//! it may lock what it needs, and look at the map. Reading and writing guest memory takes no lock at
//! all, so a thread may find that what it was about to access has gone; it then gets a fault, as it
//! would from the processor.

mod advice;
mod code;
mod handoff;
mod heap_and_stack;
mod loan;
mod lock;
mod map;
mod poke;
mod policy;
mod remap;
mod shm;

use std::ops::{Deref, DerefMut, Range};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use abi::Errno;
use abi::mm::Prot;
use host::mm::PAGE_SIZE;
use host::sync::{Mutex, MutexGuard, Rank, RwLock, RwLockReadGuard, RwLockWriteGuard};
use serde::{Deserialize, Serialize};

use code::Code;
pub(crate) use code::add_range;
pub use code::{CodeChange, CodeFile};
pub use handoff::{Departure, Record};
use handoff::{Keeper, KeptFiles};
use loan::Loan;
pub use shm::Segment;

use crate::vma::{Vma, VmaFlags};
use crate::vma_map::{Usage, VmaMap};
use crate::{AccessError, Slab};

/// Lowest address that may be mapped: `vm.mmap_min_addr` as distributions set it.
pub const MMAP_MIN: u64 = 0x1_0000;

/// The guest address space of one process.
#[derive(Debug)]
pub struct AddressSpace {
    slab: Arc<Slab>,
    layout: RwLock<Layout>,
    /// Whoever changes the map holds this until all has been told about it.
    turn: Mutex<()>,
    code: Code,
    /// The addresses that stacks may grow into: what a system call's buffer must be compared with
    /// on each call, and so without the lock. Several stacks make one range that covers them all.
    growth: (AtomicU64, AtomicU64),
    /// Whether there is a `loan`: told without the lock.
    on_loan: AtomicBool,
    /// Others than one thread of the guest may see this memory, or some of it, change.
    is_shared: AtomicBool,
    /// Keeps what is mapped, for another process to map it, if that is wanted.
    keeper: Option<Keeper>,
}

#[derive(Debug)]
struct Layout {
    vmas: VmaMap,
    /// Mappings without a fixed place go below (`mmap_base`).
    mmap_base: u64,
    brk_start: u64,
    brk: u64,
    /// An address in the main stack, zero without one.
    stack_mark: u64,
    limits: Limits,
    /// How many shared anonymous mappings there have been. Linux numbers them like files.
    shared_objects: u64,
    /// `MCL_FUTURE`: what is mapped is locked; `Some(true)` when it is touched (`MCL_ONFAULT`).
    lock_future: Option<bool>,
    /// In a child of vfork(2): what is its parent's.
    loan: Option<Loan>,
    /// What the keeper has.
    kept: KeptFiles,
    /// How many mappings the host allows, once that matters.
    most_mappings: Option<usize>,
}

/// Limits of the guest, in bytes (getrlimit(2)). The host does not know them: there, the slab
/// counts as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// RLIMIT_AS.
    pub address_space: u64,
    /// RLIMIT_DATA.
    pub data: u64,
    /// RLIMIT_STACK.
    pub stack: u64,
}

impl Default for Limits {
    /// As a login session has them.
    fn default() -> Self {
        Self { address_space: u64::MAX, data: u64::MAX, stack: 8 << 20 }
    }
}

/// The file of a mapping.
#[derive(Clone, Debug)]
pub struct MappedFile<'a> {
    /// The host's file.
    pub fd: BorrowedFd<'a>,
    /// Where the mapping begins in it, a multiple of the page size.
    pub offset: u64,
    /// What the file's access mode lets a mapping do. Without `EXEC` on a file system that is
    /// mounted `noexec`.
    pub max_prot: Prot,
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// For `/proc/self/maps`.
    pub path: Arc<str>,
}

/// The map, to be changed. What depends on it is brought up to date when this is dropped, before
/// anyone else can look at the map; then, with the map free to be looked at, an engine is told about
/// code that is no more; then the next change may begin. Fields are dropped in that order.
struct Change<'a> {
    space: &'a AddressSpace,
    layout: RwLockWriteGuard<'a, Layout>,
    lost_code: LostCode<'a>,
    _turn: MutexGuard<'a, ()>,
}

/// Executable ranges that are no more, to be told when this is dropped.
struct LostCode<'a> {
    code: &'a Code,
    ranges: Vec<Range<u64>>,
}

impl Drop for LostCode<'_> {
    fn drop(&mut self) {
        self.code.tell(self.ranges.drain(..), CodeChange::Gone);
    }
}

impl Deref for Change<'_> {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.layout
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut Layout {
        &mut self.layout
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let changes = self.layout.vmas.take_code_changes();
        if changes.any {
            self.space.code.changed();
        }
        self.lost_code.ranges = changes.lost;
        let growth = self.layout.growth();
        self.space.growth.0.store(growth.start, Ordering::Relaxed);
        self.space.growth.1.store(growth.end, Ordering::Relaxed);
    }
}

fn page_up(value: u64) -> Option<u64> {
    value.checked_next_multiple_of(PAGE_SIZE)
}

fn is_aligned(addr: u64) -> bool {
    addr.is_multiple_of(PAGE_SIZE)
}

/// How many mappings of the host's are left to the runtime: without memory of its own it could only give up.
const OWN_MAPPINGS: usize = 4096;

/// From so many on, it is worth while to ask the host how many there may be.
const MANY_MAPPINGS: usize = 16 << 10;

impl Layout {
    /// Whether there may be a few more mappings: `ENOMEM`, as Linux says at `vm.max_map_count`, some way in front of it.
    fn may_divide(&mut self) -> Result<(), Errno> {
        let present = self.vmas.on_host();
        if present < MANY_MAPPINGS {
            return Ok(());
        }
        let most = *self.most_mappings.get_or_insert_with(host::mm::most_mappings);
        if present > most.saturating_sub(OWN_MAPPINGS) { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// Whether RLIMIT_AS and RLIMIT_DATA allow that much more (`may_expand_vm()`).
    fn may_expand(&self, bytes: u64, is_data: bool) -> Result<(), Errno> {
        let Usage { total, data, .. } = self.vmas.usage();
        let within = |used: u64, limit| used.saturating_add(bytes) <= limit;
        let allowed = within(total, self.limits.address_space)
            && (!is_data || within(data, self.limits.data));
        if allowed { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    /// Refuses to unmap or replace what is sealed.
    fn check_unsealed(&self, range: &Range<u64>) -> Result<(), Errno> {
        let sealed = self.vmas.overlapping(range.clone()).any(Vma::is_sealed);
        if sealed { Err(Errno::EPERM) } else { Ok(()) }
    }

    /// Calls `f` for the mapped parts of a range. `ENOMEM` at the end if there were holes.
    fn for_mapped(
        &self,
        range: Range<u64>,
        mut f: impl FnMut(&Vma, Range<u64>) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let mut at = range.start;
        let mut hole = false;
        for vma in self.vmas.overlapping(range.clone()) {
            hole |= vma.start > at;
            let part = vma.start.max(range.start)..vma.end.min(range.end);
            at = part.end;
            f(vma, part)?;
        }
        if hole || at < range.end { Err(Errno::ENOMEM) } else { Ok(()) }
    }
}

impl AddressSpace {
    /// An empty address space.
    pub fn new(slab: Arc<Slab>) -> Self {
        let limits = Limits::default();
        let layout = Layout {
            vmas: VmaMap::new(slab.size()),
            mmap_base: heap_and_stack::mmap_base(slab.size(), limits.stack),
            brk_start: 0,
            brk: 0,
            stack_mark: 0,
            limits,
            shared_objects: 0,
            lock_future: None,
            loan: None,
            kept: KeptFiles::default(),
            most_mappings: None,
        };
        Self {
            slab,
            layout: RwLock::new(Rank::Map, layout),
            turn: Mutex::new(Rank::MapTurn, ()),
            code: Code::default(),
            growth: Default::default(),
            on_loan: AtomicBool::new(false),
            is_shared: AtomicBool::new(false),
            keeper: None,
        }
    }

    /// Makes it keep what is mapped, so that it can [`depart`](Self::depart). To be called before anything is.
    pub fn keeping(self) -> Self {
        Self { keeper: Some(Keeper::default()), ..self }
    }

    /// The memory itself.
    pub fn slab(&self) -> &Arc<Slab> {
        &self.slab
    }

    /// The address behind the last one that a guest may use (`TASK_SIZE`).
    pub fn size(&self) -> u64 {
        self.slab.size()
    }

    fn read(&self) -> RwLockReadGuard<'_, Layout> {
        self.layout.read()
    }

    fn change(&self) -> Change<'_> {
        let turn = self.turn.lock();
        let layout = self.layout.write();
        let lost_code = LostCode { code: &self.code, ranges: Vec::new() };
        Change { space: self, layout, lost_code, _turn: turn }
    }

    /// Calls `fork` while no other thread changes the map, so that a child of the process finds it
    /// whole.
    pub fn still<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _turn = self.turn.lock();
        fork()
    }

    /// Calls `fork` while no other thread reads the map, so that a child of the process finds it
    /// unlocked. Within [`still`](Self::still).
    pub fn unread<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _layout = self.layout.write();
        fork()
    }

    /// Whether any mapping contains `addr`: tells `SEGV_ACCERR` from `SEGV_MAPERR`.
    pub fn is_mapped(&self, addr: u64) -> bool {
        self.read().vmas.at(addr).is_some()
    }

    /// Whether the mapping that contains `addr` allows an access of the kind `wanted`. What may be
    /// written or executed may be read.
    pub fn permits(&self, addr: u64, wanted: Prot) -> bool {
        self.read().vmas.at(addr).is_some_and(|vma| vma.permits(wanted))
    }

    /// The mapping that contains `addr`.
    pub fn lookup(&self, addr: u64) -> Option<Vma> {
        self.read().vmas.at(addr).cloned()
    }

    /// Calls `f` for each mapping, in order, with its label in `/proc/self/maps`. No call of this
    /// address space may be made meanwhile.
    pub fn for_each_vma(&self, mut f: impl FnMut(&Vma, &str)) {
        let layout = self.read();
        for vma in layout.vmas.iter() {
            let plain = vma.object.is_none() && vma.name.is_none();
            // `vma_is_initial_heap()` and `vma_is_initial_stack()` of the Linux kernel.
            let heap = vma.start < layout.brk && vma.end > layout.brk_start;
            let stack = vma.start <= layout.stack_mark && vma.end > layout.stack_mark;
            match (plain, heap, stack) {
                (true, true, _) => f(vma, "[heap]"),
                (true, _, true) => f(vma, "[stack]"),
                _ => f(vma, vma.label()),
            }
        }
    }

    /// Sums over all mappings.
    pub fn usage(&self) -> Usage {
        self.read().vmas.usage()
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.read().limits
    }

    /// Sets the limits. What is mapped stays; RLIMIT_STACK decides about placement when the next
    /// program starts, as on Linux.
    pub fn set_limits(&self, limits: Limits) {
        self.change().limits = limits;
    }

    /// Gives a mapping a name, as Linux does for `[vdso]`.
    pub fn name(&self, addr: u64, name: &str) {
        let mut layout = self.change();
        if let Some(range) = layout.vmas.at(addr).map(|vma| vma.start..vma.end) {
            layout.vmas.update(range, |vma| vma.name = Some(name.into()));
        }
    }

    /// Reads guest memory on behalf of a system call: a stack grows as for an access of the guest's.
    pub fn read_bytes(&self, addr: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        loop {
            match self.slab.read_bytes(addr, bytes) {
                Err(error) if !error.bus && self.handle_fault(error.addr, Prot::READ) => {}
                result => return result,
            }
        }
    }

    /// Writes guest memory on behalf of a system call: a stack grows as for an access of the
    /// guest's.
    pub fn write_bytes(&self, addr: u64, bytes: &[u8]) -> Result<(), AccessError> {
        loop {
            match self.slab.write_bytes(addr, bytes) {
                Err(error) if !error.bus && self.handle_fault(error.addr, Prot::WRITE) => {}
                result => return result,
            }
        }
    }

    /// After a refusal by the host, which may have removed what was in `range` before.
    fn repair(&self, layout: &mut Layout, range: Range<u64>) {
        if self.slab.make_whole(&range) {
            layout.vmas.remove(range);
        }
    }

    /// Whether others than one thread may see this memory, or a part of it, change: another thread, or another
    /// process through a shared mapping that can be written. Then an atomic operation has to be one.
    ///
    /// Changes in system calls of the only thread, and not back before execve(2). Of the child of a vfork(2) it is
    /// not true for its sake: the parent waits.
    pub fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }

    /// There will be another thread: to be called before it begins.
    pub fn note_shared(&self) {
        self.is_shared.store(true, Ordering::Relaxed);
    }

    /// Unmaps everything, for execve(2): there is one thread by now.
    pub fn reset(&self) -> Result<(), Errno> {
        let mut layout = self.change();
        self.slab.unmap(&(0..self.size()))?;
        layout.vmas.clear();
        self.is_shared.store(false, Ordering::Relaxed);
        layout.brk = 0;
        layout.brk_start = 0;
        layout.stack_mark = 0;
        layout.lock_future = None;
        self.forgive(&mut layout);
        Ok(())
    }

    /// To be called in the child of fork(2): locks are not inherited, nor what was marked
    /// `MADV_DONTFORK`. What the parent had on loan is the child's own copy.
    pub fn after_fork(&self) {
        let mut layout = self.change();
        self.settle_all(&mut layout);
        layout.lock_future = None;
        let special = VmaFlags::LOCKED | VmaFlags::DONT_FORK | VmaFlags::WIPE_ON_FORK;
        let affected: Vec<Vma> =
            layout.vmas.iter().filter(|vma| vma.flags.intersects(special)).cloned().collect();
        for vma in affected {
            let range = vma.start..vma.end;
            if vma.flags.contains(VmaFlags::DONT_FORK) {
                // Fills a hole that the host left. A failure leaves it, which is as inaccessible.
                let _ = self.slab.unmap(&range);
                layout.vmas.remove(range);
                continue;
            }
            if vma.flags.contains(VmaFlags::WIPE_ON_FORK) {
                layout.vmas.note_moved(range.clone());
            }
            layout.vmas.update(range, |vma| vma.flags.remove(VmaFlags::LOCKS));
        }
    }
}
