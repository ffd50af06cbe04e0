//! Advanced SIMD floating point with two or more sources: element by element, by one element, in
//! pairs, across a vector, and on complex numbers.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::Outcome;
use super::fp_lanes::{
    Lanes, Precision, accumulate, all_ones_if, binary, build, compute, fp_lines, lane, with_format,
};
use super::lanes::sized;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;
use crate::interp::softfloat::{Format, Fp, Half, Single};

// ---- Three registers of the same type ----

fp_lines! { three_same, binary:
    FADD_vector, FADD_vector_half = |fp, a, b| fp.add::<F>(a, b);
    FSUB_vector, FSUB_vector_half = |fp, a, b| fp.sub::<F>(a, b);
    FMUL_vector, FMUL_vector_half = |fp, a, b| fp.mul::<F>(a, b);
    FDIV_vector, FDIV_vector_half = |fp, a, b| fp.div::<F>(a, b);
    FMAX_vector, FMAX_vector_half = |fp, a, b| fp.max::<F>(a, b);
    FMIN_vector, FMIN_vector_half = |fp, a, b| fp.min::<F>(a, b);
    FMAXNM_vector, FMAXNM_vector_half = |fp, a, b| fp.max_num::<F>(a, b);
    FMINNM_vector, FMINNM_vector_half = |fp, a, b| fp.min_num::<F>(a, b);
    FABD, FABD_half, FABD_scalar, FABD_scalar_half = |fp, a, b| fp.abs_diff::<F>(a, b);
    FMULX, FMULX_half, FMULX_scalar, FMULX_scalar_half = |fp, a, b| fp.mulx::<F>(a, b);
    FRECPS, FRECPS_half, FRECPS_scalar, FRECPS_scalar_half = |fp, a, b| fp.recip_step::<F>(a, b);
    FRSQRTS, FRSQRTS_half, FRSQRTS_scalar, FRSQRTS_scalar_half =
        |fp, a, b| fp.rsqrt_step::<F>(a, b);
    FCMEQ_register, FCMEQ_register_half, FCMEQ_register_scalar, FCMEQ_register_scalar_half =
        |fp, a, b| all_ones_if::<F>(fp.compare_eq::<F>(a, b));
    FCMGE_register, FCMGE_register_half, FCMGE_register_scalar, FCMGE_register_scalar_half =
        |fp, a, b| all_ones_if::<F>(fp.compare_ge::<F>(a, b));
    FCMGT_register, FCMGT_register_half, FCMGT_register_scalar, FCMGT_register_scalar_half =
        |fp, a, b| all_ones_if::<F>(fp.compare_gt::<F>(a, b));
    FACGE, FACGE_half, FACGE_scalar, FACGE_scalar_half =
        |fp, a, b| all_ones_if::<F>(fp.compare_ge::<F>(F::abs(a), F::abs(b)));
    FACGT, FACGT_half, FACGT_scalar, FACGT_scalar_half =
        |fp, a, b| all_ones_if::<F>(fp.compare_gt::<F>(F::abs(a), F::abs(b)));
}

fp_lines! { three_same, accumulate:
    FMLA_vector, FMLA_vector_half = |fp, d, a, b| fp.mul_add::<F>(d, a, b);
    FMLS_vector, FMLS_vector_half = |fp, d, a, b| fp.mul_sub::<F>(d, a, b);
}

// ---- By element ----

/// `Vm` and the index, for elements of format `F`. The larger the element, the fewer bits are the
/// index, and the more are the register.
fn indexed_element<F: Format>(cpu: &Cpu<'_>, i: Insn) -> Result<u64, Exit> {
    let (l, m, h) = (i.bits(21, 21), i.bits(20, 20), i.bits(11, 11));
    let register = i.bits(19, 16);
    let (register, index) = match F::BITS {
        16 => (register, h << 2 | l << 1 | m),
        32 => (m << 4 | register, h << 1 | l),
        _ if l == 0 => (m << 4 | register, h),
        _ => return Err(Exit::Undefined(i.0)),
    };
    Ok(lane::<F>(cpu.regs.v[register as usize], index))
}

/// `Vd[e] = op(Vd[e], Vn[e], Vm[index])`.
fn with_element<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64, u64, u64) -> u64,
) -> Outcome {
    let b = indexed_element::<F>(cpu, i)?;
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let (d, a) = (regs.v[i.rd()], regs.v[i.rn()]);
        build::<F>(count, |e| op(fp, lane::<F>(d, e), lane::<F>(a, e), b))
    });
    Ok(())
}

fp_lines! { by_element, with_element:
    FMLA_element, FMLA_element_half, FMLA_element_scalar, FMLA_element_scalar_half =
        |fp, d, a, b| fp.mul_add::<F>(d, a, b);
    FMLS_element, FMLS_element_half, FMLS_element_scalar, FMLS_element_scalar_half =
        |fp, d, a, b| fp.mul_sub::<F>(d, a, b);
    FMUL_element, FMUL_element_half, FMUL_element_scalar, FMUL_element_scalar_half =
        |fp, _, a, b| fp.mul::<F>(a, b);
    FMULX_element, FMULX_element_half, FMULX_element_scalar, FMULX_element_scalar_half =
        |fp, _, a, b| fp.mulx::<F>(a, b);
}

// ---- Half-precision products added to single-precision sums ----

/// `Vd[e] += ±Vn[e] * b(e)` with the factors from the lower or (`upper`) higher half of as many
/// bits as the instruction writes. `b` gives element `e` of the second factor.
fn mul_add_long(
    cpu: &mut Cpu<'_>,
    i: Insn,
    upper: bool,
    subtract: bool,
    b: impl Fn(u32) -> u64,
) -> Outcome {
    let count = if i.q() { 4 } else { 2 };
    let first = if upper { count } else { 0 };
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let (d, a) = (regs.v[i.rd()], regs.v[i.rn()]);
        build::<Single>(count, |e| {
            let a = lane::<Half>(a, first + e);
            let a = if subtract { Half::neg(a) } else { a };
            fp.mul_add_mixed::<Single, Half>(lane::<Single>(d, e), a, b(first + e))
        })
    });
    Ok(())
}

macro_rules! mul_adds_long {
    ($($vector:ident, $element:ident = upper: $upper:literal, subtract: $subtract:literal;)*) => {$(
        pub fn $vector(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let b = cpu.regs.v[i.rm()];
            mul_add_long(cpu, i, $upper, $subtract, |e| lane::<Half>(b, e))
        }
        pub fn $element(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let b = indexed_element::<Half>(cpu, i)?;
            mul_add_long(cpu, i, $upper, $subtract, |_| b)
        }
    )*};
}
mul_adds_long! {
    FMLAL_vector, FMLAL_element = upper: false, subtract: false;
    FMLAL2_vector, FMLAL2_element = upper: true, subtract: false;
    FMLSL_vector, FMLSL_element = upper: false, subtract: true;
    FMLSL2_vector, FMLSL2_element = upper: true, subtract: true;
}

// ---- Pairs ----

/// `Vd[e] = op` of elements `2e` and `2e + 1` of `Vm:Vn`.
fn pairwise<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64, u64) -> u64,
) -> Outcome {
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        build::<F>(count, |e| {
            let pair = 2 * e;
            let (v, n) =
                if pair < count { (regs.v[i.rn()], pair) } else { (regs.v[i.rm()], pair - count) };
            op(fp, lane::<F>(v, n), lane::<F>(v, n + 1))
        })
    });
    Ok(())
}

fp_lines! { three_same, pairwise:
    FADDP_vector, FADDP_vector_half = |fp, a, b| fp.add::<F>(a, b);
    FMAXP_vector, FMAXP_vector_half = |fp, a, b| fp.max::<F>(a, b);
    FMINP_vector, FMINP_vector_half = |fp, a, b| fp.min::<F>(a, b);
    FMAXNMP_vector, FMAXNMP_vector_half = |fp, a, b| fp.max_num::<F>(a, b);
    FMINNMP_vector, FMINNMP_vector_half = |fp, a, b| fp.min_num::<F>(a, b);
}

// ---- Reductions ----

/// `Reduce`: neighbours are combined until one element is left. `count` is a power of two.
fn reduce<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64, u64) -> u64,
) -> Outcome {
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let (mut v, mut count) = (regs.v[i.rn()], count);
        while count > 1 {
            count /= 2;
            v = build::<F>(count, |e| op(fp, lane::<F>(v, 2 * e), lane::<F>(v, 2 * e + 1)));
        }
        v
    });
    Ok(())
}

fp_lines! { pair, reduce:
    FADDP_scalar, FADDP_scalar_half = |fp, a, b| fp.add::<F>(a, b);
    FMAXP_scalar, FMAXP_scalar_half = |fp, a, b| fp.max::<F>(a, b);
    FMINP_scalar, FMINP_scalar_half = |fp, a, b| fp.min::<F>(a, b);
    FMAXNMP_scalar, FMAXNMP_scalar_half = |fp, a, b| fp.max_num::<F>(a, b);
    FMINNMP_scalar, FMINNMP_scalar_half = |fp, a, b| fp.min_num::<F>(a, b);
}

fp_lines! { across, reduce:
    FMAXV, FMAXV_half = |fp, a, b| fp.max::<F>(a, b);
    FMINV, FMINV_half = |fp, a, b| fp.min::<F>(a, b);
    FMAXNMV, FMAXNMV_half = |fp, a, b| fp.max_num::<F>(a, b);
    FMINNMV, FMINNMV_half = |fp, a, b| fp.min_num::<F>(a, b);
}

// ---- Complex numbers ----

/// `FCADD`: adds `Vm` rotated by 90 or (bit 12) 270 degrees.
pub fn FCADD(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Lanes { precision, count } = Lanes::complex(i)?;
    let by_270 = i.bit(12);
    cpu.regs.v[i.rd()] = with_format!(precision, F => compute(cpu, |fp, regs| {
        let (a, b) = (regs.v[i.rn()], regs.v[i.rm()]);
        build::<F>(count, |e| {
            // The real part takes the other's imaginary part and the other way round; one of
            // them with its sign changed.
            let other = lane::<F>(b, e ^ 1);
            let negate = (e % 2 == 0) != by_270;
            fp.add::<F>(lane::<F>(a, e), if negate { F::neg(other) } else { other })
        })
    }));
    Ok(())
}

/// Adds to `Vd` the half of a complex product that `rotation` (in quarter turns) selects: element
/// pairs of `Vn` with those that `b` gives for the number of a pair.
fn complex_mul_add<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    rotation: u32,
    b: impl Fn(u32) -> [u64; 2],
) {
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let (d, a) = (regs.v[i.rd()], regs.v[i.rn()]);
        build::<F>(count, |e| {
            let (pair, imaginary) = (e / 2, e % 2);
            // Odd rotations multiply by the imaginary part of Vn, and with that swap the parts
            // of the other factor.
            let odd = rotation & 1;
            let a = lane::<F>(a, 2 * pair + odd);
            let b = b(pair)[(imaginary ^ odd) as usize];
            let negate =
                if imaginary == 0 { rotation == 1 || rotation == 2 } else { rotation >= 2 };
            fp.mul_add::<F>(lane::<F>(d, e), a, if negate { F::neg(b) } else { b })
        })
    });
}

pub fn FCMLA_vector(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Lanes { precision, count } = Lanes::complex(i)?;
    let b = cpu.regs.v[i.rm()];
    with_format!(precision, F => {
        let pair = |n| [lane::<F>(b, 2 * n), lane::<F>(b, 2 * n + 1)];
        complex_mul_add::<F>(cpu, i, count, i.bits(12, 11), pair);
    });
    Ok(())
}

/// The index counts complex numbers: `H:L` for halves, `H` for singles.
pub fn FCMLA_element(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Lanes { precision, count } = Lanes::complex(i)?;
    let (l, h) = (i.bits(21, 21), i.bits(11, 11));
    let index = match precision {
        Precision::Half if h == 0 || i.q() => h << 1 | l,
        Precision::Single if l == 0 && i.q() => h,
        _ => return Err(Exit::Undefined(i.0)),
    };
    let b = cpu.regs.v[i.rm()];
    with_format!(precision, F => {
        let pair = [lane::<F>(b, 2 * index), lane::<F>(b, 2 * index + 1)];
        complex_mul_add::<F>(cpu, i, count, i.bits(14, 13), |_| pair);
    });
    Ok(())
}

// ---- Constants ----

/// `FMOV (vector, immediate)`: bit 29 is `op`, bit 11 `o2`.
pub fn FMOV_vector_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let imm8 = u64::from(i.bits(18, 16) << 5 | i.bits(9, 5));
    let precision = match (i.bit(29), i.bit(11)) {
        (false, false) => Precision::Single,
        (false, true) => Precision::Half,
        _ => Precision::Double,
    };
    let value = with_format!(precision, F => {
        build::<F>(128 / F::BITS, |_| F::expand_imm(imm8))
    });
    cpu.regs.v[i.rd()] = sized(value, i.q());
    Ok(())
}
pub use {
    FMOV_vector_immediate as FMOV_vector_immediate_half,
    FMOV_vector_immediate as FMOV_vector_immediate_double,
};
