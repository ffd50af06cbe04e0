//! Which guest register lives where, and the moves between the two places.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::region::analysis::{Analysis, Set};
use crate::runtime::frame;
use crate::x64::vector::{VMOVDQU, VMOVDQU_STORE};
use crate::x64::{Reg, Rm, Width, Xmm};

use super::{Translator, ZERO};

/// Where general registers are wherever control goes from one region to another, so that they cross without being
/// stored: SP, arguments and results, the link and frame registers, and what callees save first. Memory
/// need not have their values.
pub const PINNED: [(usize, Reg); 11] = [
    (31, Reg::R15),
    (0, Reg::RSI),
    (1, Reg::RDI),
    (2, Reg::R8),
    (3, Reg::R9),
    (19, Reg::RBX),
    (20, Reg::R14),
    (21, Reg::R10),
    (22, Reg::R11),
    (29, Reg::R12),
    (30, Reg::R13),
];

/// The first of them stay where they are inside of regions, too.
const FIXED: usize = 3;

/// What it costs to give a pinned register's place to another where control enters or leaves, in uses of a
/// register from memory: both are stored and loaded.
const LENDING: u32 = 3;

/// Vector registers that regions give out: all but the scratch ones.
const DYNAMIC_V: std::ops::Range<u8> = 3..16;

const NONE: u8 = u8::MAX;

/// Which guest register lives in which host register.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Homes {
    /// By general register, 31 being SP and 32 the zero register, which never has one.
    x: [u8; 33],
    v: [u8; 32],
}

impl Homes {
    /// Leaves pinned registers where they are, unless others are used so much more that it pays to lend
    /// them their places; gives the other host registers to those that are used most.
    pub fn assign(analysis: &Analysis) -> Self {
        let mut homes = Self { x: [NONE; 33], v: [NONE; 32] };
        let mut weight = analysis.x_weight;
        for (guest, host) in PINNED {
            homes.x[guest] = host.0;
            weight[guest] = 0;
        }
        let mut lenders = PINNED;
        let lenders = &mut lenders[FIXED..];
        lenders.sort_by_key(|(guest, _)| analysis.x_weight[*guest]);
        for &(pinned, host) in &*lenders {
            let Some((guest, uses)) = heaviest(&mut weight) else { break };
            if uses <= analysis.x_weight[pinned] + LENDING * analysis.crossings {
                break;
            }
            homes.x[guest] = host.0;
            homes.x[pinned] = NONE;
        }
        let mut weight = analysis.v_weight;
        for host in DYNAMIC_V {
            let Some((guest, _)) = heaviest(&mut weight) else { break };
            homes.v[guest] = host;
        }
        homes
    }

    /// The host register of a general register, if it has one.
    pub fn x(&self, n: usize) -> Option<Reg> {
        (self.x[n] != NONE).then_some(Reg(self.x[n]))
    }

    /// The host register of a vector register, if it has one.
    pub fn v(&self, n: usize) -> Option<Xmm> {
        (self.v[n] != NONE).then_some(Xmm(self.v[n]))
    }

    /// The registers with homes that they have in this region only.
    pub fn dynamic(&self) -> Set {
        let mut set = Set::NONE;
        for n in 0..32 {
            set.x |= u32::from(self.x[n] != NONE) << n;
            set.v |= u32::from(self.v[n] != NONE) << n;
        }
        for (guest, _) in PINNED {
            set.x &= !(1 << guest);
        }
        set
    }

    /// The pinned registers that are where they always are, and those whose place another one has.
    pub fn pinned(&self) -> impl Iterator<Item = (usize, Reg, bool)> + use<> {
        let homes = self.x;
        PINNED.into_iter().map(move |(guest, host)| (guest, host, homes[guest] != NONE))
    }
}

/// The index of the greatest weight, which is then taken out, and the weight.
fn heaviest(weight: &mut [u32; 32]) -> Option<(usize, u32)> {
    let (guest, most) = weight.iter_mut().enumerate().max_by_key(|(_, weight)| **weight)?;
    let most = std::mem::take(most);
    (most > 0).then_some((guest, most))
}

/// The numbers in a set.
pub fn numbers(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let n = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (n < 32).then_some(n as usize)
    })
}

impl Translator<'_> {
    /// Where control has entered the region: brings registers to their homes.
    pub(super) fn occupy(&mut self, set: Set) {
        for (guest, host, is_there) in self.homes.pinned() {
            if !is_there {
                self.asm.store(Width::W64, frame::x(guest), host);
            }
        }
        self.load_homes(set);
    }

    /// Where control is about to leave: stores registers from their homes, and puts pinned ones where they belong.
    pub(super) fn vacate(&mut self, set: Set) {
        self.store_homes(set);
        for (guest, host, is_there) in self.homes.pinned() {
            if !is_there {
                self.asm.mov(Width::W64, host, frame::x(guest));
            }
        }
    }

    /// Stores registers from their homes.
    fn store_homes(&mut self, set: Set) {
        for n in numbers(set.x) {
            if let Some(home) = self.homes.x(n) {
                self.asm.store(Width::W64, frame::x(n), home);
            }
        }
        for n in numbers(set.v) {
            if let Some(home) = self.homes.v(n) {
                self.asm.vstore(VMOVDQU_STORE, frame::v(n), home);
            }
        }
    }

    /// Loads registers to their homes.
    pub(super) fn load_homes(&mut self, set: Set) {
        for n in numbers(set.x) {
            if let Some(home) = self.homes.x(n) {
                self.asm.mov(Width::W64, home, frame::x(n));
            }
        }
        for n in numbers(set.v) {
            if let Some(home) = self.homes.v(n) {
                self.asm.v2(VMOVDQU, home, frame::v(n));
            }
        }
    }

    // ---- General registers. Numbers are 0 to 30, 31 for SP, `ZERO` for the zero register. ----

    /// The value of `n` in a register: its home, or `scratch`. Leaves the flags alone.
    pub fn x(&mut self, n: usize, scratch: Reg) -> Reg {
        if n == ZERO {
            self.asm.mov_imm(scratch, 0);
            return scratch;
        }
        self.homes.x(n).unwrap_or_else(|| {
            self.asm.mov(Width::W64, scratch, frame::x(n));
            scratch
        })
    }

    /// Copies the value of `n` to `to`.
    pub fn copy_x(&mut self, width: Width, n: usize, to: Reg) {
        if n == ZERO {
            self.asm.mov_imm(to, 0);
        } else {
            let from = self.x_operand(n);
            self.asm.mov(width, to, from);
        }
    }

    /// The value of `n` as an operand, not for the zero register.
    pub fn x_operand(&self, n: usize) -> Rm {
        debug_assert!(n != ZERO, "the zero register is no operand");
        self.homes.x(n).map_or_else(|| frame::x(n).into(), Rm::Reg)
    }

    /// The home of `n`.
    pub fn home(&self, n: usize) -> Option<Reg> {
        self.homes.x(n)
    }

    /// The register in which to compute the new value of `n`: its home, or `scratch`. To be followed by
    /// [`Self::set_x`].
    pub fn target(&self, n: usize, scratch: Reg) -> Reg {
        self.homes.x(n).unwrap_or(scratch)
    }

    /// `n` becomes what is in `value`, all 64 bits.
    pub fn set_x(&mut self, n: usize, value: Reg) {
        if n == ZERO {
            return;
        }
        match self.homes.x(n) {
            Some(home) => self.asm.mov(Width::W64, home, value),
            None => self.asm.store(Width::W64, frame::x(n), value),
        }
        self.mark_x(n);
    }

    /// The home of `n`, if any, has its new value.
    fn mark_x(&mut self, n: usize) {
        self.constants[n] = None;
        if n == 31 {
            self.sp_aligned = false;
        }
        let set = Set { x: 1 << n, v: 0 }.and(self.homes.dynamic());
        self.state.valid = self.state.valid.or(set);
        self.state.dirty = self.state.dirty.or(set);
    }

    /// `n` becomes a constant. Leaves the flags alone.
    pub fn set_x_const(&mut self, n: usize, value: u64) {
        if n == ZERO {
            return;
        }
        if self.homes.x(n).is_none() && value as i64 == i64::from(value as i32) {
            self.asm.store_imm(Width::W64, frame::x(n), value as i32);
            self.constants[n] = Some(value);
            return;
        }
        let target = self.target(n, Reg::RAX);
        self.asm.mov_imm(target, value);
        self.set_x(n, target);
        self.constants[n] = Some(value);
    }

    // ---- Vector registers ----

    /// The value of `V[n]` in a register: its home, or `scratch`.
    pub fn v(&mut self, n: usize, scratch: Xmm) -> Xmm {
        self.homes.v(n).unwrap_or_else(|| {
            self.asm.v2(VMOVDQU, scratch, frame::v(n));
            scratch
        })
    }

    /// The value of `V[n]` as the last operand of a vector instruction.
    pub fn v_operand(&self, n: usize) -> crate::x64::Xm {
        self.homes.v(n).map_or_else(|| frame::v(n).into(), crate::x64::Xm::Reg)
    }

    /// The home of `V[n]`.
    pub fn v_home(&self, n: usize) -> Option<Xmm> {
        self.homes.v(n)
    }

    /// The register in which to compute the new value of `V[n]`: its home, or `scratch`. To be
    /// followed by [`Self::set_v`].
    pub fn v_target(&self, n: usize, scratch: Xmm) -> Xmm {
        self.homes.v(n).unwrap_or(scratch)
    }

    /// `V[n]` becomes what is in `value`, all 128 bits.
    pub fn set_v(&mut self, n: usize, value: Xmm) {
        match self.homes.v(n) {
            Some(home) if home != value => self.asm.v2(crate::x64::vector::VMOVDQA, home, value),
            Some(_) => {}
            None => self.asm.vstore(VMOVDQU_STORE, frame::v(n), value),
        }
        let set = Set { x: 0, v: 1 << n }.and(self.homes.dynamic());
        self.state.valid = self.state.valid.or(set);
        self.state.dirty = self.state.dirty.or(set);
    }
}
