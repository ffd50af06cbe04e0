//! Cryptography: AES (FIPS 197), SHA-1, SHA-256 and SHA-512 (FIPS 180-4), and the SHA-3 helpers.
//!
//! Written from the standards' formulas. A `u128` is the AES state with byte 0 lowest, four 32-bit
//! or two 64-bit words with word 0 lowest.
#![allow(non_snake_case)] // The table's names are the manual's.

use super::Outcome;
use super::arith::instructions;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

// ---- AES ----

/// Multiplication by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1.
const fn xtime(a: u8) -> u8 {
    a << 1 ^ if a & 0x80 != 0 { 0x1b } else { 0 }
}

const fn gf_multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        a = xtime(a);
        b >>= 1;
    }
    product
}

/// FIPS 197 section 5.1.1: the inverse (as the 254th power, so that 0 stays 0), then the affine
/// map.
const SBOX: [u8; 256] = {
    let mut sbox = [0; 256];
    let mut a = 0;
    while a < 256 {
        let (mut inverse, mut n) = (1, 0);
        while n < 254 {
            inverse = gf_multiply(inverse, a as u8);
            n += 1;
        }
        sbox[a] = inverse
            ^ inverse.rotate_left(1)
            ^ inverse.rotate_left(2)
            ^ inverse.rotate_left(3)
            ^ inverse.rotate_left(4)
            ^ 0x63;
        a += 1;
    }
    sbox
};

const INVERSE_SBOX: [u8; 256] = {
    let mut inverse = [0; 256];
    let mut a = 0;
    while a < 256 {
        inverse[SBOX[a] as usize] = a as u8;
        a += 1;
    }
    inverse
};

/// Byte `4c + r` of the state is row `r`, column `c`. Each row moves by `r` columns times `step`.
fn shift_rows(state: u128, step: usize) -> [u8; 16] {
    let bytes = state.to_le_bytes();
    std::array::from_fn(|at| bytes[(at + 4 * step * (at % 4)) % 16])
}

/// Multiplies each column, as a polynomial, by the one whose matrix has this first row.
fn mix_columns(state: u128, row: [u8; 4]) -> u128 {
    let bytes = state.to_le_bytes();
    u128::from_le_bytes(std::array::from_fn(|at| {
        let (column, r) = (at / 4 * 4, at % 4);
        (0..4).fold(0, |sum, k| sum ^ gf_multiply(bytes[column + (r + k) % 4], row[k]))
    }))
}

pub fn AESE(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    let bytes = shift_rows(v[i.rd()] ^ v[i.rn()], 1);
    v[i.rd()] = u128::from_le_bytes(bytes.map(|b| SBOX[usize::from(b)]));
    Ok(())
}

pub fn AESD(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    let bytes = shift_rows(v[i.rd()] ^ v[i.rn()], 3);
    v[i.rd()] = u128::from_le_bytes(bytes.map(|b| INVERSE_SBOX[usize::from(b)]));
    Ok(())
}

pub fn AESMC(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.v[i.rd()] = mix_columns(cpu.regs.v[i.rn()], [2, 3, 1, 1]);
    Ok(())
}

pub fn AESIMC(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.v[i.rd()] = mix_columns(cpu.regs.v[i.rn()], [14, 11, 13, 9]);
    Ok(())
}

// ---- SHA ----

fn words(v: u128) -> [u32; 4] {
    std::array::from_fn(|n| (v >> (32 * n)) as u32)
}

fn from_words(words: [u32; 4]) -> u128 {
    words.iter().rev().fold(0, |v, &word| v << 32 | u128::from(word))
}

fn doublewords(v: u128) -> [u64; 2] {
    [v as u64, (v >> 64) as u64]
}

fn from_doublewords([low, high]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

fn choose(x: u64, y: u64, z: u64) -> u64 {
    x & y | !x & z
}

fn parity(x: u64, y: u64, z: u64) -> u64 {
    x ^ y ^ z
}

fn majority(x: u64, y: u64, z: u64) -> u64 {
    x & y | x & z | y & z
}

/// Four rounds of SHA-1: `Rd` has a to d, `Rn` e, `Rm` the schedule with constants added.
fn sha1_rounds(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(u64, u64, u64) -> u64) -> Outcome {
    let [mut a, mut b, mut c, mut d] = words(cpu.regs.v[i.rd()]);
    let mut e = cpu.regs.v[i.rn()] as u32;
    for w in words(cpu.regs.v[i.rm()]) {
        let sum = a
            .rotate_left(5)
            .wrapping_add(f(b.into(), c.into(), d.into()) as u32)
            .wrapping_add(e)
            .wrapping_add(w);
        (a, b, c, d, e) = (sum, a, b.rotate_left(30), c, d);
    }
    cpu.regs.v[i.rd()] = from_words([a, b, c, d]);
    Ok(())
}

instructions! { sha1_rounds:
    SHA1C = choose;
    SHA1P = parity;
    SHA1M = majority;
}

pub fn SHA1H(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.v[i.rd()] = u128::from((cpu.regs.v[i.rn()] as u32).rotate_left(30));
    Ok(())
}

pub fn SHA1SU0(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    v[i.rd()] ^= (v[i.rn()] << 64 | v[i.rd()] >> 64) ^ v[i.rm()];
    Ok(())
}

pub fn SHA1SU1(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    let mut t = words(v[i.rd()] ^ v[i.rn()] >> 32).map(|word| word.rotate_left(1));
    t[3] ^= t[0].rotate_left(1);
    v[i.rd()] = from_words(t);
    Ok(())
}

/// Four rounds of SHA-256 on a to d in `abcd` and e to h in `efgh`.
fn sha256_rounds(abcd: u128, efgh: u128, schedule: u128) -> (u128, u128) {
    let [mut a, mut b, mut c, mut d] = words(abcd);
    let [mut e, mut f, mut g, mut h] = words(efgh);
    for w in words(schedule) {
        let sigma1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let sigma0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t1 = h
            .wrapping_add(sigma1)
            .wrapping_add(choose(e.into(), f.into(), g.into()) as u32)
            .wrapping_add(w);
        let t2 = sigma0.wrapping_add(majority(a.into(), b.into(), c.into()) as u32);
        (a, b, c, d, e, f, g, h) = (t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g);
    }
    (from_words([a, b, c, d]), from_words([e, f, g, h]))
}

pub fn SHA256H(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    v[i.rd()] = sha256_rounds(v[i.rd()], v[i.rn()], v[i.rm()]).0;
    Ok(())
}

pub fn SHA256H2(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    v[i.rd()] = sha256_rounds(v[i.rn()], v[i.rd()], v[i.rm()]).1;
    Ok(())
}

pub fn SHA256SU0(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (d, n) = (cpu.regs.v[i.rd()], cpu.regs.v[i.rn()]);
    let (w, next) = (words(d), words(d >> 32 | n << 96));
    cpu.regs.v[i.rd()] = from_words(std::array::from_fn(|k| {
        let x = next[k];
        w[k].wrapping_add(x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3)
    }));
    Ok(())
}

pub fn SHA256SU1(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (n, m) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rm()]);
    let (mut w, w9) = (words(cpu.regs.v[i.rd()]), words(n >> 32 | m << 96));
    let [_, _, w14, w15] = words(m);
    let mut w2 = [w14, w15];
    for k in 0..4 {
        // The last two words need the first two results.
        let x = w2[k % 2];
        let sigma1 = x.rotate_right(17) ^ x.rotate_right(19) ^ x >> 10;
        w[k] = w[k].wrapping_add(sigma1).wrapping_add(w9[k]);
        w2[k % 2] = w[k];
    }
    cpu.regs.v[i.rd()] = from_words(w);
    Ok(())
}

/// What two rounds add to d and c: `Rn` has (f, g), `Rm` (d, e), and `Rd` the g and h of the state
/// plus schedule and constant of the second and the first round. The first round's sum is the upper
/// half.
pub fn SHA512H(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let [w0, w1] = doublewords(cpu.regs.v[i.rd()]);
    let [x0, x1] = doublewords(cpu.regs.v[i.rn()]);
    let [y0, y1] = doublewords(cpu.regs.v[i.rm()]);
    let sigma1 = |e: u64| e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
    let high = choose(y1, x0, x1).wrapping_add(sigma1(y1)).wrapping_add(w1);
    let e = high.wrapping_add(y0);
    let low = choose(e, y1, x0).wrapping_add(sigma1(e)).wrapping_add(w0);
    cpu.regs.v[i.rd()] = from_doublewords([low, high]);
    Ok(())
}

/// The new (a, b), completing what SHA512H began: `Rd` has its result, `Rn` (c, d), `Rm` (a, b).
pub fn SHA512H2(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let [w0, w1] = doublewords(cpu.regs.v[i.rd()]);
    let x0 = cpu.regs.v[i.rn()] as u64;
    let [y0, y1] = doublewords(cpu.regs.v[i.rm()]);
    let sigma0 = |a: u64| a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
    let high = majority(x0, y1, y0).wrapping_add(sigma0(y0)).wrapping_add(w1);
    let low = majority(high, y0, y1).wrapping_add(sigma0(high)).wrapping_add(w0);
    cpu.regs.v[i.rd()] = from_doublewords([low, high]);
    Ok(())
}

pub fn SHA512SU0(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let [w0, w1] = doublewords(cpu.regs.v[i.rd()]);
    let w2 = cpu.regs.v[i.rn()] as u64;
    let sigma0 = |x: u64| x.rotate_right(1) ^ x.rotate_right(8) ^ x >> 7;
    cpu.regs.v[i.rd()] =
        from_doublewords([w0.wrapping_add(sigma0(w1)), w1.wrapping_add(sigma0(w2))]);
    Ok(())
}

pub fn SHA512SU1(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let w = doublewords(cpu.regs.v[i.rd()]);
    let x = doublewords(cpu.regs.v[i.rn()]);
    let y = doublewords(cpu.regs.v[i.rm()]);
    let sigma1 = |x: u64| x.rotate_right(19) ^ x.rotate_right(61) ^ x >> 6;
    cpu.regs.v[i.rd()] = from_doublewords(std::array::from_fn(|k| {
        w[k].wrapping_add(sigma1(x[k])).wrapping_add(y[k])
    }));
    Ok(())
}

// ---- SHA-3 ----

pub fn EOR3(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    v[i.rd()] = v[i.rn()] ^ v[i.rm()] ^ v[i.ra()];
    Ok(())
}

/// `Ra` clears bits of `Rm`.
pub fn BCAX(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let v = &mut cpu.regs.v;
    v[i.rd()] = v[i.rn()] ^ v[i.rm()] & !v[i.ra()];
    Ok(())
}

pub fn RAX1(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let rotated = doublewords(cpu.regs.v[i.rm()]).map(|x| x.rotate_left(1));
    cpu.regs.v[i.rd()] = cpu.regs.v[i.rn()] ^ from_doublewords(rotated);
    Ok(())
}

pub fn XAR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let sum = doublewords(cpu.regs.v[i.rn()] ^ cpu.regs.v[i.rm()]);
    cpu.regs.v[i.rd()] = from_doublewords(sum.map(|x| x.rotate_right(i.bits(15, 10))));
    Ok(())
}
