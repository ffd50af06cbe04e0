//! The pieces of code between the host's code and translations.
//!
//! They are generated once for each engine, at the beginning of its code memory. They refer to nothing
//! but themselves and the frame, so that a copy of them anywhere else does the same.

use host::code::CodeMemory;

use super::frame::{self, word};
use super::thread::Record;
use crate::translate::PINNED;
use crate::x64::vector::VMOVDQU_STORE;
use crate::x64::{Alu, Asm, Cond, Mem, Reg, Shift, Width, Xmm};

/// Why generated code was left.
pub mod reason {
    /// By a link that is not linked; the detail is the address of its slot.
    pub const LINK: u64 = 0;
    /// By a jump to an address that the table of targets does not have.
    pub const MISS: u64 = 1;
    /// The attention word is set.
    pub const KICKED: u64 = 2;
    /// `SVC`; PC is behind it.
    pub const SYSCALL: u64 = 3;
    /// The instruction at PC is one for the interpreter, and may change anything.
    pub const INTERPRET: u64 = 4;
    /// The interpreter, called for one instruction, left guest code.
    pub const EXIT: u64 = 5;
    /// A host instruction faulted; the record has the registers.
    pub const FAULT: u64 = 6;
    /// As `MISS`, by a return.
    pub const RETURN: u64 = 7;
}

/// What [`Stubs::enter`] returns: in `rax` and `rdx`, as the C calling convention has it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Leave {
    /// One of [`reason`].
    pub reason: u64,
    /// Depends on the reason.
    pub detail: u64,
}

/// log2 of the entries in a thread's table of jump targets.
pub const TARGET_BITS: u32 = 12;

/// Host addresses of the stubs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stubs {
    /// From the host's code: `extern "C" fn(frame, entry) -> Leave`.
    pub enter: usize,
    /// Jumps, or is called, to go to the guest address in RDX, everything being in memory.
    pub indirect: usize,
    /// As `indirect`, for returns that do not go where they were expected to.
    pub indirect_return: usize,
    /// Where a return goes on that finds a prediction whose code has gone, or the bottom of the stack of predictions: the
    /// first drops it, the second leaves it. Which address was predicted does not matter: any may be the guest's.
    pub gone: usize,
    /// See `gone`.
    pub bottom: usize,
    /// Has the interpreter execute the instruction at the address in RAX, then goes to RCX.
    pub interpret: usize,
    /// Reads the clock whose register, as `MRS` has it, is in RAX, to RAX, then goes to RCX.
    pub clock: usize,
    /// Leaves by the link whose slot is at RAX; PC is set.
    pub exit_link: usize,
    /// Leaves with PC set.
    pub exit_kicked: usize,
    /// Leaves with PC behind the instruction.
    pub exit_syscall: usize,
    /// Leaves with PC at the instruction.
    pub exit_interpret: usize,
    /// Where the fault handler goes on, with the faulting address in RAX and the one accessed in RDX.
    pub fault: usize,
    /// The address of the first slot.
    pub slots: usize,
    /// The bytes of all stubs together.
    pub size: usize,
}

/// Saved by `enter`, in this order.
const CALLEE_SAVED: [Reg; 6] = [Reg::RBX, Reg::RBP, Reg::R12, Reg::R13, Reg::R14, Reg::R15];

impl Stubs {
    /// Generates the stubs with `asm`, which writes to the beginning of `memory`.
    pub fn new(asm: &mut Asm, memory: &CodeMemory) -> Self {
        let mut stubs = Self { slots: memory.base(), ..Self::default() };
        stubs.enter = enter(asm);
        let (leave, leave_stored) = leave(asm);
        let exit = |asm: &mut Asm, reason| {
            asm.align(16);
            let at = asm.here();
            asm.mov_imm(Reg::RAX, reason);
            asm.jmp_to(leave);
            at
        };
        stubs.exit_kicked = exit(asm, reason::KICKED);
        stubs.exit_syscall = exit(asm, reason::SYSCALL);
        stubs.exit_interpret = exit(asm, reason::INTERPRET);
        let exit_interpreter = exit(asm, reason::EXIT);
        let exit_miss = exit(asm, reason::MISS);
        asm.align(16);
        stubs.exit_link = asm.here();
        asm.mov(Width::W64, Reg::RDX, Reg::RAX);
        asm.mov_imm(Reg::RAX, reason::LINK);
        asm.jmp_to(leave);
        let exit_return = exit(asm, reason::RETURN);
        stubs.indirect = indirect(asm, stubs.exit_kicked, exit_miss);
        stubs.indirect_return = indirect(asm, stubs.exit_kicked, exit_return);
        stubs.gone = unpredicted(asm, 8, stubs.indirect_return);
        stubs.bottom = unpredicted(asm, -8, stubs.indirect_return);
        stubs.interpret = interpret(asm, exit_interpreter);
        stubs.clock = clock(asm);
        stubs.fault = fault(asm, leave_stored);
        stubs.size = asm.offset();
        stubs
    }

    /// Copies of the stubs between `enter` and the end, which begin at `to`; their slots are elsewhere.
    pub fn copied(&self, to: usize) -> Self {
        let moved = |at: usize| at - self.enter + to;
        Self {
            enter: to,
            indirect: moved(self.indirect),
            indirect_return: moved(self.indirect_return),
            gone: moved(self.gone),
            bottom: moved(self.bottom),
            interpret: moved(self.interpret),
            clock: moved(self.clock),
            exit_link: moved(self.exit_link),
            exit_kicked: moved(self.exit_kicked),
            exit_syscall: moved(self.exit_syscall),
            exit_interpret: moved(self.exit_interpret),
            fault: moved(self.fault),
            ..*self
        }
    }

    /// The name of the stub at a host address.
    pub fn name(&self, at: usize) -> Option<&'static str> {
        let names = [
            (self.indirect, "indirect"),
            (self.indirect_return, "indirect_return"),
            (self.interpret, "interpret"),
            (self.clock, "clock"),
            (self.exit_link, "exit_link"),
            (self.exit_kicked, "exit_kicked"),
            (self.exit_syscall, "exit_syscall"),
            (self.exit_interpret, "exit_interpret"),
        ];
        names.iter().find(|known| known.0 == at).map(|known| known.1)
    }

    /// The host address of the slot of a link.
    pub fn slot(&self, link: usize) -> usize {
        self.slots + 8 * link
    }
}

fn load_pinned(asm: &mut Asm) {
    for (guest, reg) in PINNED {
        asm.mov(Width::W64, reg, frame::x(guest));
    }
}

fn store_pinned(asm: &mut Asm) {
    for (guest, reg) in PINNED {
        asm.store(Width::W64, frame::x(guest), reg);
    }
}

/// To the host's stack and floating-point state. Clobbers nothing.
fn to_host(asm: &mut Asm) {
    asm.stmxcsr(frame::half_word(word::MXCSR, false));
    asm.ldmxcsr(frame::half_word(word::MXCSR, true));
    asm.store(Width::W64, frame::word(word::GUEST_STACK), Reg::RSP);
    asm.mov(Width::W64, Reg::RSP, frame::word(word::HOST_STACK));
}

fn to_guest(asm: &mut Asm) {
    asm.mov(Width::W64, Reg::RSP, frame::word(word::GUEST_STACK));
    asm.ldmxcsr(frame::half_word(word::MXCSR, false));
    load_pinned(asm);
}

fn enter(asm: &mut Asm) -> usize {
    let at = asm.here();
    for reg in CALLEE_SAVED {
        asm.push(reg);
    }
    // Keeps the stack aligned for the calls of `interpret`.
    asm.alu_imm(Alu::Sub, Width::W64, Reg::RSP, 8);
    asm.mov(Width::W64, Reg::RBP, Reg::RDI);
    asm.mov(Width::W64, Reg::RAX, Reg::RSI);
    asm.store(Width::W64, frame::word(word::HOST_STACK), Reg::RSP);
    to_guest(asm);
    asm.jmp_reg(Reg::RAX);
    at
}

/// Back to who called `enter`. The second way is for who has pinned registers elsewhere.
fn leave(asm: &mut Asm) -> (usize, usize) {
    asm.align(16);
    let at = asm.here();
    store_pinned(asm);
    let stored = asm.here();
    to_host(asm);
    asm.alu_imm(Alu::Add, Width::W64, Reg::RSP, 8);
    for reg in CALLEE_SAVED.into_iter().rev() {
        asm.pop(reg);
    }
    asm.ret();
    (at, stored)
}

/// A loop can be closed by indirect jumps alone, so they look at the attention word, too.
fn indirect(asm: &mut Asm, exit_kicked: usize, exit_miss: usize) -> usize {
    asm.align(16);
    let at = asm.here();
    let (kicked, miss) = (asm.label(), asm.label());
    asm.mov(Width::W64, Reg::RAX, frame::word(word::ATTENTION));
    asm.alu_imm(Alu::Cmp, Width::W32, Mem::at(Reg::RAX, 0), 0);
    asm.jcc(Cond::NE, kicked);
    // Addresses are multiples of 4, entries 16 bytes.
    asm.mov(Width::W32, Reg::RCX, Reg::RDX);
    asm.alu_imm(Alu::And, Width::W32, Reg::RCX, ((1 << TARGET_BITS) - 1) << 2);
    asm.shift_imm(Shift::Shl, Width::W32, Reg::RCX, 2);
    asm.alu(Alu::Add, Width::W64, Reg::RCX, frame::word(word::TARGETS));
    asm.alu(Alu::Cmp, Width::W64, Reg::RDX, Mem::at(Reg::RCX, 0));
    asm.jcc(Cond::NE, miss);
    asm.jmp_mem(Mem::at(Reg::RCX, 8));
    asm.bind(kicked);
    asm.store(Width::W64, frame::pc(), Reg::RDX);
    asm.jmp_to(exit_kicked);
    asm.bind(miss);
    asm.store(Width::W64, frame::pc(), Reg::RDX);
    asm.jmp_to(exit_miss);
    at
}

/// The host address of a prediction has been popped; `change` bytes from there the stack goes on.
fn unpredicted(asm: &mut Asm, change: i32, indirect_return: usize) -> usize {
    asm.align(16);
    let at = asm.here();
    asm.lea(Width::W64, Reg::RSP, Mem::at(Reg::RSP, change));
    asm.jmp_to(indirect_return);
    at
}

fn interpret(asm: &mut Asm, exit: usize) -> usize {
    asm.align(16);
    let at = asm.here();
    asm.store(Width::W64, frame::pc(), Reg::RAX);
    asm.store(Width::W64, frame::word(word::RESUME), Reg::RCX);
    store_pinned(asm);
    to_host(asm);
    asm.mov(Width::W64, Reg::RDI, frame::word(word::THREAD));
    asm.call_mem(frame::word(word::INTERPRETER));
    to_guest(asm);
    let left = asm.label();
    asm.test(Width::W32, Reg::RAX, Reg::RAX);
    asm.jcc(Cond::NE, left);
    asm.jmp_mem(frame::word(word::RESUME));
    asm.bind(left);
    asm.jmp_to(exit);
    at
}

/// What is called computes in integers, so MXCSR stays the guest's.
fn clock(asm: &mut Asm) -> usize {
    asm.align(16);
    let at = asm.here();
    asm.store(Width::W64, frame::word(word::RESUME), Reg::RCX);
    store_pinned(asm);
    asm.store(Width::W64, frame::word(word::GUEST_STACK), Reg::RSP);
    asm.mov(Width::W64, Reg::RSP, frame::word(word::HOST_STACK));
    asm.mov(Width::W32, Reg::RDI, Reg::RAX);
    asm.call_mem(frame::word(word::CLOCK));
    asm.mov(Width::W64, Reg::RSP, frame::word(word::GUEST_STACK));
    load_pinned(asm);
    asm.jmp_mem(frame::word(word::RESUME));
    at
}

/// Moves everything that translations keep in registers to the thread's record; where pinned registers are in the
/// translation that faults, only its table says.
fn fault(asm: &mut Asm, leave: usize) -> usize {
    asm.align(16);
    let at = asm.here();
    let field = |offset: usize| Mem::at(Reg::RCX, offset as i32);
    asm.mov(Width::W64, Reg::RCX, frame::word(word::RECORD));
    asm.store(Width::W64, field(Record::PC), Reg::RAX);
    asm.store(Width::W64, field(Record::ADDR), Reg::RDX);
    for n in (0..16).map(Reg) {
        asm.store(Width::W64, field(Record::GENERAL + 8 * usize::from(n.0)), n);
    }
    for n in (0..16).map(Xmm) {
        asm.vstore(VMOVDQU_STORE, field(Record::VECTOR + 16 * usize::from(n.0)), n);
    }
    asm.lahf();
    asm.setcc(Cond::O, Reg::RAX);
    asm.store(Width::W64, field(Record::FLAGS), Reg::RAX);
    asm.mov_imm(Reg::RAX, reason::FAULT);
    asm.jmp_to(leave);
    at
}
