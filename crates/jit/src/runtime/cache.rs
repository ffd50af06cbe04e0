//! What the threads of a guest process share: translations, links between them, code memory.
//!
//! Memory is handed out from the beginning to the end and never given back piece by piece. When
//! it is full everything is thrown away. That needs, as an invalidation does, that no thread is in
//! code that goes away: [`Cache::expel`] says how.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use abi::Errno;
use host::Attention;
use host::code::{CodeMemory, CodeWindow};
use host::fault::FaultContext;
use host::sync::{Mutex, MutexGuard, Rank};
use mem::AddressSpace;

use super::check::Plan;
use super::stats::Stats;
use super::stubs::Stubs;
use super::thread::Memory;
use crate::region::analysis::Analysis;
use crate::region::discover::Discovery;
use crate::translate::{self, FaultPoint, Features, Homes, Mode, lines};
use crate::x64::Asm;

/// Bytes of the reservation for slots, eight for each link.
const SLOTS: usize = 8 << 20;
/// Bytes of the reservation for code.
const CODE: usize = 120 << 20;
/// Bytes by which the code grows.
const PIECE: usize = 1 << 20;
/// A page for the stubs, which stay.
const STUBS: usize = 4096;
/// More than the largest region's code.
const MARGIN: usize = 128 << 10;

/// So many threads that come and go find the memory of those before.
const SPARES: usize = 16;

/// A translated region.
#[derive(Debug)]
struct Code {
    entry: u64,
    mode: Mode,
    /// Guest addresses, from the lowest instruction to behind the highest.
    guest: Range<u64>,
    /// Host addresses.
    host: Range<usize>,
    faults: Vec<FaultPoint>,
    homes: Homes,
    /// Links that lead here.
    incoming: Vec<u32>,
    /// For `--engine check`.
    plan: Option<Arc<Plan>>,
}

#[derive(Debug)]
struct LinkRecord {
    stub: usize,
    target: u64,
    mode: Mode,
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

/// The part of a thread that others look at.
#[derive(Debug)]
pub struct Presence {
    /// The thread is in generated code, or about to be.
    pub inside: AtomicBool,
    /// The epoch in which it went there.
    pub epoch: AtomicU64,
    /// Makes it leave.
    pub attention: Arc<Attention>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Cache {
    space: Arc<AddressSpace>,
    features: Features,
    memory: CodeMemory,
    stubs: Stubs,
    /// Changes whenever code has gone away: what a thread remembers of earlier epochs is void.
    epoch: AtomicU64,
    /// All translated guest code lies between these, so that most invalidations need no lock.
    lowest: AtomicU64,
    highest: AtomicU64,
    state: Mutex<State>,
    threads: Mutex<Vec<Weak<Presence>>>,
    /// Of threads that have ended.
    spares: Mutex<Vec<Memory>>,
    /// Counts of the threads that have ended, and of all translations; if they are wanted.
    stats: OnceLock<Mutex<Stats>>,
    /// Plans of the translations are kept.
    keeps_plans: AtomicBool,
}

#[derive(Debug)]
struct State {
    entries: HashMap<(u64, Mode), u32>,
    codes: Vec<Code>,
    /// Numbers of codes by the guest page that they have instructions on.
    pages: BTreeMap<u64, Vec<u32>>,
    links: Vec<LinkRecord>,
    /// The piece being filled, its offset in the code and how much of it is used.
    window: Option<CodeWindow>,
    piece: usize,
    used: usize,
    asm: Asm,
    discovery: Discovery,
}

const PAGE_BITS: u32 = 12;

impl Cache {
    /// An empty cache.
    pub fn new(space: Arc<AddressSpace>, features: Features) -> Result<Self, Errno> {
        let memory = CodeMemory::reserve(SLOTS, CODE)?;
        let mut window = memory.back(0, STUBS)?;
        let mut asm = Asm::new(memory.base() + memory.data_size());
        let stubs = Stubs::new(&mut asm, &memory);
        window.write(0, asm.finish());
        register(&memory, &stubs)?;
        let state = State {
            entries: HashMap::new(),
            codes: Vec::new(),
            pages: BTreeMap::new(),
            links: Vec::new(),
            window: None,
            piece: STUBS,
            used: 0,
            asm,
            discovery: Discovery::default(),
        };
        Ok(Self {
            space,
            features,
            memory,
            stubs,
            epoch: AtomicU64::new(1),
            lowest: AtomicU64::new(u64::MAX),
            highest: AtomicU64::new(0),
            state: Mutex::new(Rank::Translations, state),
            threads: Mutex::new(Rank::Inside, Vec::new()),
            spares: Mutex::new(Rank::Spares, Vec::new()),
            stats: OnceLock::new(),
            keeps_plans: AtomicBool::new(false),
        })
    }

    /// The guest's memory.
    pub fn space(&self) -> &Arc<AddressSpace> {
        &self.space
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
        self.epoch.load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
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
        let state = self.state();
        let code = *state.entries.get(&(pc, mode))?;
        Some((state.codes[code as usize].host.start, self.epoch()))
    }

    /// As [`Self::find`], after translating the code if need be; `reached` says where branches have
    /// been seen to lead. `None` if there is no code at `pc`, or no
    /// memory for it.
    pub fn translate(
        &self,
        pc: u64,
        mode: Mode,
        reached: impl Fn(u64) -> bool,
    ) -> Option<(usize, u64)> {
        let mut state = self.state();
        if let Some(&code) = state.entries.get(&(pc, mode)) {
            return Some((state.codes[code as usize].host.start, self.epoch()));
        }
        if !state.make_room(self) {
            self.clear(&mut state);
            if !state.make_room(self) {
                return None;
            }
        }
        let code = state.translate(self, pc, mode, reached)?;
        Some((state.codes[code].host.start, self.epoch()))
    }

    /// Connects a link that was left by in `epoch` with the code at its target, if there is any.
    pub fn link(&self, link: u64, epoch: u64) -> Option<(usize, u64)> {
        let mut state = self.state();
        if epoch != self.epoch() {
            return None;
        }
        let LinkRecord { target, mode, .. } = *state.links.get(link as usize)?;
        let code = *state.entries.get(&(target, mode))?;
        let code = &mut state.codes[code as usize];
        code.incoming.push(link as u32);
        let entry = code.host.start;
        self.set_slot(link as u32, entry);
        Some((entry, epoch))
    }

    /// Where the host instruction at `host` comes from.
    pub fn fault_site(&self, host: usize) -> Option<FaultSite> {
        let state = self.state();
        let code = state.code_at(host)?;
        let offset = (host - code.host.start) as u32;
        let at = code.faults.partition_point(|point| point.end <= offset);
        let point = *code.faults.get(at)?;
        let pc = code.guest.start + 4 * u64::from(point.item);
        Some(FaultSite { pc, point, homes: code.homes.clone() })
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
        // SAFETY: readable, and nobody writes to it now.
        let code = unsafe { std::slice::from_raw_parts(host.start as *const u8, host.len()) };
        let mut code = code.to_vec();
        change(&mut code);
        let base = self.memory.base() + self.memory.data_size() + state.piece;
        state.window.as_mut().expect("just used").write(host.start - base, &code);
    }

    /// Whether more than one thread runs guest code.
    pub fn has_threads(&self) -> bool {
        let threads = self.threads.lock();
        threads.iter().filter(|thread| thread.strong_count() > 0).count() > 1
    }

    fn set_slot(&self, link: u32, to: usize) {
        let slot = self.stubs.slot(link as usize) as *const AtomicUsize;
        // SAFETY: inside the data part of the reservation, aligned, and only accessed atomically,
        // by this and by generated code.
        unsafe { &*slot }.store(to, Ordering::Release);
    }

    /// Forgets what was translated from `range`, and waits until no thread can be in it.
    pub fn invalidate(&self, range: Range<u64>) {
        // Locked first: a translation that is being made may have read what was there before.
        let mut state = self.state();
        let outside = range.end <= self.lowest.load(Ordering::SeqCst)
            || range.start >= self.highest.load(Ordering::SeqCst);
        if outside || range.is_empty() {
            return;
        }
        let pages = range.start >> PAGE_BITS..=(range.end - 1) >> PAGE_BITS;
        let mut gone: Vec<u32> =
            state.pages.range(pages).flat_map(|(_, codes)| codes.clone()).collect();
        gone.retain(|&code| {
            let guest = &state.codes[code as usize].guest;
            guest.start < range.end && range.start < guest.end
        });
        gone.sort_unstable();
        gone.dedup();
        if gone.is_empty() {
            return;
        }
        for code in gone {
            self.forget(&mut state, code);
        }
        self.expel(&mut state);
    }

    fn forget(&self, state: &mut State, number: u32) {
        let code = &mut state.codes[number as usize];
        let key = (code.entry, code.mode);
        let pages = code.guest.start >> PAGE_BITS..=(code.guest.end - 1) >> PAGE_BITS;
        for link in std::mem::take(&mut code.incoming) {
            self.set_slot(link, state.links[link as usize].stub);
        }
        state.entries.remove(&key);
        for page in pages {
            if let Some(codes) = state.pages.get_mut(&page) {
                codes.retain(|code| *code != number);
                if codes.is_empty() {
                    state.pages.remove(&page);
                }
            }
        }
    }

    /// Begins a new epoch and waits until every other thread has left the code of earlier ones.
    ///
    /// A thread says that it is inside and then looks at the epoch; here the epoch changes and
    /// then we look who is inside. So either it sees the new epoch, or it is seen.
    fn expel(&self, _state: &mut State) {
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        let threads = self.threads.lock().clone();
        for thread in threads.iter().filter_map(Weak::upgrade) {
            let is_late = || {
                thread.inside.load(Ordering::SeqCst) && thread.epoch.load(Ordering::SeqCst) != epoch
            };
            if is_late() {
                thread.attention.raise(Attention::KICK);
                while is_late() {
                    std::thread::yield_now();
                }
            }
        }
    }

    /// Throws everything away. The caller is not inside.
    fn clear(&self, state: &mut State) {
        self.expel(state);
        state.entries.clear();
        state.codes.clear();
        state.pages.clear();
        state.links.clear();
        state.window = None;
        state.piece = STUBS;
        state.used = 0;
        self.lowest.store(u64::MAX, Ordering::SeqCst);
        self.highest.store(0, Ordering::SeqCst);
    }

    /// Calls `fork` while no other thread holds a lock of the cache.
    pub fn still(&self, fork: &mut dyn FnMut()) {
        let _state = self.state();
        let _threads = self.threads.lock();
        let _spares = self.spares.lock();
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
            state.piece += window.len();
            state.used = 0;
            window.abandon();
        }
        self.spares.lock().iter_mut().for_each(|spare| spare.is_wiped = true);
        self.threads.lock().retain(|thread| {
            thread.upgrade().is_some_and(|thread| !thread.inside.load(Ordering::SeqCst))
        });
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
        if 8 * (self.links.len() + links) > SLOTS {
            return false;
        }
        if let Some(window) = &self.window {
            if window.len() - self.used >= MARGIN {
                return true;
            }
            self.piece += window.len();
            self.used = 0;
            self.window = None;
        }
        if self.piece + PIECE > cache.memory.code_size() {
            return false;
        }
        self.window = cache.memory.back(self.piece, PIECE).ok();
        self.window.is_some()
    }

    /// Translates the region at `pc`; the number of its code.
    fn translate(
        &mut self,
        cache: &Cache,
        pc: u64,
        mode: Mode,
        reached: impl Fn(u64) -> bool,
    ) -> Option<usize> {
        let Self { asm, discovery, .. } = self;
        let space = &cache.space;
        let mut executable = 0..0;
        let fetch = |pc: u64| {
            if !pc.is_multiple_of(4) {
                return None;
            }
            if !executable.contains(&pc) {
                executable = space.is_executable(pc)?;
            }
            space.slab().load::<u32>(pc).ok()
        };
        let uses = |op, insn| lines::uses(op, insn, mode);
        let region = discovery.discover(pc, fetch, uses, reached)?;
        let mut analysis = Analysis::new(&region, |_| false);
        let code_base = cache.memory.base() + cache.memory.data_size();
        let start = code_base + self.piece + self.used;
        asm.reset(start);
        let first_link = self.links.len();
        let translation =
            translate::translate(asm, mode, &region, &mut analysis, &cache.stubs, first_link);
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
        let number = self.codes.len();
        for (link, record) in (first_link..).zip(translation.links) {
            cache.set_slot(link as u32, record.stub);
            self.links.push(LinkRecord { stub: record.stub, target: record.target, mode });
        }
        let guest = region.items[0].pc..region.items[region.items.len() - 1].pc + 4;
        for item in &region.items {
            let codes = self.pages.entry(item.pc >> PAGE_BITS).or_default();
            if codes.last() != Some(&(number as u32)) {
                codes.push(number as u32);
            }
        }
        cache.lowest.fetch_min(guest.start, Ordering::SeqCst);
        cache.highest.fetch_max(guest.end, Ordering::SeqCst);
        self.entries.insert((pc, mode), number as u32);
        self.codes.push(Code {
            entry: pc,
            mode,
            guest,
            host: start..start + length,
            faults: translation.faults,
            homes: translation.homes,
            incoming: Vec::new(),
            plan: cache
                .keeps_plans
                .load(Ordering::Relaxed)
                .then(|| Arc::new(Plan::new(region, &analysis))),
        });
        Some(number)
    }
}

// ---- Faults ----

/// Code memory of the process's engines, for the fault handler: begin, end, where to go on. One in
/// a guest process, several in tests.
static AREAS: [[AtomicUsize; 3]; 64] = [const { [const { AtomicUsize::new(0) }; 3] }; 64];

fn register(memory: &CodeMemory, stubs: &Stubs) -> Result<(), Errno> {
    host::fault::add_hook(on_fault);
    host::fault::install()?;
    let end = memory.base() + memory.data_size() + memory.code_size();
    for [begin, area_end, stub] in &AREAS {
        let free = begin.compare_exchange(0, memory.base(), Ordering::SeqCst, Ordering::SeqCst);
        if free.is_ok() {
            stub.store(stubs.fault, Ordering::SeqCst);
            area_end.store(end, Ordering::SeqCst);
            return Ok(());
        }
    }
    Err(Errno::ENOMEM)
}

fn on_fault(context: &mut FaultContext<'_>) -> bool {
    let pc = context.pc();
    for [begin, end, stub] in &AREAS {
        if (begin.load(Ordering::SeqCst)..end.load(Ordering::SeqCst)).contains(&pc) {
            let results = [pc as u64, context.addr() as u64];
            context.resume(stub.load(Ordering::SeqCst), results);
            return true;
        }
    }
    false
}

impl Drop for Cache {
    fn drop(&mut self) {
        for [begin, end, _] in &AREAS {
            if begin.load(Ordering::SeqCst) == self.memory.base() {
                end.store(0, Ordering::SeqCst);
                begin.store(0, Ordering::SeqCst);
            }
        }
    }
}
