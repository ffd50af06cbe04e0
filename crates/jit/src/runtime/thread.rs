//! One guest thread: the loop around generated code.
//!
//! Code is interpreted at first. Addresses that branches lead to are counted, and what has been reached
//! often enough is translated: most code of a program runs a few times only, and interpreting it so
//! often costs less than translating it once.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use abi::Errno;
use engine::aarch64::Registers;
use engine::{Exit, Vcpu};
use host::Attention;
use host::code::{CodeStack, Table, ThreadArea};

use super::cache::Cache;
use super::check::OnDifference;
use super::counts::{self, Counts, Heat};
use super::frame::{self, word};
use super::gone::Gone;
use super::presence::Presence;
use super::stats::Stats;
use super::stubs::{Leave, TARGET_BITS, reason};
use crate::a64::{Insn, Op, decode};
use crate::interp::{Core, Monitor, clock, untagged};
use crate::translate::{self, MXCSR_DEFAULT, Mode, flags, numbers};

/// The usual number of times that an address is reached before its code is translated. With 12, a shell's
/// start took half as long again, and with 200 a loop of a shell script a fifth longer.
pub const HOT: u8 = 32;

/// The bytes of the stack of predicted returns.
const STACK: usize = 256 << 10;
/// The bytes of each: a host address, and the guest's above it.
const FRAME: usize = 16;
/// If there are more, looking through them costs more than to predict them anew.
const FRAMES: usize = 1024;

/// The monitor's address when it watches nothing.
const NOT_WATCHING: u64 = u64::MAX;

/// Registers at a fault, as the stub stores them.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Record {
    general: [u64; 16],
    vector: [u128; 16],
    pc: u64,
    addr: u64,
    flags: u64,
}

impl Record {
    /// Offset of the general registers, by number.
    pub const GENERAL: usize = std::mem::offset_of!(Self, general);
    /// Offset of the vector registers.
    pub const VECTOR: usize = std::mem::offset_of!(Self, vector);
    /// Offset of the address of the faulting instruction.
    pub const PC: usize = std::mem::offset_of!(Self, pc);
    /// Offset of the address that it accessed.
    pub const ADDR: usize = std::mem::offset_of!(Self, addr);
    /// Offset of the flags.
    pub const FLAGS: usize = std::mem::offset_of!(Self, flags);
}

/// An entry of the table of jump targets: a guest address, and the code for it. Zeros lead nowhere, because address 0
/// belongs to the first entry only; and that holds [`NOWHERE`].
type Target = [u64; 2];

/// No instruction stands there.
const NOWHERE: Target = [u64::MAX, 0];

/// The table of jump targets.
#[derive(Debug)]
struct Targets {
    entries: Table<Target>,
    /// Something has been entered.
    is_used: bool,
    /// The epoch and mode for which it was made, while it is not in use.
    of: (u64, Mode),
}

impl Targets {
    /// In a table without entries.
    fn new(mut entries: Table<Target>) -> Self {
        entries[0] = NOWHERE;
        Self { entries, is_used: false, of: (0, Mode::default()) }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_used) {
            self.entries.clear();
            self.entries[0] = NOWHERE;
        }
    }

    fn clear_in_child(&mut self) {
        self.entries.clear_in_child();
        self.entries[0] = NOWHERE;
        self.is_used = false;
    }

    /// Drops what leads to code that has gone.
    fn forget(&mut self, gone: &Gone) {
        for code in &gone.codes {
            let at = slot(code.entry);
            if self.entries[at][0] == code.entry {
                self.entries[at] = if at == 0 { NOWHERE } else { Target::default() };
            }
        }
    }
}

/// What a thread remembers of the code that it has run. When it ends the next one takes it over: mappings are dear,
/// and threads of one program run the same code.
#[derive(Debug)]
pub(super) struct Memory {
    /// What is remembered belongs to this epoch and mode.
    epoch: u64,
    mode: Mode,
    targets: Targets,
    /// Those of the mode before: a program that changes FPCR changes it back.
    other_targets: Targets,
    pub(super) stack: CodeStack,
    stack_pointer: u64,
    /// Where the lowest return of all goes, which was not predicted.
    bottom: u64,
    counts: Counts,
    /// The interpreter, which remembers what instructions mean.
    pub(super) core: Core,
    /// The process forked after this was put aside, and this is the child.
    pub(super) is_wiped: bool,
}

impl Memory {
    /// Errors: `ENOMEM`.
    fn new(cache: &Cache, threshold: u8) -> Result<Self, Errno> {
        let tables = 2 * (size_of::<Target>() << TARGET_BITS) + counts::PLACES;
        let (stack, mut area) = ThreadArea::new(STACK, tables)?;
        let mut memory = Self {
            epoch: 0,
            mode: Mode::new(cache.features(), 0, 0),
            targets: Targets::new(area.table(1 << TARGET_BITS)),
            other_targets: Targets::new(area.table(1 << TARGET_BITS)),
            stack,
            stack_pointer: 0,
            bottom: cache.stubs().bottom as u64,
            counts: Counts::new(area.table(counts::PLACES), threshold, cache.has_store()),
            core: Core::new(cache.space().clone(), cache.decoded().clone()),
            is_wiped: false,
        };
        memory.forget_returns();
        Ok(memory)
    }

    fn forget_returns(&mut self) {
        // What a return compares with at the bottom: hardly a guest address.
        self.stack.write_top(&[self.bottom, u64::MAX]);
        self.stack_pointer = self.stack.top() as u64 - 16;
    }

    /// Drops the predictions, from `pointer` up, of returns to code that has gone. They stay on the stack, where the
    /// returns that are above and below them expect them. Returns whether that is done.
    fn forget_returns_to(&mut self, gone: &Gone, pointer: u64, stub: usize) -> bool {
        let pointer = pointer as usize;
        let Some(depth) = self.stack.top().checked_sub(pointer) else { return false };
        if !depth.is_multiple_of(FRAME) || depth > FRAME * FRAMES {
            return false;
        }
        let bottom = self.stack.top() - FRAME;
        for at in (pointer..bottom).step_by(FRAME) {
            let Some(host) = self.stack.word(at) else { return false };
            if gone.has(host as usize) {
                self.stack.set_word(at, stub as u64);
            }
        }
        true
    }

    /// In a child of `fork`, which runs less often what its parent has run so often.
    fn forked(&mut self) {
        self.targets.clear_in_child();
        self.other_targets.clear_in_child();
        self.forget_returns();
        self.counts.clear_in_child();
        self.is_wiped = false;
    }
}

// SAFETY: `regs` is set only while `Vcpu::run` runs, and everything else is the thread's own or shared in an `Arc`.
unsafe impl Send for Thread {}

/// See the module's documentation.
pub struct Thread {
    pub(super) cache: Arc<Cache>,
    attention: Arc<Attention>,
    presence: Arc<Presence>,
    pub(super) monitor: Option<Monitor>,
    pub(super) memory: ManuallyDrop<Memory>,
    record: Box<Record>,
    /// Generated code was left by a return just now.
    by_return: bool,
    /// For `--jit-stats`.
    stats: Option<Box<Stats>>,
    /// Why the interpreter left guest code when generated code had called it.
    pub(super) exit: Option<Exit>,
    /// The registers, while [`Vcpu::run`] runs.
    regs: *mut Registers,
    has_segment: bool,
    /// Compares with the interpreter and takes what differs.
    pub(super) check: Option<Arc<OnDifference>>,
    /// What generated code then takes for the attention word.
    pub(super) raised: u32,
    /// Entries of code that has differed, which may have been another thread's doing, and how often.
    pub(super) suspects: HashMap<u64, u32>,
}

impl Thread {
    /// A thread of the guest to which `cache` belongs.
    ///
    /// Errors: `ENOMEM`.
    pub fn new(cache: Arc<Cache>, attention: Arc<Attention>, threshold: u8) -> Result<Self, Errno> {
        let presence = Arc::new(Presence::new(attention.clone()));
        cache.attend(&presence);
        let stats = cache.stats().map(|_| Box::default());
        let memory = match cache.spare() {
            Some(mut spare) => {
                if spare.is_wiped {
                    spare.forked();
                }
                spare
            }
            None => Memory::new(&cache, threshold)?,
        };
        Ok(Self {
            cache,
            attention,
            presence,
            monitor: None,
            memory: ManuallyDrop::new(memory),
            record: Box::default(),
            by_return: false,
            stats,
            exit: None,
            regs: std::ptr::null_mut(),
            has_segment: false,
            check: None,
            raised: 1,
            suspects: HashMap::new(),
        })
    }

    /// The same, which compares all it does with the interpreter.
    pub fn checked(mut self, check: Arc<OnDifference>) -> Self {
        self.check = Some(check);
        self
    }

    /// The guest's registers.
    pub(super) fn regs(&mut self) -> &mut Registers {
        // SAFETY: set by `run` from its argument, which outlives every use in it; generated code,
        // which has the same pointer, is not running now.
        unsafe { &mut *self.regs }
    }

    pub(super) fn word(&mut self, index: usize) -> &mut u64 {
        &mut self.regs().engine.0[index]
    }

    /// Prepares the engine's words for generated code.
    fn begin(&mut self) {
        self.cache.look_for_company();
        if !self.has_segment {
            let base = self.cache.space().slab().base() as u64;
            // SAFETY: generated code is the only user of `gs` in this process.
            let result = unsafe { host::code::set_gs_base(base) };
            result.expect("x86-64 Linux lets a process set its gs");
            self.has_segment = true;
        }
        let attention = self.attention.word().as_ptr() as u64;
        let thread = std::ptr::from_mut(self) as u64;
        let record = std::ptr::from_mut(&mut *self.record) as u64;
        let stack = self.memory.stack_pointer;
        let features = self.cache.features();
        let regs = self.regs();
        regs.pc = untagged(regs.pc);
        let mode = Mode::new(features, regs.fpcr, regs.fpsr);
        let words = &mut regs.engine.0;
        words[word::FLAGS] = flags::from_nzcv(regs.nzcv);
        words[word::ATTENTION] = attention;
        words[word::THREAD] = thread;
        words[word::RECORD] = record;
        words[word::INTERPRETER] = interpret_one as *const () as u64;
        words[word::CLOCK] = read_clock as *const () as u64;
        words[word::GUEST_STACK] = stack;
        words[word::MONITOR_ADDR] = NOT_WATCHING;
        self.set_mode(mode);
        *self.word(word::TARGETS) = self.memory.targets.entries.as_ptr() as u64;
        *self.word(word::MXCSR) = mxcsr(mode);
    }

    /// Makes the registers exact for the kernel.
    fn end(&mut self) {
        self.memory.stack_pointer = *self.word(word::GUEST_STACK);
        self.interpreter_state();
    }

    /// Moves what generated code keeps in engine words to where the interpreter has it.
    pub(super) fn interpreter_state(&mut self) {
        let mode = self.memory.mode;
        let regs = self.regs();
        let words = &mut regs.engine.0;
        regs.nzcv = flags::to_nzcv(words[word::FLAGS]);
        regs.fpsr |= cumulative(words[word::MXCSR]);
        words[word::MXCSR] = mxcsr(mode);
        let addr = words[word::MONITOR_ADDR];
        let bytes = words[word::MONITOR_BYTES] as u32;
        let high = if bytes == 16 { words[word::MONITOR_HIGH] } else { 0 };
        let value = u128::from(high) << 64 | u128::from(words[word::MONITOR_VALUE]);
        self.monitor = (addr != NOT_WATCHING).then_some(Monitor { addr, bytes, value });
    }

    /// The opposite of [`Self::interpreter_state`].
    fn translator_state(&mut self) {
        let monitor = self.monitor;
        let features = self.cache.features();
        let regs = self.regs();
        let words = &mut regs.engine.0;
        words[word::FLAGS] = flags::from_nzcv(regs.nzcv);
        words[word::MONITOR_ADDR] = NOT_WATCHING;
        if let Some(Monitor { addr, bytes, value }) = monitor {
            words[word::MONITOR_ADDR] = addr;
            words[word::MONITOR_BYTES] = u64::from(bytes);
            words[word::MONITOR_VALUE] = value as u64;
            words[word::MONITOR_HIGH] = (value >> 64) as u64;
        }
        let mode = Mode::new(features, regs.fpcr, regs.fpsr);
        self.set_mode(mode);
    }

    fn set_mode(&mut self, mode: Mode) {
        let memory = &mut *self.memory;
        if mode == memory.mode {
            return;
        }
        let before = (memory.epoch, std::mem::replace(&mut memory.mode, mode));
        std::mem::swap(&mut memory.targets, &mut memory.other_targets);
        memory.other_targets.of = before;
        if memory.targets.of != (memory.epoch, mode) {
            memory.targets.clear();
        }
        self.forget_returns();
        *self.word(word::TARGETS) = self.memory.targets.entries.as_ptr() as u64;
        *self.word(word::MXCSR) = mxcsr(mode);
    }

    /// Drops everything that refers to generated code.
    fn forget(&mut self) {
        self.memory.targets.clear();
        self.forget_returns();
    }

    fn forget_returns(&mut self) {
        self.memory.forget_returns();
        *self.word(word::GUEST_STACK) = self.memory.stack_pointer;
    }

    /// Drops what has gone since the epoch of what is remembered.
    fn go_on_in(&mut self, epoch: u64) {
        let before = std::mem::replace(&mut self.memory.epoch, epoch);
        let Some(gone) = self.cache.gone(before, epoch) else {
            self.forget();
            self.memory.counts.forget_files();
            return;
        };
        let pointer = *self.word(word::GUEST_STACK);
        let stub = self.cache.stubs().gone;
        let memory = &mut *self.memory;
        memory.targets.forget(&gone);
        if memory.other_targets.of.0 == before {
            memory.other_targets.forget(&gone);
            memory.other_targets.of.0 = epoch;
        }
        gone.mappings.iter().for_each(|range| memory.counts.forget_mapping(range));
        if !memory.forget_returns_to(&gone, pointer, stub) {
            self.forget_returns();
        }
    }

    fn is_known(&self, pc: u64) -> Option<usize> {
        let [known, code] = self.memory.targets.entries[slot(pc)];
        (known == pc).then_some(code as usize)
    }

    /// The code for `pc` in this thread's epoch and mode, if it exists or should.
    fn code(&mut self, pc: u64, by_return: bool) -> Option<usize> {
        let epoch = self.cache.epoch();
        if self.memory.epoch != epoch {
            self.go_on_in(epoch);
        }
        if let Some(code) = self.is_known(pc) {
            return Some(code);
        }
        let mode = self.memory.mode;
        let counts = &mut self.memory.counts;
        if !counts.knows(pc) {
            let mut count = 0;
            let range = self.cache.entries_around(pc, |entry| {
                count += 1;
                counts.add_entry(entry);
            });
            range.into_iter().for_each(|range| counts.learn(range, count));
        }
        let mut found = self.cache.find(pc, mode);
        if found.is_none()
            && let heat @ (Heat::Early | Heat::Hot) = counts.heat(pc, by_return)
        {
            let to_keep = heat == Heat::Early;
            found = self.cache.translate(pc, mode, to_keep, |pc| counts.has_reached(pc));
            if found.is_some() {
                counts.add_new(pc);
            }
        }
        let (code, epoch) = found?;
        if epoch != self.memory.epoch {
            self.go_on_in(epoch);
        }
        self.memory.counts.add_entry(pc);
        self.memory.targets.entries[slot(pc)] = [pc, code as u64];
        self.memory.targets.is_used = true;
        Some(code)
    }

    /// Runs generated code from `code` on. `None` if it is no longer there.
    pub(super) fn enter(&mut self, code: usize) -> Option<Leave> {
        // Nothing in `self`, which `interpret_one` uses meanwhile.
        let (cache, presence) = (&*self.cache, &*self.presence);
        let (regs, epoch) = (self.regs as usize, self.memory.epoch);
        cache.within(presence, epoch, || {
            // SAFETY: generated with this signature.
            let enter = unsafe {
                std::mem::transmute::<usize, extern "C" fn(usize, usize) -> Leave>(
                    cache.stubs().enter,
                )
            };
            enter(regs + frame::BIAS, code)
        })
    }

    /// Deals with the reason for which generated code was left; `Some` is for the kernel.
    pub(super) fn left(&mut self, leave: Leave) -> Option<Exit> {
        if let Some(stats) = &mut self.stats {
            stats.exits[leave.reason as usize] += 1;
        }
        match leave.reason {
            reason::LINK => {
                let pc = self.regs().pc;
                if self.code(pc, false).is_some() {
                    self.cache.link(leave.detail as usize, self.memory.epoch);
                }
                None
            }
            reason::MISS | reason::RETURN => {
                self.by_return = leave.reason == reason::RETURN;
                let regs = self.regs();
                regs.pc = untagged(regs.pc);
                None
            }
            reason::KICKED => Some(Exit::Kicked),
            reason::SYSCALL => Some(Exit::Syscall),
            reason::INTERPRET => self.step(),
            reason::FAULT => self.fault(),
            _ => self.exit.take(),
        }
    }

    /// Interprets one instruction.
    fn step(&mut self) -> Option<Exit> {
        self.interpreter_state();
        // SAFETY: as in `regs`, with the borrow split from the rest of `self`.
        let regs = unsafe { &mut *self.regs };
        let result = self.memory.core.step(regs, &mut self.monitor);
        self.translator_state();
        match result {
            Ok(insn) => {
                if let Some(stats) = &mut self.stats {
                    stats.count_interpreted(insn.0);
                }
                self.look_at(insn);
                None
            }
            Err(exit) => Some(exit),
        }
    }

    /// Interprets until there may be something better to do.
    fn interpret(&mut self) -> Option<Exit> {
        if let Some(stats) = &mut self.stats {
            stats.cold += 1;
        }
        self.interpreter_state();
        // SAFETY: as in `step`.
        let regs = unsafe { &mut *self.regs };
        let Memory { counts, core, .. } = &mut *self.memory;
        let exit = core.run(regs, &mut self.monitor, &self.attention, |pc, branch| {
            counts.stops(pc, is_return(branch))
        });
        self.translator_state();
        exit
    }

    /// An instruction has been interpreted that may have changed code.
    fn look_at(&mut self, insn: Insn) {
        if decode(insn.0) == Some(Op::IC_IVAU) {
            let n = insn.rd();
            let addr = if n == 31 { 0 } else { untagged(self.regs().x[n]) } & !63;
            let line = addr..addr.saturating_add(64);
            if !self.cache.written(line.clone()) {
                self.memory.counts.forget_code(line);
            }
        }
    }

    /// Restores the guest's state at a fault and has the interpreter execute the instruction.
    pub(super) fn fault(&mut self) -> Option<Exit> {
        let host_pc = self.record.pc as usize;
        let Some(site) = self.cache.fault_site(host_pc) else {
            panic!("generated code at {host_pc:#x} faulted where none should");
        };
        let record: *const Record = &*self.record;
        // SAFETY: the box is not touched by what follows.
        let record = unsafe { &*record };
        let regs = self.regs();
        regs.pc = site.pc;
        let pinned = site.homes.pinned().filter(|&(_, _, is_there)| is_there);
        let dirty = numbers(site.point.dirty.x).filter_map(|n| Some((n, site.homes.x(n)?)));
        for (n, home) in pinned.map(|(n, home, _)| (n, home)).chain(dirty) {
            let value = record.general[usize::from(home.0)];
            if n == 31 { regs.sp = value } else { regs.x[n] = value }
        }
        for n in numbers(site.point.dirty.v) {
            if let Some(home) = site.homes.v(n) {
                regs.v[n] = record.vector[usize::from(home.0)];
            }
        }
        if let translate::Flags { host: Some(carry), saved: false } = site.point.flags {
            regs.engine.0[word::FLAGS] = flags::from_lahf(record.flags, carry);
        }
        if self.memory.stack.is_guard(self.record.addr as usize) {
            self.forget();
        }
        self.step()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let (Some(own), Some(mut sum)) = (&self.stats, self.cache.stats()) {
            sum.add(own);
        }
        // SAFETY: nothing uses it from here on.
        self.cache.put_aside(unsafe { ManuallyDrop::take(&mut self.memory) });
    }
}

fn is_return(insn: Insn) -> bool {
    decode(insn.0) == Some(Op::RET)
}

/// What MXCSR is in generated code, and for the host's code above that.
fn mxcsr(mode: Mode) -> u64 {
    u64::from(MXCSR_DEFAULT) << 32 | u64::from(mode.mxcsr())
}

fn slot(pc: u64) -> usize {
    (pc >> 2) as usize % (1 << TARGET_BITS)
}

/// The exception bits of FPSR for those of MXCSR. `DE` has no counterpart: Arm reports denormal operands only
/// when it flushes them.
fn cumulative(mxcsr: u64) -> u32 {
    let bit = |from: u32, to: u32| ((mxcsr >> from & 1) as u32) << to;
    bit(0, 0) | bit(2, 1) | bit(3, 2) | bit(4, 3) | bit(5, 4)
}

impl Vcpu for Thread {
    fn run(&mut self, regs: &mut Registers) -> Exit {
        self.regs = regs;
        self.begin();
        let exit = loop {
            if self.attention.is_raised() {
                break Exit::Kicked;
            }
            let pc = self.regs().pc;
            let by_return = std::mem::take(&mut self.by_return);
            let exit = match self.code(pc, by_return) {
                Some(code) if self.check.is_some() => self.run_checked(code),
                Some(code) => self.enter(code).and_then(|leave| self.left(leave)),
                None => self.interpret(),
            };
            if let Some(exit) = exit {
                break exit;
            }
        };
        self.end();
        exit
    }

    fn step(&mut self, regs: &mut Registers) -> Option<Exit> {
        regs.pc = untagged(regs.pc);
        self.memory.core.step(regs, &mut self.monitor).err()
    }

    fn forked(&mut self) {
        self.memory.forked();
    }

    fn executed(&mut self) {
        self.memory.counts.clear();
    }
}

/// Executes the instruction at PC for generated code; not zero if it left guest code.
///
/// Called by the stub [`super::stubs::Stubs::interpret`] with the thread that is in generated code.
pub(super) extern "C" fn interpret_one(thread: *mut Thread) -> u32 {
    // SAFETY: from the word that `begin` has set, in the same thread; `enter`, which is below us on the
    // stack, does not use its reference while generated code runs.
    let thread = unsafe { &mut *thread };
    let mode = thread.memory.mode;
    thread.exit = thread.step();
    // Code for another mode goes on, if for no exit.
    u32::from(thread.exit.is_some() || thread.memory.mode != mode)
}

/// What stubs call to read one of the registers that are clocks.
extern "C" fn read_clock(register: u32) -> u64 {
    clock(register).unwrap_or_default()
}

const _: () = assert!(std::mem::size_of::<Target>() == 16);
