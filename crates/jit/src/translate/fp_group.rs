//! Runs of floating-point arithmetic, with one look at their NaNs.
//!
//! Arithmetic on a NaN gives a NaN, so of neighbouring instructions only those results need to be
//! looked at that no later one of them takes, and one comparison looks at two. If there is a NaN,
//! the registers are put back as they were before the run and the interpreter executes all of it.
//! Between the instructions of a run nothing may fault or be entered, so nobody sees what it leaves
//! half done.

use super::fp::{Ops, Precision, XMM0, XMM1, XMM2, predicate};
use super::{RCX, Slow, Translator, lines};
use crate::a64::Op;
use crate::region::analysis::Set;
use crate::x64::vector::{
    VADDPD, VADDPS, VADDSD, VADDSS, VCMPPD, VCMPPS, VCMPSD, VCMPSS, VDIVPD, VDIVPS, VDIVSD, VDIVSS,
    VFMADD213PD, VFMADD213PS, VFMADD213SD, VFMADD213SS, VFMADD231PD, VFMADD231PS, VFMADD231SD,
    VFMADD231SS, VFMSUB213SD, VFMSUB213SS, VFMSUB231SD, VFMSUB231SS, VFNMADD213PD, VFNMADD213PS,
    VFNMADD213SD, VFNMADD213SS, VFNMADD231PD, VFNMADD231PS, VFNMADD231SD, VFNMADD231SS,
    VFNMSUB213SD, VFNMSUB213SS, VFNMSUB231SD, VFNMSUB231SS, VMOVD_TO_GPR, VMOVDQA, VMOVMSKPD,
    VMOVMSKPS, VMOVQ_TO_GPR, VMULPD, VMULPS, VMULSD, VMULSS, VSUBPD, VSUBPS, VSUBSD, VSUBSS,
    VUCOMISD, VUCOMISS,
};
use crate::x64::{Cond, Width, Xmm};

/// The longest run.
const LONGEST: usize = 8;
/// Where what a run changes and reads is kept meanwhile.
const COPIES: [Xmm; 2] = [XMM0, XMM1];

/// What a member of a run computes.
#[derive(Clone, Copy)]
enum Kind {
    /// `d = n op m`.
    Binary { ops: Ops, commutes: bool },
    /// `d = ±a ± n × m`, in the forms that add to the destination and that multiply it.
    Fused { adding: Ops, multiplying: Ops },
}

/// An instruction of a run. All of its registers have homes.
#[derive(Clone, Copy)]
pub(super) struct Member {
    kind: Kind,
    is_vector: bool,
    p: Precision,
    d: usize,
    n: usize,
    m: usize,
    a: usize,
}

impl Member {
    fn sources(&self) -> impl Iterator<Item = usize> {
        let a = matches!(self.kind, Kind::Fused { .. }).then_some(self.a);
        [Some(self.n), Some(self.m), a].into_iter().flatten()
    }

    fn reads(&self, n: usize) -> bool {
        self.sources().any(|source| source == n)
    }
}

/// What the lines of the table compute, as far as they may be in runs; and whether on vectors.
fn kind(op: Op) -> Option<(Kind, bool)> {
    let binary = |ops, commutes| Kind::Binary { ops, commutes };
    let fused = |adding, multiplying| Kind::Fused { adding, multiplying };
    Some(match op {
        Op::FADD_scalar => (binary((VADDSS, VADDSD), true), false),
        Op::FSUB_scalar => (binary((VSUBSS, VSUBSD), false), false),
        Op::FMUL_scalar => (binary((VMULSS, VMULSD), true), false),
        Op::FDIV_scalar => (binary((VDIVSS, VDIVSD), false), false),
        Op::FADD_vector => (binary((VADDPS, VADDPD), true), true),
        Op::FSUB_vector => (binary((VSUBPS, VSUBPD), false), true),
        Op::FMUL_vector => (binary((VMULPS, VMULPD), true), true),
        Op::FDIV_vector => (binary((VDIVPS, VDIVPD), false), true),
        Op::FMADD => (fused((VFMADD231SS, VFMADD231SD), (VFMADD213SS, VFMADD213SD)), false),
        Op::FMSUB => (fused((VFNMADD231SS, VFNMADD231SD), (VFNMADD213SS, VFNMADD213SD)), false),
        Op::FNMADD => (fused((VFNMSUB231SS, VFNMSUB231SD), (VFNMSUB213SS, VFNMSUB213SD)), false),
        Op::FNMSUB => (fused((VFMSUB231SS, VFMSUB231SD), (VFMSUB213SS, VFMSUB213SD)), false),
        Op::FMLA_vector => (fused((VFMADD231PS, VFMADD231PD), (VFMADD213PS, VFMADD213PD)), true),
        Op::FMLS_vector => {
            (fused((VFNMADD231PS, VFNMADD231PD), (VFNMADD213PS, VFNMADD213PD)), true)
        }
        _ => return None,
    })
}

/// The registers that a run reads as they were before and changes.
fn changed(run: &[Member]) -> Vec<usize> {
    let (mut written, mut read) = (0_u32, 0_u32);
    for member in run {
        for source in member.sources() {
            read |= !written & 1 << source;
        }
        written |= 1 << member.d;
    }
    super::numbers(read & written).collect()
}

/// The registers that are to be looked at behind a run: a NaN in any other result would be in one
/// of these too. `None` if a NaN could be gone by then: even that matters, because of an infinity
/// times zero plus a NaN only Arm says that it is an invalid operation.
fn looked_at(run: &[Member]) -> Option<Vec<usize>> {
    let mut registers = Vec::new();
    // Whether a NaN in the result of a member would be seen.
    let mut seen = vec![false; run.len()];
    for (at, member) in run.iter().enumerate().rev() {
        let overwritten = run[at + 1..].iter().position(|next| next.d == member.d);
        let end = overwritten.map_or(run.len(), |distance| at + 2 + distance);
        seen[at] = (at + 1..end).any(|next| seen[next] && run[next].reads(member.d));
        if !seen[at] {
            if overwritten.is_some() {
                return None;
            }
            registers.push(member.d);
            seen[at] = true;
        }
    }
    Some(registers)
}

impl Translator<'_> {
    /// Emits the run that begins with the current instruction; `false` if it is not one for a run.
    /// The instructions of a run whose head has been emitted emit nothing.
    pub(super) fn run_of_arithmetic(&mut self) -> bool {
        if self.current < self.run_end {
            return true;
        }
        // Each of its results would have to be looked at.
        if self.mode.flushes() {
            return false;
        }
        let mut run: Vec<Member> = Vec::new();
        for at in self.current..self.block_items.end.min(self.current + LONGEST) {
            let Some(member) = self.member(at) else { break };
            let fits = |first: &Member| (first.is_vector, first.p) == (member.is_vector, member.p);
            run.push(member);
            let possible = changed(&run).len() <= COPIES.len() && looked_at(&run).is_some();
            if !run.first().is_some_and(fits) || !possible {
                run.pop();
                break;
            }
        }
        if run.is_empty() {
            return false;
        }
        self.run_end = self.current + run.len();
        self.emit_run(&run);
        true
    }

    fn member(&self, at: usize) -> Option<Member> {
        let item = &self.region.items[at];
        let uses = item.uses?;
        let (kind, is_vector) = kind(item.op?)?;
        let i = item.insn;
        if is_vector && !i.q() || !is_vector && lines::is_half(i) {
            return None;
        }
        let homed = |set| super::numbers(set).all(|n| self.homes.v(n).is_some());
        homed(uses.v_read | uses.v_write).then_some(Member {
            kind,
            is_vector,
            p: Precision::of(i),
            d: i.rd(),
            n: i.rn(),
            m: i.rm(),
            a: if is_vector { i.rd() } else { i.ra() },
        })
    }

    fn run_home(&self, n: usize) -> Xmm {
        self.homes.v(n).expect("registers of a run have homes")
    }

    fn emit_run(&mut self, run: &[Member]) {
        let last = looked_at(run).expect("asked before");
        let copies: Vec<_> =
            changed(run).iter().zip(COPIES).map(|(&n, copy)| (self.run_home(n), copy)).collect();
        for &(home, copy) in &copies {
            self.asm.v2(VMOVDQA, copy, home);
        }
        let before = self.state;
        for member in run {
            self.emit_member(member);
            self.set_v(member.d, self.run_home(member.d));
        }
        // The run may be left as it was entered.
        let after = std::mem::replace(&mut self.state, before);
        let slow = self.unless_run_has_nans(run, &copies, &last);
        self.state = super::State { flags: self.state.flags, ..after };
        self.resume(slow);
    }

    fn emit_member(&mut self, member: &Member) {
        let &Member { kind, is_vector, p, d, n, m, a } = member;
        let [home_d, home_n, home_m] = [d, n, m].map(|n| self.run_home(n));
        let clean = match kind {
            Kind::Binary { ops, commutes } => {
                // The rest of the first operand is the rest of the result.
                let exchange = commutes && !self.is_narrow(n, p);
                let (first, second) = if exchange { (m, n) } else { (n, m) };
                let clean = self.is_narrow(first, p);
                let (first, second) = (self.run_home(first), self.run_home(second));
                self.asm.v3(p.pick(ops), home_d, first, second);
                clean
            }
            Kind::Fused { adding, .. } if d == a => {
                self.asm.v3(p.pick(adding), home_d, home_n, home_m);
                self.is_narrow(d, p)
            }
            Kind::Fused { multiplying, .. } if d == n || d == m => {
                let other = if d == n { home_m } else { home_n };
                let home_a = self.run_home(a);
                self.asm.v3(p.pick(multiplying), home_d, other, home_a);
                self.is_narrow(d, p)
            }
            Kind::Fused { adding, .. } => {
                let home_a = self.run_home(a);
                self.asm.v2(VMOVDQA, home_d, home_a);
                self.asm.v3(p.pick(adding), home_d, home_n, home_m);
                self.is_narrow(a, p)
            }
        };
        if !is_vector {
            if !clean {
                self.copy_scalar(p, home_d, home_d);
            }
            self.narrow = self.narrow.with_scalar(d, p.bytes());
        }
    }

    /// Leaves for the interpreter if one of the results in `last` is a NaN. Clobbers RCX and XMM2.
    fn unless_run_has_nans(
        &mut self,
        run: &[Member],
        copies: &[(Xmm, Xmm)],
        last: &[usize],
    ) -> Slow {
        let busy = self.flags_busy();
        if !busy {
            self.clobber_flags();
        }
        let v = run.iter().fold(0, |set, member| set | 1 << member.d);
        let written = Set { x: 0, v };
        let slow = self.rare_run(run.len(), written, copies);
        let (p, is_vector) = (run[0].p, run[0].is_vector);
        for pair in last.chunks(2) {
            let a = self.run_home(pair[0]);
            let b = self.run_home(*pair.last().expect("a chunk is not empty"));
            match (is_vector, busy) {
                (false, false) => {
                    self.asm.v2(p.pick((VUCOMISS, VUCOMISD)), a, b);
                    self.asm.jcc(Cond::P, slow.label);
                    continue;
                }
                (false, true) => {
                    self.asm.v3i(p.pick((VCMPSS, VCMPSD)), XMM2, a, b, predicate::UNORD_Q);
                    self.asm.v_to_reg(p.pick((VMOVD_TO_GPR, VMOVQ_TO_GPR)), RCX, XMM2);
                }
                (true, _) => {
                    self.asm.v3i(p.pick((VCMPPS, VCMPPD)), XMM2, a, b, predicate::UNORD_Q);
                    self.asm.v_into_reg(p.pick((VMOVMSKPS, VMOVMSKPD)), RCX, XMM2);
                }
            }
            if busy {
                self.asm.unless_rcx_is_zero(|asm| asm.jmp(slow.label));
            } else {
                self.asm.test(Width::W32, RCX, RCX);
                self.asm.jcc(Cond::NE, slow.label);
            }
        }
        slow
    }
}
