//! Where the guest's condition flags are.
//!
//! A comparison leaves them in EFLAGS, where the next branch or selection finds them. They are
//! saved to memory only when something else is about to overwrite EFLAGS, or the region is left, while
//! somebody still reads them. N, Z and V are SF, ZF and OF. C is CF after an addition, but CF
//! inverted after a subtraction, because Arm's carry is "no borrow": which of the two is known
//! at translation time.
//!
//! Saved, they are what `lahf` and `seto al` leave in AX, with C in Arm's sense; two to three
//! times cheaper than one `setcc` and store for each flag.

use crate::runtime::frame::{self, word};
use crate::x64::{Cond, Reg, Width};

use super::Translator;

/// Where the flags are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flags {
    /// In EFLAGS; inside: CF is the inverse of C.
    pub host: Option<Carry>,
    /// In memory.
    pub saved: bool,
}

/// What CF means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carry {
    /// C, as after an addition, or a logical operation that clears both.
    Plain,
    /// Not C, as after a subtraction.
    Inverted,
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
    ax ^ u64::from(carry == Carry::Inverted) << 8
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
        if carry == Carry::Inverted {
            self.asm.cmc();
        }
        self.asm.lahf();
        self.asm.setcc(Cond::O, Reg::RAX);
        self.asm.store(Width::W32, frame::word(word::FLAGS), Reg::RAX);
        self.state.flags = Flags { host: Some(Carry::Plain), saved: true };
    }

    /// Makes EFLAGS hold the flags. Clobbers RAX if they did not.
    pub fn load_flags(&mut self) -> Carry {
        if let Some(carry) = self.state.flags.host {
            return carry;
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
