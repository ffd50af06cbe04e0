//! `--engine check`: the interpreter and the translator do everything both, and are compared.
//!
//! The interpreter goes first, on [`Trial`] memory, along the way that the translation will take: into
//! the region, and out of it where a translation leaves that finds the attention word set and
//! no link linked, which is at each loop header, call and indirect jump. Then the translation runs, on the real
//! thing. Registers, the reason for leaving and every byte that the interpreter has stored must agree.
//!
//! That takes translations as they are, loops and predicted returns included. Instrumented ones would tell how
//! far they got, and would be other code than what users run. What is not seen is a store to a place
//! where the interpreter stores nothing.
//!
//! Threads take turns, so guest code does not change memory under both. The kernel may, for another thread's system
//! call, as may other processes through shared mappings, and clocks go on. Then a difference counts only if
//! everything read is still what it was; while others share memory what has been stored is not compared, nor
//! are atomic operations, whose results others may have changed at once, and code has to differ several
//! times running, because what was read may have changed and changed back: a lock's word is always one of three
//! values.

use std::fmt::Write;

use engine::Exit;
use engine::aarch64::Registers;

use super::frame::word;
use super::stubs::reason;
use super::thread::Thread;
use crate::a64::{PATTERNS, decode};
use crate::interp::trial::Trial;
use crate::interp::untagged;
use crate::region::analysis::Analysis;
use crate::region::{Block, Edge, Flow, Item, Region};

/// Takes the description of a difference.
pub type OnDifference = dyn Fn(&str) + Send + Sync;

/// FPSR.UFC, the one bit that is not exact: see docs/internals/translator.md.
const FPSR_UFC: u32 = 1 << 3;

/// While others share memory, how many executions of a piece of code must differ, with none in between that
/// does not.
const SUSPICIOUS: u32 = 5;

/// The most differences of memory that a report names.
const NAMED: usize = 16;

/// What has to be known of a translation to go the way that it goes.
#[derive(Debug)]
pub struct Plan {
    region: Region,
    /// Per instruction: the flags are read at it or behind it, so they are exact there.
    flags_live: Vec<bool>,
}

impl Plan {
    /// The plan of a region's translation.
    pub fn new(region: Region, analysis: &Analysis) -> Self {
        let live = |(item, &behind): (&Item, &bool)| match item.uses {
            None => true,
            Some(uses) => uses.flags_read || behind && !uses.flags_write,
        };
        let flags_live = region.items.iter().zip(&analysis.flags_live_after).map(live).collect();
        Self { region, flags_live }
    }

    fn index(&self, pc: u64) -> Option<usize> {
        self.region.items.binary_search_by_key(&pc, |item| item.pc).ok()
    }

    /// What the translation does when control goes from the item `from` to `pc`, and not by a call or an indirect
    /// jump.
    fn step(&self, from: usize, pc: u64) -> Step {
        let blocks = &self.region.blocks;
        let block = &blocks[blocks.partition_point(|block| block.items.end <= from)];
        if from + 1 < block.items.end {
            return Step::On;
        }
        for edge in [block.taken, block.next].into_iter().flatten() {
            if let Edge::Block(next) = edge {
                let Block { items, is_loop, .. } = &blocks[next];
                if self.region.items[items.start].pc == pc {
                    return if *is_loop { Step::Poll(items.start) } else { Step::On };
                }
            }
        }
        Step::Leave
    }
}

/// What a translation does at the end of an instruction.
enum Step {
    /// It goes on.
    On,
    /// It leaves.
    Leave,
    /// It leaves, if the attention word is set, at the loop that begins at this item.
    Poll(usize),
}

/// What the interpreter says.
pub(super) struct Expected {
    before: Registers,
    after: Registers,
    exit: Option<Exit>,
    /// NZCV is exact at the end.
    has_flags: bool,
    trial: Trial,
    /// Where it has been.
    path: Vec<u64>,
    /// The first instruction is a call.
    calls_first: bool,
}

impl Thread {
    /// Runs the translation at `code`, after the interpreter; `Some` is for the kernel.
    pub(super) fn run_checked(&mut self, code: usize) -> Option<Exit> {
        self.interpreter_state();
        let cache = self.cache.clone();
        let turn = cache.check_turn();
        let expected = self.expect(code);
        // Raised, to leave at every opportunity; but not to come past the look before a call backward. As the
        // first instruction of a region that leaves at once anyway, because it is not linked.
        self.raised = u32::from(!expected.calls_first);
        *self.word(word::ATTENTION) = (&raw const self.raised) as u64;
        let leave = self.enter(code)?;
        let exit = match leave.reason {
            reason::FAULT => self.fault(),
            reason::SYSCALL => Some(Exit::Syscall),
            reason::EXIT => self.exit.take(),
            _ => None,
        };
        // The interpreter has executed an instruction: what had an address with a tag, or changes the mode
        // that code is translated for. The rest of the way is not gone yet.
        let interpreted = matches!(leave.reason, reason::FAULT | reason::EXIT) && exit.is_none();
        if interpreted && self.regs().pc != expected.after.pc {
            return None;
        }
        self.interpreter_state();
        self.compare(&expected, exit);
        drop(turn);
        match leave.reason {
            reason::MISS | reason::RETURN | reason::INTERPRET => self.left(leave),
            _ => exit,
        }
    }

    /// Has the interpreter go the way that the translation at `code` will go.
    fn expect(&mut self, code: usize) -> Expected {
        let before = self.regs().clone();
        let mut expected = Expected {
            after: before.clone(),
            before,
            exit: None,
            has_flags: true,
            trial: Trial::default(),
            path: Vec::new(),
            calls_first: false,
        };
        let mut monitor = self.monitor;
        let mut plan = self.cache.plan(code);
        let mut stack = *self.word(word::GUEST_STACK) as usize;
        while let Some(now) = plan.clone() {
            let regs = &mut expected.after;
            let Some(at) = now.index(regs.pc) else { break };
            let flow = now.region.items[at].flow;
            match flow {
                Flow::Syscall => {
                    expected.path.push(regs.pc);
                    regs.pc += 4;
                    expected.exit = Some(Exit::Syscall);
                    break;
                }
                Flow::Interpret => break,
                // Looks at the attention word first.
                Flow::Call(target) if target <= regs.pc && !expected.path.is_empty() => break,
                _ => {
                    expected.calls_first |=
                        expected.path.is_empty() && matches!(flow, Flow::Call(_));
                    expected.path.push(regs.pc);
                }
            }
            if let Err(exit) = self.memory.core.try_step(&expected.trial, regs, &mut monitor) {
                expected.exit = Some(exit);
                expected.has_flags = now.flags_live[at];
                break;
            }
            let from = match flow {
                Flow::Next | Flow::Jump(_) | Flow::Branch(_) => at,
                // The host's address lies below the guest's.
                Flow::Return(_) if self.memory.stack.word(stack + 8) == Some(regs.pc) => {
                    let host = self.memory.stack.word(stack).unwrap_or_default();
                    stack += 16;
                    plan = self.cache.plan(host as usize);
                    let call = plan.as_ref().and_then(|plan| plan.index(regs.pc - 4));
                    let Some(call) = call else { break };
                    call
                }
                _ => break,
            };
            let Some(now) = &plan else { break };
            match now.step(from, regs.pc) {
                Step::On => {}
                Step::Leave => break,
                Step::Poll(to) => {
                    expected.has_flags = now.flags_live[to];
                    break;
                }
            }
        }
        expected
    }

    fn compare(&mut self, expected: &Expected, exit: Option<Exit>) {
        let found = self.regs().clone();
        // Threads, and other processes by a shared mapping.
        let is_shared = self.cache.space().is_shared();
        let mut report = String::new();
        compare_registers(&mut report, expected, &found);
        if expected.exit != exit {
            let _ = writeln!(report, "  left by      {:?}, {exit:?}", expected.exit);
        }
        let slab = self.cache.space().slab();
        if !is_shared {
            let now = |addr| slab.load::<u8>(addr);
            let written = expected.trial.written();
            let differ = written.iter().filter(|&(&addr, &byte)| now(addr) != Ok(byte));
            for (&addr, byte) in differ.take(NAMED) {
                let found = now(addr).map_or("not readable".into(), |byte| format!("{byte:02x}"));
                let _ = writeln!(report, "  byte at {addr:#x}: {byte:02x}, {found}");
            }
        }
        let entry = expected.before.pc;
        if report.is_empty() {
            self.suspects.remove(&entry);
            return;
        }
        let others = is_shared && expected.trial.has_atomics();
        if others || !expected.trial.is_repeatable(slab) {
            return;
        }
        if is_shared {
            let times = self.suspects.entry(entry).or_default();
            *times += 1;
            if *times < SUSPICIOUS {
                return;
            }
        }
        let text = self.describe(expected, &report);
        if let Some(check) = &self.check {
            check(&text);
        }
    }

    fn describe(&self, expected: &Expected, differences: &str) -> String {
        let entry = expected.before.pc;
        let mut text = format!(
            "the translation of the code at {entry:#x} does not do what the interpreter does.\n\
             What differs at the end, by the interpreter and by the translation:\n{differences}\
             Guest code on the way:\n"
        );
        for &pc in &expected.path {
            let word = self.cache.space().slab().load::<u32>(pc).unwrap_or_default();
            let name = decode(word).map_or("(undefined)", |op| PATTERNS[op as usize].name);
            let _ = writeln!(text, "  {pc:#x}  {word:08x}  {name}");
        }
        text.push_str("Registers before:\n");
        let before = &expected.before;
        for (n, row) in before.x.chunks(4).enumerate() {
            let _ = write!(text, "  x{:<2}", 4 * n);
            for value in row {
                let _ = write!(text, " {value:016x}");
            }
            text.push('\n');
        }
        let Registers { sp, nzcv, fpcr, fpsr, .. } = before;
        let _ = writeln!(text, "  sp  {sp:016x} nzcv {nzcv:08x} fpcr {fpcr:08x} fpsr {fpsr:08x}");
        for (n, value) in before.v.iter().enumerate().filter(|&(_, &value)| value != 0) {
            let _ = writeln!(text, "  v{n:<2} {value:032x}");
        }
        text
    }
}

fn compare_registers(report: &mut String, expected: &Expected, found: &Registers) {
    let after = &expected.after;
    if after == found {
        return;
    }
    let mut differ = |name: String, ours: u128, theirs: u128| {
        if ours != theirs {
            let _ = writeln!(report, "  {name:12} {ours:#x}, {theirs:#x}");
        }
    };
    for n in 0..31 {
        differ(format!("x{n}"), after.x[n].into(), found.x[n].into());
    }
    for n in 0..32 {
        differ(format!("v{n}"), after.v[n], found.v[n]);
    }
    differ("sp".into(), after.sp.into(), found.sp.into());
    differ("pc".into(), untagged(after.pc).into(), untagged(found.pc).into());
    differ("tpidr_el0".into(), after.tpidr_el0.into(), found.tpidr_el0.into());
    if expected.has_flags {
        differ("nzcv".into(), after.nzcv.into(), found.nzcv.into());
    }
    differ("pstate".into(), after.pstate.into(), found.pstate.into());
    differ("fpcr".into(), after.fpcr.into(), found.fpcr.into());
    let exact = !FPSR_UFC;
    differ("fpsr".into(), (after.fpsr & exact).into(), (found.fpsr & exact).into());
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use abi::mm::{Prot, map};
    use engine::Vcpu;
    use host::Attention;
    use mem::{AddressSpace, Slab};

    use super::*;
    use crate::runtime::cache::Cache;
    use crate::translate::Features;

    const CODE: u64 = 0x1_0000;
    const DATA: u64 = 0x2_0000;

    /// Runs `code` twice, the second time after `change` was made to what it was translated to; what was found.
    fn differences(code: &[u32], change: impl FnOnce(&mut [u8])) -> Vec<String> {
        let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
        let flags = map::PRIVATE | map::ANONYMOUS | map::FIXED;
        for addr in [CODE, DATA] {
            assert_eq!(space.mmap(addr, 4096, Prot::all(), flags, None), Ok(addr));
        }
        // svc #0
        for (addr, &word) in (CODE..).step_by(4).zip(code.iter().chain(&[0xd400_0001])) {
            space.slab().store(addr, word).unwrap();
        }
        let found = Arc::new(Mutex::new(Vec::new()));
        let sink = found.clone();
        let cache = Arc::new(Cache::new(space, Features::NONE, 1 << 20).unwrap());
        cache.keep_plans();
        let check: Arc<OnDifference> =
            Arc::new(move |text: &str| sink.lock().unwrap().push(text.into()));
        let mut thread =
            Thread::new(cache.clone(), Arc::new(Attention::default()), 1).unwrap().checked(check);
        let mut runs = 0;
        let mut run = || {
            runs += 1;
            let mut regs = Registers { pc: CODE, ..Registers::new() };
            regs.x[1] = DATA;
            regs.x[5] = runs;
            assert_eq!(thread.run(&mut regs), Exit::Syscall);
        };
        run();
        assert!(found.lock().unwrap().is_empty(), "right code is found to be right");
        let (host, _) = cache.find(CODE, Default::default()).unwrap();
        cache.spoil(host, change);
        run();
        found.lock().unwrap().clone()
    }

    /// Replaces the only occurrence.
    fn replace(code: &mut [u8], old: &[u8], new: &[u8]) {
        let places: Vec<_> = (0..code.len()).filter(|&at| code[at..].starts_with(old)).collect();
        let [at] = places[..] else { panic!("{old:x?} is at {places:?} of {code:x?}") };
        code[at..at + new.len()].copy_from_slice(new);
    }

    #[test]
    fn a_wrong_result_is_found() {
        // add x0, x0, #0x123
        let found = differences(&[0x9104_8c00], |code| replace(code, &[0x23, 1], &[0x24, 1]));
        let [report] = &found[..] else { panic!("{found:?}") };
        assert!(report.contains("x0           0x123, 0x124\n"), "{report}");
        assert!(report.contains("  0x10000  91048c00  ADD_immediate\n"), "{report}");
    }

    #[test]
    fn a_wrong_store_is_found() {
        // str w5, [x1, #0x40]
        let found = differences(&[0xb900_4025], |code| {
            let at = code.iter().position(|&byte| byte == 0x40).unwrap();
            code[at] = 0x44;
        });
        let [report] = &found[..] else { panic!("{found:?}") };
        assert!(report.contains("byte at 0x20040: 02, 01\n"), "{report}");
    }

    #[test]
    fn a_wrong_turn_is_found() {
        // cbz x0, +8; mov x2, #1; mov x3, #1
        let code = [0xb400_0040, 0xd280_0022, 0xd280_0023];
        let found = differences(&code, |code| {
            // je, near, to jne.
            replace(code, &[0x0f, 0x84], &[0x0f, 0x85]);
        });
        let [report] = &found[..] else { panic!("{found:?}") };
        assert!(report.contains("x2           0x0, 0x1\n"), "{report}");
    }
}
