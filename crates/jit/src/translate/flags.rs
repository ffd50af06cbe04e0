//! Where the guest's condition flags are.
//!
//! A comparison leaves them in EFLAGS, where the next branch or selection finds them. They are
//! saved to memory only when something else is about to overwrite EFLAGS, or the region is left, while
//! somebody still reads them. N, Z and V are SF, ZF and OF. C is CF after an addition, but CF
//! inverted after a subtraction, because Arm's carry is "no borrow": which of the two is known
//! at translation time.
//!
//! A comparison of numbers is the exception: x86 has its result in ZF, PF and CF. Each of Arm's
//! conditions but EQ and NE is then one of the host's, if the operands are compared in the right
//! order; which one that is, the first instruction that reads the flags says.
//!
//! Saved, they are what `lahf` and `seto al` leave in AX, with C in Arm's sense: fewer
//! instructions than a `setcc` and a store for each flag.

use crate::runtime::frame::{self, word};
use crate::x64::{Cond, Reg, Width};

use super::Translator;

/// Where the flags are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flags {
    /// In EFLAGS; inside: how.
    pub host: Option<Carry>,
    /// In memory.
    pub saved: bool,
}

/// What EFLAGS mean; in all but the last two cases N, Z and V are SF, ZF and OF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carry {
    /// CF is C, as after an addition, or a logical operation that clears both.
    Plain,
    /// CF is not C, as after a subtraction.
    Inverted,
    /// Numbers have been compared (`vucomisd`): CF is less or unordered, ZF equal or unordered,
    /// PF unordered.
    Numbers,
    /// The same with the operands exchanged: CF is greater or unordered.
    NumbersExchanged,
}

impl Carry {
    fn is_numbers(self) -> bool {
        matches!(self, Self::Numbers | Self::NumbersExchanged)
    }
}

impl Flags {
    /// Only in memory; also what is said when nobody will read them.
    pub const SAVED: Self = Self { host: None, saved: true };
    /// In EFLAGS after an addition or a logical operation.
    pub const PLAIN: Self = Self { host: Some(Carry::Plain), saved: false };
    /// In EFLAGS after a subtraction.
    pub const INVERTED: Self = Self { host: Some(Carry::Inverted), saved: false };
}

/// The flags in the engine's saved form, from bits 31–28 as in `NZCV`.
pub fn from_nzcv(nzcv: u32) -> u64 {
    let bit = |n: u32| u64::from(nzcv >> n & 1);
    bit(31) << 15 | bit(30) << 14 | bit(29) << 8 | bit(28)
}

/// Bits 31–28 as in `NZCV`, from the saved form.
pub fn to_nzcv(saved: u64) -> u32 {
    let bit = |n: u32| (saved >> n & 1) as u32;
    bit(15) << 31 | bit(14) << 30 | bit(8) << 29 | bit(0) << 28
}

/// The saved form, from what `lahf` and `seto al` leave.
pub fn from_lahf(ax: u64, carry: Carry) -> u64 {
    let (below, above) = if carry == Carry::Numbers { (LESS, GREATER) } else { (GREATER, LESS) };
    // CF is bit 8 there, PF bit 10 and ZF bit 14.
    match carry {
        Carry::Plain => ax,
        Carry::Inverted => ax ^ 1 << 8,
        _ if ax >> 10 & 1 != 0 => UNORDERED,
        _ if ax >> 14 & 1 != 0 => EQUAL,
        _ if ax >> 8 & 1 != 0 => below,
        _ => above,
    }
}

/// The results of comparing numbers in the saved form: `FPCompare` gives N, Z and C, C, C and V.
const LESS: u64 = 0x8000;
const EQUAL: u64 = 0x4100;
const GREATER: u64 = 0x0100;
const UNORDERED: u64 = 0x0101;

/// The host's condition for the guest's behind a comparison of numbers, if one will do.
fn numbers_condition(carry: Carry, cond: u32) -> Option<Cond> {
    let holds = match (carry, cond >> 1) {
        (Carry::Plain | Carry::Inverted, _) => return None,
        // VS: unordered.
        (_, 3) => Cond::P,
        // GE: greater or equal; GT: greater.
        (Carry::Numbers, 5) => Cond::AE,
        (Carry::Numbers, 6) => Cond::A,
        // CS: all but less; MI: less; HI: greater or unordered.
        (Carry::NumbersExchanged, 1) => Cond::BE,
        (Carry::NumbersExchanged, 2) => Cond::A,
        (Carry::NumbersExchanged, 4) => Cond::B,
        _ => return None,
    };
    Some(if cond & 1 == 0 { holds } else { holds.negate() })
}

/// Whether numbers have to be compared in the opposite order for [`numbers_condition`].
pub fn wants_exchange(cond: u32) -> bool {
    matches!(cond >> 1, 1 | 2 | 4)
}

impl Translator<'_> {
    /// To be called before a host instruction changes EFLAGS: saves the guest's flags if they are
    /// there and somebody still reads them.
    pub fn clobber_flags(&mut self) {
        self.preserve_flags();
        self.state.flags.host = None;
    }

    /// The first half of [`Self::clobber_flags`], for an operation that still has use for EFLAGS.
    pub fn preserve_flags(&mut self) {
        let overwritten = self.item().uses.is_some_and(|uses| uses.flags_write);
        if self.flags_live() && !overwritten {
            self.save_flags();
        }
    }

    /// The other half: EFLAGS no longer hold the guest's flags.
    pub fn forget_flags(&mut self) {
        self.state.flags.host = None;
    }

    /// Whether EFLAGS hold guest flags that somebody reads behind this instruction; then a form of
    /// the operation that leaves them alone is the cheaper one.
    pub fn flags_busy(&self) -> bool {
        let overwritten = self.item().uses.is_some_and(|uses| uses.flags_write);
        self.state.flags.host.is_some() && self.flags_live() && !overwritten
    }

    /// The host instruction just emitted has left the guest's new flags in EFLAGS.
    pub fn flags_are(&mut self, flags: Flags) {
        self.state.flags = flags;
    }

    /// The guest's flags are in EAX, in their saved form.
    pub fn flags_are_in_eax(&mut self) {
        self.asm.store(Width::W32, frame::word(word::FLAGS), Reg::RAX);
        self.state.flags = Flags::SAVED;
    }

    /// Makes memory hold the flags, if EFLAGS do; EFLAGS keep them. Clobbers RAX.
    pub(super) fn save_flags(&mut self) {
        let Flags { host: Some(carry), saved: false } = self.state.flags else { return };
        if carry.is_numbers() {
            self.numbers_to_eax(carry);
            self.asm.store(Width::W32, frame::word(word::FLAGS), Reg::RAX);
            self.state.flags.saved = true;
            return;
        }
        if carry == Carry::Inverted {
            self.asm.cmc();
        }
        self.asm.lahf();
        self.asm.setcc(Cond::O, Reg::RAX);
        self.asm.store(Width::W32, frame::word(word::FLAGS), Reg::RAX);
        self.state.flags = Flags { host: Some(Carry::Plain), saved: true };
    }

    /// The saved form of a comparison of numbers, in EAX; leaves EFLAGS alone.
    pub(super) fn numbers_to_eax(&mut self, carry: Carry) {
        let (below, above) =
            if carry == Carry::Numbers { (LESS, GREATER) } else { (GREATER, LESS) };
        self.asm.mov_imm(Reg::RAX, above);
        for (cond, value) in [(Cond::B, below), (Cond::E, EQUAL), (Cond::P, UNORDERED)] {
            let value = self.constant(value.into());
            self.asm.cmov(cond, Width::W32, Reg::RAX, value);
        }
    }

    /// Whether EFLAGS hold the result of comparing numbers.
    pub(super) fn compared_numbers(&self) -> bool {
        self.state.flags.host.is_some_and(Carry::is_numbers)
    }

    /// Whether the flags before the current instruction are read behind it.
    pub(super) fn flags_survive(&self) -> bool {
        self.flags_live() && !self.writes_flags()
    }

    /// Makes EFLAGS hold the flags as `carry` says, from memory. Clobbers RAX and RCX.
    pub(super) fn restore_flags(&mut self, carry: Carry) {
        self.asm.mov(Width::W32, Reg::RAX, frame::word(word::FLAGS));
        if !carry.is_numbers() {
            self.asm.add_al(0x7f);
            self.asm.sahf();
            if carry == Carry::Inverted {
                self.asm.cmc();
            }
            return;
        }
        // AH as `vucomisd` makes it: CF bit 0, PF bit 2, ZF bit 6.
        let (less, greater) = if carry == Carry::Numbers { (0x0100, 0) } else { (0, 0x0100) };
        self.asm.mov_imm(Reg::RCX, greater);
        for (bit, ah) in [(15, less), (14, 0x4000), (0, 0x4500)] {
            let ah = self.constant(ah);
            self.asm.bt(Width::W32, Reg::RAX, bit);
            self.asm.cmov(Cond::B, Width::W32, Reg::RCX, ah);
        }
        self.asm.mov(Width::W32, Reg::RAX, Reg::RCX);
        self.asm.sahf();
    }

    /// Makes EFLAGS hold the flags, not in the form of [`Carry::Numbers`]. Clobbers RAX if they
    /// did not.
    pub fn load_flags(&mut self) -> Carry {
        if let Some(carry) = self.state.flags.host {
            if !carry.is_numbers() {
                return carry;
            }
            self.save_flags();
        }
        self.asm.mov(Width::W32, Reg::RAX, frame::word(word::FLAGS));
        // 1 + 127 overflows, 0 + 127 does not.
        self.asm.add_al(0x7f);
        self.asm.sahf();
        self.state.flags = Flags { host: Some(Carry::Plain), saved: true };
        Carry::Plain
    }

    /// The host's condition for the guest's, which is none of AL and NV. Clobbers RAX if the flags have
    /// to be fetched.
    pub fn condition(&mut self, cond: u32) -> Cond {
        if let Some(carry) = self.state.flags.host
            && let Some(cond) = numbers_condition(carry, cond)
        {
            return cond;
        }
        let mut carry = self.load_flags();
        if matches!(cond, 8 | 9) && carry == Carry::Plain {
            // HI and LS combine C and Z as x86 only does for the inverted carry.
            self.asm.cmc();
            self.state.flags.host = Some(Carry::Inverted);
            carry = Carry::Inverted;
        }
        let holds = match cond >> 1 {
            0 => Cond::E,
            1 if carry == Carry::Plain => Cond::B,
            1 => Cond::AE,
            2 => Cond::S,
            3 => Cond::O,
            4 => Cond::A,
            5 => Cond::GE,
            _ => Cond::G,
        };
        if cond & 1 == 0 { holds } else { holds.negate() }
    }

    /// Makes CF the guest's carry flag, inverted or not as asked. Clobbers RAX if the flags have
    /// to be fetched.
    pub fn carry(&mut self, wanted: Carry) {
        if self.load_flags() != wanted {
            self.asm.cmc();
            self.state.flags.host = Some(wanted);
        }
    }

    /// Saves the flags at the end of a block if a block behind an edge expects them in memory.
    pub(super) fn settle_flags(&mut self, from: usize) {
        let block = &self.region.blocks[from];
        for edge in [block.taken, block.next].into_iter().flatten() {
            if let crate::region::Edge::Block(to) = edge
                && (self.region.blocks[to].predecessors > 1 || to <= from)
                && self.analysis.starts[to].flags_live
            {
                self.save_flags();
            }
        }
    }
}
