//! What a translation depends on beside the guest's code: the host's processor, and FPCR.
//!
//! Level x86-64-v3 (psABI for x86-64, 3.1.1) is the least that there is a translator for: vector code for older
//! processors would be a second set of emitters. What a processor has beyond it are bits of a set, so
//! that tests can run without: a line of the table that needs one is left to the interpreter.

use crate::interp::FPCR_WRITABLE;

/// Extensions of the processor beyond level x86-64-v3 that lines of the table need.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Features(u8);

impl Features {
    /// Level x86-64-v3 and nothing else.
    pub const NONE: Self = Self(0);
    /// `AESENC` and its like.
    pub const AES: Self = Self(1);
    /// `PCLMULQDQ`.
    pub const CLMUL: Self = Self(2);
    /// `SHA256RNDS2` and its like.
    pub const SHA: Self = Self(4);
    /// All that the translator knows how to use.
    pub const ALL: Self = Self(7);

    /// By the names of Linux's /proc/cpuinfo.
    const NAMED: [(&str, Self); 3] =
        [("aes", Self::AES), ("pclmulqdq", Self::CLMUL), ("sha_ni", Self::SHA)];

    /// Those of this processor; `None` if it is below level x86-64-v3.
    pub fn of_host() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        // Of the level's extensions those that generated code uses.
        let level = has!("avx2")
            && has!("bmi1")
            && has!("bmi2")
            && has!("f16c")
            && has!("fma")
            && has!("lzcnt")
            && has!("sse4.2");
        let bit = |has, bit: Self| if has { bit } else { Self::NONE };
        level.then(|| {
            bit(has!("aes"), Self::AES)
                .with(bit(has!("pclmulqdq"), Self::CLMUL))
                .with(bit(has!("sha"), Self::SHA))
        })
    }

    /// Those of this processor as far as a processor has them that is described by `cpu`: `native`,
    /// or a level and names of extensions, such as `x86-64-v3+aes`. `None` inside: it is below
    /// level x86-64-v3. `None` outside: that is no description.
    pub fn of_host_as(cpu: &str) -> Option<Option<Self>> {
        let host = Self::of_host();
        let mut parts = cpu.split('+');
        match parts.next()? {
            "native" => return Some(host),
            "x86-64" | "x86-64-v2" => return Some(None),
            "x86-64-v3" => {}
            _ => return None,
        }
        let mut features = Self::NONE;
        for name in parts {
            features = features.with(Self::NAMED.iter().find(|named| named.0 == name)?.1);
        }
        Some(host.map(|host| Self(host.0 & features.0)))
    }

    /// As a number that means the same in every process of this build.
    pub fn bits(self) -> u64 {
        self.0.into()
    }

    /// Both sets together.
    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `wanted` are there.
    pub const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

/// How code is translated; part of a translation's identity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Mode {
    /// What the processor has.
    pub features: Features,
    /// FPCR, as far as there is something behind its bits.
    pub fpcr: u32,
    /// While denormals are flushed: FPSR.IXC is set. A result that is flushed does not set it on Arm, but what the
    /// host computes first does; if it is set already, that makes no difference.
    pub inexact: bool,
    /// No other thread or process shares the guest's memory. For the translator only; it makes no other identity,
    /// because what depends on it goes away when somebody does.
    pub alone: bool,
    /// With `--isolate`, log2 of the bytes of the slab, which no access may leave; otherwise 0. For the translator only:
    /// it is the same for all of a process.
    pub slab_bits: u8,
}

/// The bits of FPCR (DDI 0487 C5.2.8).
mod fpcr {
    pub const FZ16: u32 = 1 << 19;
    pub const RMODE: u32 = 3 << 22;
    pub const FZ: u32 = 1 << 24;
    pub const DN: u32 = 1 << 25;
}

/// `FPSR.IXC`.
const INEXACT: u32 = 1 << 4;

/// MXCSR with all exceptions masked, round to nearest, and no exception recorded.
pub const MXCSR_DEFAULT: u32 = 0x1f80;

impl Mode {
    /// The mode of a thread with these registers, in memory that is shared.
    pub fn new(features: Features, fpcr: u32, fpsr: u32) -> Self {
        let inexact = fpcr & fpcr::FZ != 0 && fpsr & INEXACT != 0;
        Self { features, fpcr: fpcr & FPCR_WRITABLE, inexact, alone: false, slab_bits: 0 }
    }

    /// MXCSR for it, with no exception recorded. Denormals are not flushed by the host: it does not tell that an
    /// operand was, and detects tiny results after rounding.
    pub fn mxcsr(self) -> u32 {
        // RC, from bit 13: nearest, down, up, to zero.
        MXCSR_DEFAULT | [0, 2, 1, 3][(self.fpcr >> 22 & 3) as usize] << 13
    }

    /// Rounding is to nearest.
    pub fn rounds_to_nearest(self) -> bool {
        self.fpcr & fpcr::RMODE == 0
    }

    /// Rounding is towards minus infinity, where `0 - 0` is negative.
    pub fn rounds_down(self) -> bool {
        self.fpcr & fpcr::RMODE == 2 << 22
    }

    /// Denormal operands and results become zero.
    pub fn flushes(self) -> bool {
        self.fpcr & fpcr::FZ != 0
    }

    /// Denormal halves become zero.
    pub fn flushes_halves(self) -> bool {
        self.fpcr & fpcr::FZ16 != 0
    }

    /// Every NaN in a result is the default one.
    pub fn default_nan(self) -> bool {
        self.fpcr & fpcr::DN != 0
    }

    /// Nothing but the rounding mode differs from the default, for what is not half-precision arithmetic.
    pub fn only_rounds(self) -> bool {
        self.fpcr & !(fpcr::RMODE | fpcr::FZ16) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_described_by_level_and_extensions() {
        let host = Features::of_host();
        assert_eq!(Features::of_host_as("native"), Some(host));
        assert_eq!(Features::of_host_as("x86-64-v2"), Some(None));
        assert_eq!(Features::of_host_as("x86-64-v3"), Some(host.map(|_| Features::NONE)));
        let with_aes =
            host.map(|host| if host.has(Features::AES) { Features::AES } else { Features::NONE });
        assert_eq!(Features::of_host_as("x86-64-v3+aes"), Some(with_aes));
        assert_eq!(Features::of_host_as("x86-64-v3+mmx"), None);
        assert_eq!(Features::of_host_as("i486"), None);
    }
}
