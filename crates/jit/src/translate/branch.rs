//! The ends of blocks: branches, calls, returns, system calls.
//!
//! A call pushes what it expects to come back to, guest address above host address, onto a stack
//! of the translator's own, by the host's `call`; a return compares the two guest addresses and
//! uses the host's `ret`, which the processor predicts as well as in native code. What is on that
//! stack is a guess and nothing else: it may be lost at any time.

use super::flags::Flags;
use super::{ColdKind, RAX, RDX, Translator, zr};
use crate::a64::Op;
use crate::region::analysis::Set;
use crate::region::{Edge, Flow, Item};
use crate::runtime::frame;
use crate::x64::{Alu, Cond, Mem, Reg, Width};

impl Translator<'_> {
    /// Emits the last instruction of block `index`, unless it just goes on.
    pub(super) fn terminator(&mut self, index: usize, item: &Item) {
        let block = &self.region.blocks[index];
        let (taken, next) = (block.taken, block.next);
        match item.flow {
            Flow::Next => unreachable!("blocks that just go on have no terminator"),
            Flow::Jump(_) => {
                self.settle_flags(index);
                self.go_on(index, taken);
            }
            Flow::Branch(_) => {
                self.settle_flags(index);
                let taken = taken.expect("a branch has a target");
                match self.equality(item) {
                    Some(equal) => self.branch_if_equal(equal, taken),
                    None => {
                        let cond = self.branch_condition(item);
                        self.branch_if(cond, taken);
                    }
                }
                self.go_on(index, next);
            }
            Flow::Call(target) => {
                if target <= item.pc {
                    self.clobber_flags();
                    self.poll(item.pc);
                }
                self.push_return(item.pc);
                let slot = self.link(target);
                self.asm.call_mem(slot);
                self.after_call(index, next);
            }
            Flow::CallRegister(n) => {
                self.copy_x(Width::W64, zr(n), RDX);
                self.push_return(item.pc);
                self.asm.call_to(self.stubs.indirect);
                self.after_call(index, next);
            }
            Flow::JumpRegister(n) => {
                self.copy_x(Width::W64, zr(n), RDX);
                self.flush(true);
                self.asm.jmp_to(self.stubs.indirect);
            }
            Flow::Return(n) => {
                self.copy_x(Width::W64, zr(n), RDX);
                self.flush(true);
                self.asm.alu(Alu::Cmp, Width::W64, RDX, Mem::at(Reg::RSP, 8));
                self.asm.jcc_to(Cond::NE, self.stubs.indirect_return);
                self.asm.ret();
            }
            Flow::Syscall => {
                self.flush(true);
                self.set_pc(item.pc.wrapping_add(4));
                self.asm.jmp_to(self.stubs.exit_syscall);
            }
            Flow::Interpret => {
                self.flush(true);
                self.set_pc(item.pc);
                self.asm.jmp_to(self.stubs.exit_interpret);
            }
        }
    }

    /// Links X30, pushes the expectation and makes memory exact. The push is what overflows the
    /// stack, so it comes while the instruction can still be executed anew.
    fn push_return(&mut self, pc: u64) {
        let back = pc.wrapping_add(4);
        self.asm.mov_imm(RAX, back);
        self.asm.push(RAX);
        self.may_fault();
        self.set_x(30, RAX);
        self.flush(true);
    }

    /// The block behind a call, entered with everything in memory.
    fn after_call(&mut self, index: usize, next: Option<Edge>) {
        self.state.flags = Flags::SAVED;
        // Past the guest address; the host address is gone.
        self.asm.lea(Width::W64, Reg::RSP, Mem::at(Reg::RSP, 8));
        let loads = match next {
            Some(Edge::Block(to)) => self.analysis.loads(to),
            _ => Set::NONE,
        };
        self.occupy(loads);
        self.go_on(index, next);
    }

    fn branch_if(&mut self, cond: Cond, edge: Edge) {
        match edge {
            Edge::Block(to) => {
                self.entry_flags[to] = self.state.flags;
                self.asm.jcc(cond, self.labels[to]);
            }
            Edge::Exit(target) => {
                let label = self.asm.label();
                self.asm.jcc(cond, label);
                let flags_live = self.flags_live();
                self.add_cold(label, ColdKind::Exit { target, flags_live });
            }
        }
    }

    /// Whether the branch is taken if numbers that have been compared are equal, or if they are not.
    fn equality(&self, item: &Item) -> Option<bool> {
        let cond = item.insn.bits(3, 0);
        let known = item.op == Some(Op::B_cond) && cond < 2 && self.compared_numbers();
        known.then_some(cond == 0)
    }

    /// Equal is ZF without PF: what the host takes two conditions for.
    fn branch_if_equal(&mut self, equal: bool, edge: Edge) {
        if equal {
            let unordered = self.asm.label();
            self.asm.jcc(Cond::P, unordered);
            self.branch_if(Cond::E, edge);
            self.asm.bind(unordered);
        } else {
            self.branch_if(Cond::NE, edge);
            self.branch_if(Cond::P, edge);
        }
    }

    /// Prepares EFLAGS; the branch is taken if the result holds.
    fn branch_condition(&mut self, item: &Item) -> Cond {
        let i = item.insn;
        match item.op {
            Some(Op::B_cond) => self.condition(i.bits(3, 0)),
            Some(op @ (Op::CBZ | Op::CBNZ)) => {
                self.clobber_flags();
                let width = Width::of(i.sf());
                let n = zr(i.rd());
                match self.home(n) {
                    Some(home) => self.asm.test(width, home, home),
                    None if n == super::ZERO => {
                        let zero = self.x(n, RAX);
                        self.asm.test(width, zero, zero);
                    }
                    None => self.asm.alu_imm(Alu::Cmp, width, frame::x(n), 0),
                }
                if op == Op::CBZ { Cond::E } else { Cond::NE }
            }
            op => {
                self.clobber_flags();
                let taken_if_set = op == Some(Op::TBNZ);
                let bit = (i.bits(31, 31) << 5 | i.bits(23, 19)) as u8;
                let (value, set) = (self.x(zr(i.rd()), RAX), Cond::NE);
                let set = match bit {
                    0..31 => {
                        self.asm.test_imm(Width::W32, value, 1 << bit);
                        set
                    }
                    31 | 63 => {
                        self.asm.test(Width::of(bit == 63), value, value);
                        Cond::S
                    }
                    _ => {
                        self.asm.bt(Width::W64, value, bit);
                        Cond::B
                    }
                };
                if taken_if_set { set } else { set.negate() }
            }
        }
    }
}
