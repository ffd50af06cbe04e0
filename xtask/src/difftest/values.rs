//! Random register contents, biased towards the values where instructions go wrong.

use super::rng::Rng;

/// A general register.
pub fn integer(rng: &mut Rng) -> u64 {
    match rng.below(12) {
        0..3 => rng.next(),
        3 => rng.below(17),
        4 => 0u64.wrapping_sub(rng.below(17)),
        5 => boundary(rng),
        6 => boundary(rng) & u64::from(u32::MAX) | rng.next() << 32,
        7 => 1 << rng.below(64),
        8 => !(1 << rng.below(64)),
        9 => rng.next() >> rng.below(64),
        10 => ((rng.next() as i64) >> rng.below(64)) as u64,
        // A value repeated in every byte, halfword or word.
        _ => replicate(rng.next(), rng.pick(&[8, 16, 32])),
    }
}

/// The largest or smallest signed or unsigned number of some width, or a neighbour.
fn boundary(rng: &mut Rng) -> u64 {
    let width = rng.pick(&[8, 16, 32, 64]);
    let unsigned_max = u64::MAX >> (64 - width);
    let value = rng.pick(&[0, unsigned_max, unsigned_max >> 1, !(unsigned_max >> 1)]);
    value.wrapping_add(rng.below(3)).wrapping_sub(1)
}

fn replicate(value: u64, width: u32) -> u64 {
    let mask = u64::MAX >> (64 - width);
    (0..64 / width).fold(0, |all, i| all | (value & mask) << (i * width))
}

/// What the lanes of a vector register are made of.
#[derive(Clone, Copy, Debug)]
pub enum Lanes {
    /// Integers of so many bits.
    Integer(u32),
    /// Floating-point numbers: the widths of exponent and fraction.
    Float(u32, u32),
}

/// The lanes that most vector registers of a case have.
pub fn lanes(rng: &mut Rng) -> Lanes {
    match rng.below(8) {
        0 => Lanes::Integer(rng.pick(&[8, 16, 32, 64])),
        1 | 2 => Lanes::Float(5, 10),
        3..6 => Lanes::Float(8, 23),
        _ => Lanes::Float(11, 52),
    }
}

/// A vector register.
pub fn vector(rng: &mut Rng, lanes: Lanes) -> u128 {
    let (width, lane): (u32, &dyn Fn(&mut Rng) -> u64) = match lanes {
        Lanes::Integer(width) => (width, &integer),
        Lanes::Float(exponent, fraction) => {
            (1 + exponent + fraction, &move |rng| float(rng, exponent, fraction))
        }
    };
    let mask = u64::MAX >> (64 - width);
    let one = rng.one_in(8).then(|| lane(rng));
    let mut value = 0;
    for i in 0..128 / width {
        let bits = one.unwrap_or_else(|| lane(rng)) & mask;
        value |= u128::from(bits) << (i * width);
    }
    value
}

/// A floating-point number whose exponent and fraction fields have the given widths.
fn float(rng: &mut Rng, exponent: u32, fraction: u32) -> u64 {
    let ones = |width: u32| u64::MAX >> (64 - width);
    let (e_max, f_max) = (ones(exponent), ones(fraction));
    let quiet = 1 << (fraction - 1);
    let sign = rng.below(2) << (exponent + fraction);
    let f = match rng.below(6) {
        0 => 0,
        1 => f_max,
        2 => 1,
        3 => f_max << rng.below(u64::from(fraction)) & f_max,
        _ => rng.next() & f_max,
    };
    let bias = e_max >> 1;
    let near = |rng: &mut Rng, e: u64, spread: u64| {
        (e + rng.below(2 * spread + 1)).saturating_sub(spread).clamp(1, e_max - 1)
    };
    let (e, f) = match rng.below(20) {
        0 => (0, 0),
        1 => (e_max, 0),
        2 => (e_max, f | quiet),
        3 => (e_max, (f & !quiet).max(1)),
        4 | 5 => (0, f.max(1)),
        6 => (near(rng, 1, 2), f),
        7 => (near(rng, e_max - 1, 2), f),
        8 => return sign | small_number(rng, bias, fraction),
        // Where conversions to 16, 32 and 64 bits saturate.
        9 => {
            let edge = bias + rng.pick(&[8, 15, 16, 31, 32, 63, 64]);
            (near(rng, edge.min(e_max - 1), 1), f)
        }
        10..16 => (near(rng, bias, 4), f),
        16 | 17 => (near(rng, bias, u64::from(fraction) + 4), f),
        _ => return rng.next(),
    };
    sign | e << fraction | f
}

/// A small integer, or one and a half; the magnitude only.
fn small_number(rng: &mut Rng, bias: u64, fraction: u32) -> u64 {
    // In halves, so that ties are among them.
    let halves = 1 + rng.below(33);
    let top = 63 - halves.leading_zeros();
    let e = bias + u64::from(top) - 1;
    let f = (halves << (63 - top) << 1) >> (64 - fraction);
    e << fraction | f
}

/// `FPCR`: AHP, DN, FZ, RMode and FZ16 (C5.2.8).
pub fn fpcr(rng: &mut Rng) -> u32 {
    if rng.below(5) < 2 {
        return 0;
    }
    let rounding = rng.below(4) << 22;
    let sometimes = |rng: &mut Rng, bit: u32| u64::from(rng.one_in(4)) << bit;
    (rounding | [26, 25, 24, 19].iter().fold(0, |all, &bit| all | sometimes(rng, bit))) as u32
}

/// The other bits of PSTATE that user mode has: DIT and SSBS (C5.2.7, C5.2.20).
pub fn pstate(rng: &mut Rng) -> u32 {
    (rng.below(2) << 24 | rng.below(2) << 12) as u32
}

/// `FPSR`: QC, IDC, IXC, UFC, OFC, DZC and IOC (C5.2.9).
pub fn fpsr(rng: &mut Rng) -> u32 {
    match rng.below(8) {
        0 | 1 => rng.next() as u32 & 0x0800_009f,
        // IXC: while denormals are flushed, the translator does more if it is set.
        2 | 3 => 1 << 4,
        _ => 0,
    }
}
