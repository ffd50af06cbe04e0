//! What the threads of a guest process share: translations, links between them, code memory.
//!
//! Memory is handed out from the beginning to the end and never given back piece by piece. When
//! it is full everything is thrown away. That needs, as an invalidation does, that no thread is in
//! code that goes away: [`presence`](super::presence) says how.
//!
//! Translations of earlier processes come from a [`Store`], if there is one, a file for each mapping of the
//! guest's. What such a file has is not translated again; what is new is added to it at the end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use abi::Errno;
use host::code::{CodeMemory, CodeWindow};
use host::sync::{Mutex, MutexGuard, Rank};
use mem::AddressSpace;

use super::areas;
use super::check::Plan;
use super::dump::{Dump, OnListing};
use super::gone::Log;
use super::hash::AddressMap;
use super::invalidate::note_pages;
use super::perf_map::PerfMap;
use super::presence::{Epoch, Presence};
use super::source::Source;
use super::stats::Stats;
use super::store::Store;
use super::store::format::{Addition, Builder, View};
use super::store::units::{Mapping, Mappings, Unit};
use super::stubs::Stubs;
use super::thread::Memory;
use crate::interp::Decoded;
use crate::listing::Listing;
use crate::region::analysis::Analysis;
use crate::region::discover::Discovery;
use crate::region::{Item, Region};
use crate::spot::Spot;
use crate::translate::{self, FaultPoint, Features, Homes, Link, Mode, lines};
use crate::x64::{Asm, External};

/// Bytes of the reservation for slots, eight for each link.
const SLOTS: usize = 8 << 20;
/// Bytes for code that are enough for most programs.
pub const CODE: usize = 120 << 20;
/// So many translations are known of at once. Ordinary code, with more than 1 KB each, fills its memory first. But of a program that writes
/// and runs tiny functions all the time there would be three times as much to know as there is code.
const CODES: usize = 1 << 17;
/// Bytes by which the code grows.
const PIECE: usize = 1 << 20;
/// A page for the stubs, which stay.
pub(super) const STUBS: usize = 4096;
/// More than the largest region's code.
const MARGIN: usize = 128 << 10;
/// Fewer new instructions than this are not worth a file.
const NEWS: u64 = 16;
/// Nor is a part of what the file has that is smaller than one in so many: it is written as a whole, which takes
/// as long as to translate such a part some ten times.
const SHARE: u64 = 128;

/// So many threads that come and go find the memory of those before.
const SPARES: usize = 16;

/// A translated region.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) entry: u64,
    pub(super) mode: Mode,
    /// Guest addresses, from the lowest instruction to behind the highest.
    pub(super) guest: Range<u64>,
    /// The instructions.
    pub(super) source: Source,
    /// Host addresses.
    pub(super) host: Range<usize>,
    pub(super) faults: Vec<FaultPoint>,
    pub(super) homes: Homes,
    /// Its links, by number.
    pub(super) links: Range<u32>,
    /// What it refers to outside itself, and how many instructions it has: for a file.
    pub(super) externals: Vec<External>,
    pub(super) instructions: u32,
    /// Jumps that lead here.
    pub(super) incoming: Vec<Jump>,
    /// For `--engine check`.
    pub(super) plan: Option<Arc<Plan>>,
}

impl Code {
    /// Gives back what is only for code that may run.
    pub(super) fn empty(&mut self) {
        self.source = Source::default();
        self.faults = Vec::new();
        self.externals = Vec::new();
        self.plan = None;
    }
}

/// A jump through a slot.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// The address of the slot.
    slot: usize,
    /// Where it leads when its target is gone.
    stub: usize,
}

/// A way out of a region.
#[derive(Clone, Copy, Debug)]
pub struct LinkRecord {
    /// The host address of its stub.
    pub stub: usize,
    /// A guest address.
    pub target: u64,
    mode: Mode,
}

/// Who has the code for an address.
#[derive(Clone, Copy, Debug)]
enum Place {
    Code(u32),
    Mapping(usize),
}

/// What is known about an instruction that faulted.
#[derive(Debug)]
pub struct FaultSite {
    /// The guest instruction.
    pub pc: u64,
    /// The state of registers and flags there.
    pub point: FaultPoint,
    /// Where registers are.
    pub homes: Homes,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Cache {
    pub(super) space: Arc<AddressSpace>,
    pub(super) decoded: Arc<Decoded>,
    pub(super) features: Features,
    pub(super) memory: CodeMemory,
    pub(super) stubs: Stubs,
    pub(super) epoch: Epoch,
    /// All translated guest code lies between these, so that most invalidations need no lock.
    pub(super) lowest: AtomicU64,
    pub(super) highest: AtomicU64,
    pub(super) check_turn: Mutex<()>,
    pub(super) state: Mutex<State>,
    pub(super) threads: Mutex<Vec<Weak<Presence>>>,
    /// Of threads that have ended.
    pub(super) spares: Mutex<Vec<Memory>>,
    /// Counts of the threads that have ended, and of all translations; if they are wanted.
    pub(super) stats: OnceLock<Mutex<Stats>>,
    /// Plans of the translations are kept.
    pub(super) keeps_plans: AtomicBool,
    /// As [`State::is_shared`].
    pub(super) is_shared: AtomicBool,
    /// Where translations are kept.
    pub(super) store: OnceLock<Store>,
    /// As [`Mode::slab_bits`].
    pub(super) slab_bits: AtomicU8,
}

#[derive(Debug)]
pub(super) struct State {
    /// Others see the guest's memory change.
    pub(super) is_shared: bool,
    /// Codes, by number, that may only run as long as nobody does.
    pub(super) unlocked: Vec<u32>,
    pub(super) entries: AddressMap<(u64, Mode), u32>,
    /// As `entries`, of codes that may be entered again if the guest's memory is as it was.
    pub(super) dormant: AddressMap<(u64, Mode), u32>,
    /// What has gone lately.
    pub(super) gone: Log,
    pub(super) codes: Vec<Code>,
    /// Numbers of codes by the guest page that they have instructions on.
    pub(super) pages: BTreeMap<u64, Vec<u32>>,
    pub(super) links: Vec<LinkRecord>,
    /// Executable memory that has been looked at; only if there is a store.
    pub(super) mappings: Mappings,
    /// Codes before this number are in files, or another process will see to them.
    pub(super) kept: usize,
    /// How much of the code has been handed out.
    pub(super) end: usize,
    /// The piece being filled, its offset in the code and how much of it is used.
    pub(super) window: Option<CodeWindow>,
    pub(super) piece: usize,
    pub(super) used: usize,
    pub(super) asm: Asm,
    pub(super) discovery: Discovery,
    /// For `--perf-map`.
    pub(super) perf_map: Option<PerfMap>,
    /// For `--jit-dump`.
    pub(super) dump: Option<Dump>,
}

pub(super) const PAGE_BITS: u32 = 12;

impl Cache {
    /// An empty cache, for `code` bytes of code.
    pub fn new(space: Arc<AddressSpace>, features: Features, code: usize) -> Result<Self, Errno> {
        let memory = CodeMemory::reserve(SLOTS, STUBS + code)?;
        let mut window = memory.back(0, STUBS)?;
        let mut asm = Asm::new(memory.base() + memory.data_size());
        let stubs = Stubs::new(&mut asm, &memory);
        window.write(0, asm.finish());
        areas::register(&memory, &stubs)?;
        let state = State {
            is_shared: false,
            unlocked: Vec::new(),
            entries: AddressMap::default(),
            dormant: AddressMap::default(),
            gone: Log::default(),
            codes: Vec::new(),
            pages: BTreeMap::new(),
            links: Vec::new(),
            mappings: Mappings::default(),
            kept: 0,
            end: STUBS,
            window: None,
            piece: STUBS,
            used: 0,
            asm,
            discovery: Discovery::default(),
            perf_map: None,
            dump: None,
        };
        Ok(Self {
            space,
            decoded: Arc::new(Decoded::new()),
            features,
            memory,
            stubs,
            epoch: Epoch::default(),
            lowest: AtomicU64::new(u64::MAX),
            highest: AtomicU64::new(0),
            check_turn: Mutex::new(Rank::CheckTurn, ()),
            state: Mutex::new(Rank::Translations, state),
            threads: Mutex::new(Rank::Inside, Vec::new()),
            spares: Mutex::new(Rank::Spares, Vec::new()),
            stats: OnceLock::new(),
            keeps_plans: AtomicBool::new(false),
            is_shared: AtomicBool::new(false),
            store: OnceLock::new(),
            slab_bits: AtomicU8::new(0),
        })
    }

    /// No address of the guest's leaves the slab from now on.
    pub fn isolate(&self) {
        self.slab_bits.store(self.space.size().ilog2() as u8, Ordering::Relaxed);
    }

    /// As [`Mode::slab_bits`].
    pub fn slab_bits(&self) -> u8 {
        self.slab_bits.load(Ordering::Relaxed)
    }

    /// Uses and adds to the translations in `store`.
    pub fn keep_in(&self, store: Store) {
        self.store.get_or_init(|| store);
    }

    /// Whether there may be translations of earlier processes.
    pub fn has_store(&self) -> bool {
        self.store.get().is_some()
    }

    /// The guest's memory.
    pub fn space(&self) -> &Arc<AddressSpace> {
        &self.space
    }

    /// What the interpreter's threads know of instructions.
    pub(crate) fn decoded(&self) -> &Arc<Decoded> {
        &self.decoded
    }

    /// What translations may use of the processor.
    pub fn features(&self) -> Features {
        self.features
    }

    /// The stubs.
    pub fn stubs(&self) -> &Stubs {
        &self.stubs
    }

    /// The present epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch.now()
    }

    /// Does `run`, which enters code of `epoch`, unless that is over.
    pub fn within<T>(&self, presence: &Presence, epoch: u64, run: impl FnOnce() -> T) -> Option<T> {
        presence.within(epoch, &self.epoch, run)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Waits until no other thread is being checked.
    pub(super) fn check_turn(&self) -> MutexGuard<'_, ()> {
        self.check_turn.lock()
    }

    /// Counts from now on.
    pub fn count(&self) {
        self.stats.get_or_init(|| Mutex::new(Rank::Statistics, Stats::default()));
    }

    /// The counts, for a thread or a translation to add its own; if they are wanted.
    pub fn stats(&self) -> Option<MutexGuard<'_, Stats>> {
        self.stats.get().map(|stats| stats.lock())
    }

    /// The counts in words, if they are wanted.
    pub fn report(&self) -> Option<String> {
        self.stats().map(|stats| stats.to_string())
    }

    /// Registers a thread.
    pub fn attend(&self, presence: &Arc<Presence>) {
        let mut threads = self.threads.lock();
        threads.retain(|thread| thread.strong_count() > 0);
        if !threads.is_empty() {
            self.space.note_shared();
        }
        threads.push(Arc::downgrade(presence));
    }

    /// What a thread that has ended left to the next one.
    pub(super) fn spare(&self) -> Option<Memory> {
        self.spares.lock().pop()
    }

    /// Leaves `memory` to the next thread.
    pub(super) fn put_aside(&self, memory: Memory) {
        let mut spares = self.spares.lock();
        if spares.len() < SPARES {
            spares.push(memory);
        }
    }

    /// The host address of the code for `pc`, if there is any, and the epoch in which that is so.
    pub fn find(&self, pc: u64, mode: Mode) -> Option<(usize, u64)> {
        let mut state = self.state();
        let (entry, place) = state.entry(self, pc, mode)?;
        if let Place::Mapping(_) = place
            && let Some(mut stats) = self.stats()
        {
            stats.found += 1;
        }
        Some((entry, self.epoch()))
    }

    /// Tells of each guest address in the mapping around `pc` for which a file has code. Returns where the mapping
    /// is, if there is one.
    pub fn entries_around(&self, pc: u64, tell: impl FnMut(u64)) -> Option<Range<u64>> {
        let mut state = self.state();
        let at = state.mapping_at(self, self.store.get()?, pc)?;
        let mapping = state.mappings.get(at);
        mapping.entries().for_each(tell);
        Some(mapping.range.clone())
    }

    /// As [`Self::find`], after translating the code if need be; `reached` says where branches have
    /// been seen to lead. `None` if there is no code at `pc`, no memory for it, or if it is only worth keeping,
    /// `to_keep`, and could not be kept.
    pub fn translate(
        &self,
        pc: u64,
        mode: Mode,
        to_keep: bool,
        reached: impl Fn(u64) -> bool,
    ) -> Option<(usize, u64)> {
        let mut state = self.state();
        if let Some((entry, _)) = state.entry(self, pc, mode) {
            return Some((entry, self.epoch()));
        }
        let region = state.discover(self, pc, mode, reached)?;
        let is_atomic = |item: &Item| item.op.is_some_and(lines::is_atomic);
        // What relies on being alone is not kept.
        if to_keep && !state.is_shared && region.items.iter().any(is_atomic) {
            return None;
        }
        if !state.make_room(self) {
            self.clear(&mut state);
            if !state.make_room(self) {
                return None;
            }
        }
        let code = state.translate(self, pc, mode, region)?;
        Some((state.codes[code].host.start, self.epoch()))
    }

    /// Connects the link with the slot at `slot`, by which code was left in `epoch`, with the code at its
    /// target, if there is any.
    pub fn link(&self, slot: usize, epoch: u64) -> Option<(usize, u64)> {
        let mut state = self.state();
        if epoch != self.epoch() {
            return None;
        }
        let (target, stub, mode) = state.link(self, slot)?;
        let (entry, place) = state.entry(self, target, mode)?;
        let jump = Jump { slot, stub };
        match place {
            Place::Code(code) => state.codes[code as usize].incoming.push(jump),
            Place::Mapping(at) => state.mappings.get(at).unit.as_mut()?.incoming.push(jump),
        }
        set_slot(slot, entry);
        Some((entry, epoch))
    }

    /// Where the host instruction at `host` comes from.
    pub fn fault_site(&self, host: usize) -> Option<FaultSite> {
        let state = self.state();
        let Some(code) = state.code_at(host) else {
            let (mapping, unit) = state.mappings.unit(|unit| unit.host.contains(&host))?;
            let offset = host - unit.host.start;
            let (pc, point, homes) = unit.view()?.fault(offset, mapping.range.start)?;
            return Some(FaultSite { pc, point, homes });
        };
        let offset = (host - code.host.start) as u32;
        let at = code.faults.partition_point(|point| point.end <= offset);
        let point = *code.faults.get(at)?;
        let pc = code.guest.start + 4 * u64::from(point.item);
        Some(FaultSite { pc, point, homes: code.homes })
    }

    /// The host's descriptors that stay open; all others are closed where they were opened.
    pub fn descriptors(&self) -> Vec<i32> {
        self.state().perf_map.iter().filter_map(PerfMap::descriptor).collect()
    }

    /// Tells `perf` from now on what is where.
    pub fn map_for_perf(&self) {
        self.state().perf_map = Some(PerfMap::new(self.space.slab().base() as u64));
    }

    /// Shows translations from now on.
    pub fn dump(&self, spots: Vec<Spot>, show: Box<OnListing>) {
        let base = self.space.slab().base() as u64;
        self.state().dump = Some(Dump::new(base, spots, show));
    }

    /// Keeps plans from now on.
    pub fn keep_plans(&self) {
        self.keeps_plans.store(true, Ordering::Relaxed);
    }

    /// The plan of the translation that has a host instruction at `host`.
    pub fn plan(&self, host: usize) -> Option<Arc<Plan>> {
        self.state().code_at(host)?.plan.clone()
    }

    /// Changes the code of the translation that has a host instruction at `host`: what a bug does.
    #[cfg(test)]
    pub fn spoil(&self, host: usize, change: impl FnOnce(&mut [u8])) {
        let mut state = self.state();
        let host = state.code_at(host).expect("a translation").host.clone();
        let mut code = self.code_memory(host.clone()).to_vec();
        change(&mut code);
        let base = self.memory.base() + self.memory.data_size() + state.piece;
        state.window.as_mut().expect("just used").write(host.start - base, &code);
    }

    /// Writes what has been translated to the store, as far as that is worth it.
    pub fn keep(&self) {
        let Some(store) = self.store.get() else { return };
        let mut state = self.state();
        for mapping in state.mappings.iter() {
            let written = state.keep(self, store, mapping);
            if let (Some(bytes), Some(mut stats)) = (written, self.stats()) {
                stats.written_files += 1;
                stats.written_bytes += bytes;
            }
        }
        state.kept = state.codes.len();
    }

    /// Code between these addresses, which has been written.
    fn code_memory(&self, range: Range<usize>) -> &[u8] {
        // SAFETY: the caller has the addresses from `codes` or `stubs`; what has been written is never
        // changed, and not taken back while the state is locked.
        unsafe { std::slice::from_raw_parts(range.start as *const u8, range.len()) }
    }

    fn stubs_range(&self) -> Range<usize> {
        let start = self.memory.base() + self.memory.data_size();
        start..start + self.stubs.size
    }

    /// Calls `fork` while no other thread holds a lock of the cache.
    pub fn still(&self, fork: &mut dyn FnMut()) {
        let _check_turn = self.check_turn();
        let _state = self.state();
        let _threads = self.threads.lock();
        let _spares = self.spares.lock();
        let _stats = self.stats();
        fork();
    }

    /// This is the child of a `fork`: the other threads are not here, and code memory handed out so
    /// far is shared with the parent.
    pub fn forked(&self) {
        if let Some(mut stats) = self.stats() {
            *stats = Stats::default();
        }
        let mut state = self.state();
        if let Some(window) = state.window.take() {
            window.abandon();
        }
        state.kept = state.codes.len();
        let State { perf_map, codes, .. } = &mut *state;
        if let Some(map) = perf_map {
            map.forked();
            codes.iter().for_each(|code| map.add(code.entry, &code.host));
        }
        self.spares.lock().iter_mut().for_each(|spare| spare.is_wiped = true);
        self.threads
            .lock()
            .retain(|thread| thread.upgrade().is_some_and(|thread| !thread.is_inside()));
    }
}

impl State {
    /// The code that has a host instruction at `host`.
    fn code_at(&self, host: usize) -> Option<&Code> {
        // Codes are handed out in order of address, and thrown away all at once.
        let next = self.codes.partition_point(|code| code.host.start <= host);
        let code = &self.codes[next.checked_sub(1)?];
        code.host.contains(&host).then_some(code)
    }

    /// Makes sure that there is memory for a region's code and slots.
    fn make_room(&mut self, cache: &Cache) -> bool {
        let links = crate::region::discover::MAX_ITEMS * 2;
        if 8 * (self.links.len() + links) > SLOTS || self.codes.len() >= CODES {
            return false;
        }
        if let Some(window) = &self.window {
            if window.len() - self.used >= MARGIN {
                return true;
            }
            self.window = None;
        }
        let Some(piece) = self.reserve(cache, PIECE) else { return false };
        (self.piece, self.used) = (piece, 0);
        self.window = cache.memory.back(piece, PIECE).ok();
        self.window.is_some()
    }

    /// Hands out `len` bytes of the code, whole pages.
    fn reserve(&mut self, cache: &Cache, len: usize) -> Option<usize> {
        let start = self.end;
        let end = start.checked_add(len)?;
        (end <= cache.memory.code_size()).then(|| {
            self.end = end;
            start
        })
    }

    /// The host address of the code for `pc`, if there is any.
    fn entry(&mut self, cache: &Cache, pc: u64, mode: Mode) -> Option<(usize, Place)> {
        let known = self.entries.get(&(pc, mode)).copied();
        if let Some(code) = known.or_else(|| self.revive(cache, pc, mode)) {
            return Some((self.codes[code as usize].host.start, Place::Code(code)));
        }
        if mode.fpcr != 0 {
            return None;
        }
        let store = cache.store.get()?;
        let at = self.mapping_at(cache, store, pc)?;
        let entry = self.mappings.get(at).entry(pc)?;
        Some((entry, Place::Mapping(at)))
    }

    /// The number of the mapping that contains `pc`.
    fn mapping_at(&mut self, cache: &Cache, store: &Store, pc: u64) -> Option<usize> {
        if let Some(at) = self.mappings.at(pc) {
            return Some(at);
        }
        let mapping = match cache.space.code_file(pc) {
            Some(file) => Mapping::of(&file, store, &cache.memory, |len| self.reserve(cache, len)),
            None => Mapping { range: cache.space.is_executable(pc)?, key: None, unit: None },
        };
        cache.lowest.fetch_min(mapping.range.start, Ordering::SeqCst);
        cache.highest.fetch_max(mapping.range.end, Ordering::SeqCst);
        self.mappings.add(mapping, pc);
        let at = self.mappings.at(pc)?;
        if let Some(mut stats) = cache.stats()
            && let Some(unit) = &self.mappings.get(at).unit
            && let Some(view) = unit.view()
        {
            stats.files += 1;
            stats.file_bytes += unit.host.len() as u64;
            stats.file_regions += view.regions() as u64;
            stats.file_instructions += view.instructions();
        }
        if let Some(dump) = &mut self.dump {
            dump.mapping(self.mappings.get(at), &cache.stubs, cache.space.slab());
        }
        Some(at)
    }

    /// The target of the link with the slot at `slot`, its stub and its mode.
    fn link(&self, cache: &Cache, slot: usize) -> Option<(u64, usize, Mode)> {
        let own = slot.wrapping_sub(cache.stubs.slots) / 8;
        if let Some(&LinkRecord { target, stub, mode }) = self.links.get(own) {
            return Some((target, stub, mode));
        }
        let mut units = self.mappings.iter().filter_map(|mapping| mapping.unit.as_ref());
        let (target, stub) = units.find_map(|unit| unit.link(slot))?;
        Some((target, stub, Mode::new(cache.features, 0, 0)))
    }

    /// Writes what is new in `mapping` to its file.
    fn keep(&self, cache: &Cache, store: &Store, mapping: &Mapping) -> Option<u64> {
        let key = mapping.key?;
        let is_there = |&at: &usize| {
            let Code { entry, mode, guest, .. } = &self.codes[at];
            mode.fpcr == 0
                && self.unlocked.binary_search(&(at as u32)).is_err()
                && mapping.range.start <= guest.start
                && guest.end <= mapping.range.end
                && self.entries.get(&(*entry, *mode)) == Some(&(at as u32))
        };
        let new = (self.kept..self.codes.len()).filter(is_there);
        let new: u64 = new.map(|at| u64::from(self.codes[at].instructions)).sum();
        let used = mapping.unit.as_ref().and_then(Unit::view);
        let worth = used.map_or(0, |view| view.instructions() / SHARE).max(NEWS);
        if new < worth {
            return None;
        }
        // Not what is in use here: another process may have written since.
        let old = store.read(&key);
        let old = old.as_deref().and_then(View::of);
        let stubs = cache.code_memory(cache.stubs_range());
        let mut builder = Builder::new(key, mapping.range.start, stubs, old);
        let mut added = 0;
        for at in (0..self.codes.len()).filter(is_there) {
            added += u64::from(builder.add(&self.addition(cache, at)));
        }
        if added == 0 {
            return None;
        }
        let bytes = builder.finish();
        store.write(&key, &bytes).then_some(bytes.len() as u64)
    }

    fn addition<'a>(&'a self, cache: &'a Cache, at: usize) -> Addition<'a> {
        let code = &self.codes[at];
        let links = code.links.start as usize..code.links.end as usize;
        Addition {
            entry: code.entry,
            low: code.guest.start,
            instructions: code.instructions,
            code: cache.code_memory(code.host.clone()),
            externals: &code.externals,
            faults: &code.faults,
            homes: &code.homes,
            slots: cache.stubs.slot(links.start),
            links: &self.links[links],
        }
    }

    /// The region at `pc`.
    fn discover(
        &mut self,
        cache: &Cache,
        pc: u64,
        mode: Mode,
        reached: impl Fn(u64) -> bool,
    ) -> Option<Region> {
        let Self { discovery, entries, .. } = self;
        // What has code of its own is left for it: a copy takes time to make, and is rarely better.
        let has_code = |at| at != pc && entries.contains_key(&(at, mode));
        let space = &cache.space;
        let mut executable = 0..0;
        let fetch = |pc: u64| {
            if !pc.is_multiple_of(4) || has_code(pc) {
                return None;
            }
            if !executable.contains(&pc) {
                executable = space.is_executable(pc)?;
            }
            space.slab().load::<u32>(pc).ok()
        };
        discovery.discover(pc, fetch, |op, insn| lines::uses(op, insn, mode), reached)
    }

    /// Translates the region at `pc`; the number of its code. There must be room.
    fn translate(&mut self, cache: &Cache, pc: u64, mode: Mode, region: Region) -> Option<usize> {
        let asm = &mut self.asm;
        let mut analysis = Analysis::new(&region, |_| false);
        let code_base = cache.memory.base() + cache.memory.data_size();
        let start = code_base + self.piece + self.used;
        asm.reset(start);
        let first_link = self.links.len() as u32;
        let full_mode = Mode { alone: !self.is_shared, slab_bits: cache.slab_bits(), ..mode };
        let translation = translate::translate(
            asm,
            full_mode,
            &region,
            &mut analysis,
            &cache.stubs,
            first_link as usize,
        );
        let externals = match cache.store.get() {
            Some(_) => asm.externals().to_vec(),
            None => Vec::new(),
        };
        let bytes = asm.finish();
        let length = bytes.len();
        self.window.as_mut()?.write(self.used, bytes);
        // Entries begin on a cache line's quarter.
        self.used += length.next_multiple_of(16);

        if let Some(mut stats) = cache.stats() {
            stats.regions += 1;
            stats.instructions += region.items.len() as u64;
            stats.bytes += length as u64;
        }
        if let Some(map) = &mut self.perf_map {
            map.add(pc, &(start..start + length));
        }
        if let Some(dump) = &mut self.dump {
            let (base, stubs) = (start, &cache.stubs);
            let code = cache.code_memory(start..start + length);
            let first_link = first_link as usize;
            let (region, translation, faults) = (&region, &translation, true);
            let listing = Listing { region, translation, code, base, stubs, first_link, faults };
            dump.translated(full_mode, &analysis, &listing);
        }
        let number = self.codes.len();
        if translation.unlocked {
            self.unlocked.push(number as u32);
        }
        for Link { stub, target } in translation.links {
            set_slot(cache.stubs.slot(self.links.len()), stub);
            self.links.push(LinkRecord { stub, target, mode });
        }
        let guest = region.items[0].pc..region.items[region.items.len() - 1].pc + 4;
        let source = Source::of(&region);
        note_pages(&mut self.pages, number as u32, &source);
        cache.lowest.fetch_min(guest.start, Ordering::SeqCst);
        cache.highest.fetch_max(guest.end, Ordering::SeqCst);
        self.entries.insert((pc, mode), number as u32);
        self.codes.push(Code {
            entry: pc,
            mode,
            guest,
            source,
            host: start..start + length,
            faults: translation.faults,
            homes: translation.homes,
            links: first_link..self.links.len() as u32,
            externals,
            instructions: region.items.len() as u32,
            incoming: Vec::new(),
            plan: cache
                .keeps_plans
                .load(Ordering::Relaxed)
                .then(|| Arc::new(Plan::new(region, &analysis))),
        });
        Some(number)
    }
}

/// Has the jump through the slot at `slot` go to `to`.
pub(super) fn set_slot(slot: usize, to: usize) {
    let slot = slot as *const AtomicUsize;
    // SAFETY: in the data part of the reservation or in front of a unit, aligned, and only accessed
    // atomically, by this and by generated code.
    unsafe { &*slot }.store(to, Ordering::Release);
}

impl Jump {
    /// The target is gone.
    pub(super) fn unlink(self) {
        set_slot(self.slot, self.stub);
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        areas::unregister(&self.memory);
    }
}
