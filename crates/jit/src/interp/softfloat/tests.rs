//! Directed cases from the manual's rules, and cross-checks with the host's arithmetic.

use super::*;

const RNE: u32 = 0;
const RP: u32 = 1 << 22;
const RM: u32 = 2 << 22;
const RZ: u32 = 3 << 22;
const MODES: [u32; 4] = [RNE, RP, RM, RZ];

const IOC: u32 = fpsr::INVALID;
const DZC: u32 = fpsr::DIVIDE_BY_ZERO;
const OFC: u32 = fpsr::OVERFLOW;
const UFC: u32 = fpsr::UNDERFLOW;
const IXC: u32 = fpsr::INEXACT;
const IDC: u32 = fpsr::INPUT_DENORMAL;

/// The result of `op` under `fpcr`, and the exceptions.
fn run<T>(fpcr: u32, op: impl FnOnce(&mut Fp) -> T) -> (T, u32) {
    let mut fp = Fp::new(fpcr);
    let result = op(&mut fp);
    (result, fp.raised())
}

fn s(value: f32) -> u64 {
    value.to_bits().into()
}

fn d(value: f64) -> u64 {
    value.to_bits()
}

/// Marsaglia's xorshift64, shaped so that interesting operands are frequent.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// An operand of format `F`: any bits, near a power of two, near the ends of the exponent
    /// range, or with a fraction of few bits.
    fn operand<F: Format>(&mut self) -> u64 {
        let bits = self.next() >> (64 - F::BITS);
        let kind = self.next();
        let exp = |e: u64| bits & (F::SIGN | F::FRAC_MASK) | (e & F::EXP_MAX) << F::FRAC;
        let near = F::EXP_MAX / 2 + kind / 16 % 7;
        match kind % 8 {
            0 => exp(kind / 16 % 3),
            1 => exp(F::EXP_MAX - kind / 16 % 3),
            2 => exp(near) & !(F::FRAC_MASK >> 4),
            3 => exp(near),
            4 => exp(near) & (F::SIGN | F::INFINITY | 3),
            5 => exp(near) | F::FRAC_MASK & !3,
            _ => bits,
        }
    }
}

// ---- Against the host ----

/// The host's SSE arithmetic with its own rounding modes and flags: both follow IEEE 754, so
/// results agree except for NaNs, and so do flags except for Underflow, which it detects after
/// rounding.
#[cfg(target_arch = "x86_64")]
mod sse {
    use super::*;
    use std::arch::asm;

    /// `RMode`, as the rounding control of `MXCSR` with all exceptions masked.
    fn control(fpcr: u32) -> u32 {
        0x1f80 | [0, 2, 1, 3][(fpcr >> fpcr::RMODE_SHIFT & 3) as usize] << 13
    }

    fn flags(mxcsr: u32) -> u32 {
        let bit = |n: u32, flag| if mxcsr >> n & 1 != 0 { flag } else { 0 };
        bit(0, IOC) | bit(2, DZC) | bit(3, OFC) | bit(5, IXC)
    }

    macro_rules! binary {
        ($name:ident, $float:ty, $insn:literal) => {
            pub fn $name(fpcr: u32, a: u64, b: u64) -> (u64, u32) {
                let mut x = <$float>::from_bits(a as _);
                let y = <$float>::from_bits(b as _);
                let (control, mut after) = (control(fpcr), 0u32);
                let (saved, control) = (&mut 0u32, &control);
                // SAFETY: the control register is as it was when the block ends, and the operands
                // are values and references to live locals.
                unsafe {
                    asm!(
                        "stmxcsr [{saved}]",
                        "ldmxcsr [{control}]",
                        concat!($insn, " {x}, {y}"),
                        "stmxcsr [{after}]",
                        "ldmxcsr [{saved}]",
                        saved = in(reg) saved,
                        control = in(reg) control,
                        after = in(reg) &mut after,
                        x = inout(xmm_reg) x,
                        y = in(xmm_reg) y,
                    );
                }
                (x.to_bits().into(), flags(after))
            }
        };
    }
    binary!(adds, f32, "addss");
    binary!(subs, f32, "subss");
    binary!(muls, f32, "mulss");
    binary!(divs, f32, "divss");
    binary!(sqrts, f32, "sqrtss");
    binary!(narrow, f64, "cvtsd2ss");
    binary!(addd, f64, "addsd");
    binary!(subd, f64, "subsd");
    binary!(muld, f64, "mulsd");
    binary!(divd, f64, "divsd");
    binary!(sqrtd, f64, "sqrtsd");

    type Host = fn(u32, u64, u64) -> (u64, u32);
    type Ours = fn(&mut Fp, u64, u64) -> u64;

    fn check<F: Format, R: Format>(name: &str, ours: Ours, host: Host) {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        for n in 0..400_000 {
            let (a, b) = (random.operand::<F>(), random.operand::<F>());
            let fpcr = MODES[n % 4];
            let (result, raised) = run(fpcr, |fp| ours(fp, a, b));
            let expected = host(fpcr, a, b);
            let expected = (expected.0 & (u64::MAX >> (64 - R::BITS)), expected.1);
            let result = if R::abs(result) > R::INFINITY && R::abs(expected.0) > R::INFINITY {
                expected.0
            } else {
                result
            };
            assert_eq!((result, raised & !UFC), expected, "{name} {a:#x} {b:#x} {fpcr:#x}");
        }
    }

    #[test]
    fn single_precision_agrees() {
        check::<Single, Single>("add", Fp::add::<Single>, adds);
        check::<Single, Single>("sub", Fp::sub::<Single>, subs);
        check::<Single, Single>("mul", Fp::mul::<Single>, muls);
        check::<Single, Single>("div", Fp::div::<Single>, divs);
        check::<Single, Single>("sqrt", |fp, _, b| fp.sqrt::<Single>(b), sqrts);
    }

    #[test]
    fn double_precision_agrees() {
        check::<Double, Double>("add", Fp::add::<Double>, addd);
        check::<Double, Double>("sub", Fp::sub::<Double>, subd);
        check::<Double, Double>("mul", Fp::mul::<Double>, muld);
        check::<Double, Double>("div", Fp::div::<Double>, divd);
        check::<Double, Double>("sqrt", |fp, _, b| fp.sqrt::<Double>(b), sqrtd);
    }

    #[test]
    fn double_to_single_agrees() {
        let ours = |fp: &mut Fp, _, b| fp.convert::<Double, Single>(b, fp.rounding());
        check::<Double, Single>("narrow", ours, narrow);
    }
}

#[test]
fn fused_multiply_add_agrees_with_the_host() {
    let mut random = Random(88_172_645_463_325_252);
    for _ in 0..200_000 {
        let [a, x, y] = std::array::from_fn(|_| random.operand::<Single>());
        let f = |bits: u64| f32::from_bits(bits as u32);
        let (expected, result) =
            (f(x).mul_add(f(y), f(a)), run(RNE, |fp| fp.mul_add::<Single>(a, x, y)).0);
        assert!(
            s(expected) == result || expected.is_nan() && f(result).is_nan(),
            "{a:#x} {x:#x} {y:#x}"
        );
        // The addend close to the product, so that much cancels.
        let [x, y] = std::array::from_fn(|_| random.operand::<Double>());
        let g = f64::from_bits;
        let a = match random.next() % 3 {
            0 => random.operand::<Double>(),
            _ => d(-(g(x) * g(y))).wrapping_add(random.next() % 5),
        };
        let (expected, result) =
            (g(x).mul_add(g(y), g(a)), run(RNE, |fp| fp.mul_add::<Double>(a, x, y)).0);
        assert!(
            d(expected) == result || expected.is_nan() && g(result).is_nan(),
            "{a:#x} {x:#x} {y:#x}"
        );
    }
}

/// A double as a half, rounded to nearest; its value times 2^24 is integral if it is denormal.
fn host_half(value: f64) -> u64 {
    let sign = if value.is_sign_negative() { Half::SIGN } else { 0 };
    let value = value.abs();
    if value.is_nan() {
        return Half::DEFAULT_NAN;
    }
    let exp = (value.to_bits() >> 52) as i32 - 1023;
    // The last place of the result in this binade.
    let place = 2f64.powi(exp.max(-14) - 10);
    let rounded = (value / place).round_ties_even() * place;
    if rounded >= 65536.0 {
        return sign | Half::INFINITY;
    }
    if rounded < 2f64.powi(-14) {
        return sign | (rounded * 2f64.powi(24)) as u64;
    }
    let bits = rounded.to_bits();
    sign | ((bits >> 52) - 1008) << 10 | bits >> 42 & 0x3ff
}

#[test]
fn half_precision_agrees_with_doubles_rounded_once() {
    // Sums, products, quotients and roots of halves, computed in double precision, are not so
    // close to a tie that rounding them twice could go wrong (53 >= 2 * 11 + 2).
    let value =
        |h: u64| f64::from_bits(run(RNE, |fp| fp.convert::<Half, Double>(h, fp.rounding())).0);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let is_nan = |h: u64| Half::abs(h) > Half::INFINITY;
    type Pair = (fn(&mut Fp, u64, u64) -> u64, fn(f64, f64) -> f64);
    let ops: [Pair; 5] = [
        (Fp::add::<Half>, |a, b| a + b),
        (Fp::sub::<Half>, |a, b| a - b),
        (Fp::mul::<Half>, |a, b| a * b),
        (Fp::div::<Half>, |a, b| a / b),
        (|fp, _, b| fp.sqrt::<Half>(b), |_, b| b.sqrt()),
    ];
    for _ in 0..200_000 {
        let (a, b) = (random.operand::<Half>(), random.operand::<Half>());
        for (n, (ours, host)) in ops.iter().enumerate() {
            let expected = host_half(host(value(a), value(b)));
            let result = run(RNE, |fp| ours(fp, a, b)).0;
            assert!(
                result == expected || is_nan(result) && is_nan(expected),
                "operation {n} of {a:#x} {b:#x}: {result:#x}, not {expected:#x}"
            );
        }
    }
    for h in 0..=0xffff {
        if !is_nan(h) {
            assert_eq!(host_half(value(h)), h);
            let back = run(RNE, |fp| fp.convert::<Double, Half>(d(value(h)), fp.rounding()));
            assert_eq!(back, (h, 0));
        }
    }
}

#[test]
fn conversions_to_and_from_integers_agree_with_the_host() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..200_000 {
        let n = random.next() >> (random.next() % 64);
        let to = |fp: &mut Fp| fp.fixed_to_fp::<Double>(n, 0, 64, false);
        assert_eq!(run(RNE, to).0, d(n as i64 as f64), "{n}");
        assert_eq!(run(RNE, |fp| fp.fixed_to_fp::<Single>(n, 0, 64, true)).0, s(n as f32), "{n}");
        let x = random.operand::<Double>();
        let f = f64::from_bits(x);
        let fixed = |bits, unsigned| {
            run(RNE, |fp| fp.fp_to_fixed::<Double>(x, 0, bits, unsigned, Rounding::Zero))
        };
        assert_eq!(fixed(64, false).0, f as i64 as u64, "{f}");
        assert_eq!(fixed(64, true).0, f as u64, "{f}");
        assert_eq!(fixed(32, false).0, u64::from(f as i32 as u32), "{f}");
        assert_eq!(fixed(32, true).0, u64::from(f as u32), "{f}");
        let in_range = f.trunc() >= -(2f64.powi(31)) && f.trunc() < 2f64.powi(31);
        let flags = if !in_range {
            IOC
        } else if f.trunc() != f {
            IXC
        } else {
            0
        };
        assert_eq!(fixed(32, false).1, flags, "{f}");
    }
}

#[test]
fn rounding_to_integral_values_agrees_with_the_host() {
    let mut random = Random(77);
    for _ in 0..200_000 {
        let x = random.operand::<Double>();
        let f = f64::from_bits(x);
        if f.is_nan() {
            continue;
        }
        type Mode = (Rounding, fn(f64) -> f64);
        let modes: [Mode; 5] = [
            (Rounding::TieEven, f64::round_ties_even),
            (Rounding::TieAway, f64::round),
            (Rounding::PosInf, f64::ceil),
            (Rounding::NegInf, f64::floor),
            (Rounding::Zero, f64::trunc),
        ];
        for (rounding, host) in modes {
            let inexact = if host(f) == f { 0 } else { IXC };
            let result = run(RNE, |fp| fp.round_int::<Double>(x, rounding, true));
            assert_eq!(result, (d(host(f)), inexact), "{f} {rounding:?}");
            assert_eq!(run(RNE, |fp| fp.round_int::<Double>(x, rounding, false)).1, 0);
        }
    }
}

#[test]
fn comparisons_agree_with_the_host() {
    let mut random = Random(5);
    for _ in 0..200_000 {
        let a = random.operand::<Single>();
        let b = if random.next().is_multiple_of(4) {
            a ^ Single::SIGN
        } else {
            random.operand::<Single>()
        };
        let (x, y) = (f32::from_bits(a as u32), f32::from_bits(b as u32));
        let nzcv = match x.partial_cmp(&y) {
            None => 0b0011,
            Some(std::cmp::Ordering::Equal) => 0b0110,
            Some(std::cmp::Ordering::Less) => 0b1000,
            Some(std::cmp::Ordering::Greater) => 0b0010,
        };
        let compare = |signal| run(RNE, |fp| fp.compare::<Single>(a, b, signal));
        assert_eq!(compare(false).0, nzcv << 28);
        assert_eq!(compare(true), (nzcv << 28, if nzcv == 3 { IOC } else { 0 }));
        assert_eq!(run(RNE, |fp| fp.compare_ge::<Single>(a, b)).0, x >= y);
        assert_eq!(run(RNE, |fp| fp.compare_gt::<Single>(a, b)).0, x > y);
        assert_eq!(run(RNE, |fp| fp.compare_eq::<Single>(a, b)).0, x == y);
    }
}

// ---- NaNs ----

/// A quiet and a signalling NaN with a payload, and the signalling one made quiet.
const Q: u64 = 0x7fc0_0011;
const S: u64 = 0xff80_0022;
const S_QUIET: u64 = 0xffc0_0022;

#[test]
fn the_first_signalling_nan_wins_then_the_first_quiet_one() {
    let one = s(1.0);
    let q2 = Q + 1;
    let add = |a, b| run(RNE, |fp| fp.add::<Single>(a, b));
    assert_eq!(add(Q, S), (S_QUIET, IOC));
    assert_eq!(add(S, S + 1), (S_QUIET, IOC));
    assert_eq!(add(one, S), (S_QUIET, IOC));
    assert_eq!(add(Q, q2), (Q, 0));
    assert_eq!(add(one, q2), (q2, 0));
    let fma = |a, x, y| run(RNE, |fp| fp.mul_add::<Single>(a, x, y));
    assert_eq!(fma(Q, q2, S), (S_QUIET, IOC));
    assert_eq!(fma(S, S + 1, S + 2), (S_QUIET, IOC));
    assert_eq!(fma(one, S, Q), (S_QUIET, IOC));
    assert_eq!(fma(Q, q2, one), (Q, 0));
    assert_eq!(fma(one, q2, Q), (q2, 0));
    assert_eq!(fma(one, one, Q), (Q, 0));
    // The default NaN replaces the result, but is no reason to be silent.
    assert_eq!(run(fpcr::DN, |fp| fp.add::<Single>(Q, S)), (Single::DEFAULT_NAN, IOC));
    assert_eq!(run(fpcr::DN, |fp| fp.add::<Single>(Q, one)), (Single::DEFAULT_NAN, 0));
}

#[test]
fn infinity_times_zero_is_invalid_behind_a_quiet_addend_only() {
    let inf = s(f32::INFINITY);
    let fma = |a, x, y| run(RNE, |fp| fp.mul_add::<Single>(a, x, y));
    assert_eq!(fma(Q, inf, 0), (Single::DEFAULT_NAN, IOC));
    assert_eq!(fma(Q, 0, inf), (Single::DEFAULT_NAN, IOC));
    assert_eq!(fma(S, inf, 0), (S_QUIET, IOC));
    assert_eq!(fma(s(1.0), inf, 0), (Single::DEFAULT_NAN, IOC));
    assert_eq!(fma(s(-f32::INFINITY), inf, s(1.0)), (Single::DEFAULT_NAN, IOC));
    assert_eq!(fma(s(1.0), inf, s(-1.0)), (s(-f32::INFINITY), 0));
}

#[test]
fn subtraction_keeps_the_sign_of_a_nan_and_steps_change_it() {
    assert_eq!(run(RNE, |fp| fp.sub::<Single>(s(1.0), Q)), (Q, 0));
    assert_eq!(run(RNE, |fp| fp.neg_mul::<Single>(s(1.0), Q)), (Q | Single::SIGN, 0));
    assert_eq!(run(RNE, |fp| fp.recip_step::<Single>(Q, s(1.0))), (Q | Single::SIGN, 0));
    assert_eq!(run(RNE, |fp| fp.recip_step::<Single>(s(1.0), Q)), (Q, 0));
    assert_eq!(run(RNE, |fp| fp.mul_sub::<Single>(s(1.0), Q, s(1.0))), (Q | Single::SIGN, 0));
}

#[test]
fn number_forms_of_minimum_and_maximum_ignore_quiet_nans_only() {
    let one = s(1.0);
    let run = |op: fn(&mut Fp, u64, u64) -> u64, a, b| run(RNE, |fp| op(fp, a, b));
    assert_eq!(run(Fp::max_num::<Single>, Q, one), (one, 0));
    assert_eq!(run(Fp::min_num::<Single>, one, Q), (one, 0));
    assert_eq!(run(Fp::max_num::<Single>, S, one), (S_QUIET, IOC));
    assert_eq!(run(Fp::max_num::<Single>, Q, S), (S_QUIET, IOC));
    assert_eq!(run(Fp::max_num::<Single>, Q, Q + 1), (Q, 0));
    assert_eq!(run(Fp::max::<Single>, Q, one), (Q, 0));
    assert_eq!(run(Fp::max::<Single>, s(-0.0), 0), (0, 0));
    assert_eq!(run(Fp::min::<Single>, 0, s(-0.0)), (s(-0.0), 0));
    assert_eq!(run(Fp::max::<Single>, s(-0.0), s(-0.0)), (s(-0.0), 0));
}

#[test]
fn nans_keep_their_leading_bits_through_conversions() {
    let convert = |fpcr, x| run(fpcr, |fp| fp.convert::<Single, Half>(x, fp.rounding()));
    assert_eq!(convert(RNE, 0xff81_2345), (0xfe09, IOC));
    assert_eq!(convert(fpcr::DN, 0xffc1_2345), (0x7e00, 0));
    assert_eq!(convert(fpcr::AHP, 0xffc1_2345), (0x8000, IOC));
    assert_eq!(convert(fpcr::AHP, s(f32::INFINITY)), (0x7fff, IOC));
    let widen = |x| run(RNE, |fp| fp.convert::<Half, Double>(x, fp.rounding()));
    assert_eq!(widen(0xfd01), (0xfffc_0400_0000_0000, IOC));
}

// ---- Rounding, overflow, underflow ----

#[test]
fn tininess_is_detected_before_rounding() {
    // The largest denormal plus half its last place rounds up to the smallest normal number.
    let (a, b) = (d(f64::MIN_POSITIVE), d(1.0 - f64::EPSILON / 2.0));
    let (result, raised) = run(RNE, |fp| fp.mul::<Double>(a, b));
    assert_eq!((result, raised), (a, UFC | IXC));
    // Exact denormals are no underflow.
    assert_eq!(run(RNE, |fp| fp.mul::<Double>(a, d(0.5))), (a >> 1, 0));
}

#[test]
fn overflow_follows_the_rounding_mode() {
    let max = s(f32::MAX);
    let inf = s(f32::INFINITY);
    let add = |fpcr, a| run(fpcr, |fp| fp.add::<Single>(a, a));
    assert_eq!(add(RNE, max), (inf, OFC | IXC));
    assert_eq!(add(RP, max), (inf, OFC | IXC));
    assert_eq!(add(RM, max), (max, OFC | IXC));
    assert_eq!(add(RZ, max), (max, OFC | IXC));
    let negative = max | Single::SIGN;
    assert_eq!(add(RP, negative), (negative, OFC | IXC));
    assert_eq!(add(RM, negative), (inf | Single::SIGN, OFC | IXC));
}

#[test]
fn exact_cancellation_is_negative_only_towards_minus_infinity() {
    for fpcr in MODES {
        let zero = if fpcr == RM { s(-0.0) } else { 0 };
        assert_eq!(run(fpcr, |fp| fp.sub::<Single>(s(1.5), s(1.5))), (zero, 0));
        assert_eq!(run(fpcr, |fp| fp.mul_add::<Single>(s(-6.0), s(2.0), s(3.0))), (zero, 0));
        assert_eq!(run(fpcr, |fp| fp.add::<Single>(s(-0.0), 0)), (zero, 0));
        assert_eq!(run(fpcr, |fp| fp.add::<Single>(s(-0.0), s(-0.0))), (s(-0.0), 0));
        assert_eq!(run(fpcr, |fp| fp.recip_step::<Single>(s(1.0), s(2.0))), (zero, 0));
    }
}

#[test]
fn flushed_operands_set_idc_and_flushed_results_only_ufc() {
    let tiny = 1u64;
    let min = s(f32::MIN_POSITIVE);
    assert_eq!(run(fpcr::FZ, |fp| fp.add::<Single>(tiny, min)), (min, IDC));
    assert_eq!(run(fpcr::FZ, |fp| fp.mul::<Single>(min, s(-0.5))), (s(-0.0), UFC));
    assert_eq!(run(fpcr::FZ, |fp| fp.div::<Single>(s(1.0), tiny)), (s(f32::INFINITY), DZC | IDC));
    assert_eq!(run(fpcr::FZ, |fp| fp.compare_eq::<Single>(tiny, 0)), (true, IDC));
    assert_eq!(run(fpcr::FZ, |fp| fp.max::<Single>(tiny, s(-1.0))), (0, IDC));
    // Rounds up to normal, but is tiny before that.
    let below_one = d(1.0 - f64::EPSILON / 2.0);
    let product = run(fpcr::FZ, |fp| fp.mul::<Double>(d(f64::MIN_POSITIVE), below_one));
    assert_eq!(product, (0, UFC));
    // Halves have their own control, and flushed operands of theirs are not reported.
    assert_eq!(run(fpcr::FZ, |fp| fp.add::<Half>(1, 1)), (2, 0));
    assert_eq!(run(fpcr::FZ16, |fp| fp.add::<Half>(1, 0x3c00)), (0x3c00, 0));
    assert_eq!(run(fpcr::FZ16, |fp| fp.mul::<Half>(0x0400, 0x3800)), (0, UFC));
    assert_eq!(run(fpcr::FZ16, |fp| fp.add::<Single>(tiny, tiny)), (2, 0));
}

#[test]
fn conversions_between_formats_do_not_flush_halves() {
    let both = fpcr::FZ | fpcr::FZ16;
    let narrow = |x| run(both, |fp| fp.convert::<Single, Half>(x, fp.rounding()));
    assert_eq!(narrow(s(2f32.powi(-24))), (1, 0));
    assert_eq!(narrow(1), (0, IDC));
    let widen = run(both, |fp| fp.convert::<Half, Single>(1, fp.rounding()));
    assert_eq!(widen, (s(2f32.powi(-24)), 0));
}

#[test]
fn the_alternative_half_format_has_a_binade_more() {
    let narrow = |x| run(fpcr::AHP, |fp| fp.convert::<Single, Half>(x, fp.rounding()));
    assert_eq!(narrow(s(65536.0)), (0x7c00, 0));
    assert_eq!(narrow(s(131_008.0)), (0x7fff, 0));
    assert_eq!(narrow(s(-131_072.0)), (0xffff, IOC));
    assert_eq!(narrow(s(131_071.0)), (0x7fff, IOC));
    let widen = |x| run(fpcr::AHP, |fp| fp.convert::<Half, Single>(x, fp.rounding()));
    assert_eq!(widen(0x7fff), (s(131_008.0), 0));
    // Arithmetic on halves does not know it.
    let sum = run(fpcr::AHP, |fp| fp.add::<Half>(0x7c00, 0x3c00));
    assert_eq!(sum, (0x7c00, 0));
}

#[test]
fn odd_rounding_makes_double_rounding_safe() {
    // Just above a tie between two halves; single precision alone would round down to the tie.
    let x = 1.0 + 2f64.powi(-11) + 2f64.powi(-40);
    let to_single = |rounding| run(RNE, |fp| fp.convert::<Double, Single>(d(x), rounding));
    let to_half = |x| run(RNE, |fp| fp.convert::<Single, Half>(x, fp.rounding())).0;
    assert_eq!(to_half(to_single(Rounding::TieEven).0), 0x3c00);
    assert_eq!(to_single(Rounding::Odd), (s(1.0 + 2f32.powi(-11)) | 1, IXC));
    assert_eq!(to_half(to_single(Rounding::Odd).0), 0x3c01);
    let huge = run(RNE, |fp| fp.convert::<Double, Single>(d(1e300), Rounding::Odd));
    assert_eq!(huge, (s(f32::MAX), OFC | IXC));
}

#[test]
fn a_fused_multiply_add_rounds_once() {
    // (1 + e)² - 1 - 2e is e², which rounding the product first would lose.
    let (e, x) = (f64::EPSILON, d(1.0 + f64::EPSILON));
    let result = run(RNE, |fp| fp.mul_add::<Double>(d(-1.0 - 2.0 * e), x, x));
    assert_eq!(result, (d(e * e), 0));
    // A tie that only an addend far below the last place breaks.
    let (x, y) = (1.0 + 2f64.powi(-26), 1.0 + 2f64.powi(-27));
    let even = 1.0 + 2f64.powi(-26) + 2f64.powi(-27);
    let fma = |addend| run(RNE, |fp| fp.mul_add::<Double>(addend, d(x), d(y)));
    assert_eq!(fma(0), (d(even), IXC));
    assert_eq!(fma(1), (d(even) + 1, IXC));
    assert_eq!(fma(1 | Double::SIGN), (d(even), IXC));
}

// ---- Integers and fixed point ----

#[test]
fn conversions_to_integers_saturate() {
    let fixed = |x, fbits, bits, unsigned| {
        run(RNE, |fp| fp.fp_to_fixed::<Double>(d(x), fbits, bits, unsigned, Rounding::Zero))
    };
    assert_eq!(fixed(f64::INFINITY, 0, 64, false), (i64::MAX as u64, IOC));
    assert_eq!(fixed(-f64::INFINITY, 0, 64, true), (0, IOC));
    assert_eq!(fixed(f64::NAN, 0, 32, false), (0, IOC));
    assert_eq!(fixed(2f64.powi(63), 0, 64, false), (i64::MAX as u64, IOC));
    assert_eq!(fixed(-(2f64.powi(63)), 0, 64, false), (1 << 63, 0));
    assert_eq!(fixed(-2_147_483_648.9, 0, 32, false), (0x8000_0000, IXC));
    assert_eq!(fixed(-2_147_483_649.0, 0, 32, false), (0x8000_0000, IOC));
    assert_eq!(fixed(-0.9, 0, 32, true), (0, IXC));
    assert_eq!(fixed(-1.0, 0, 32, true), (0, IOC));
    assert_eq!(fixed(1.75, 1, 32, true), (3, IXC));
    assert_eq!(fixed(0.5, 64, 64, true), (1 << 63, 0));
    assert_eq!(fixed(1.0, 64, 64, true), (u64::MAX, IOC));
    let away = run(RNE, |fp| fp.fp_to_fixed::<Double>(d(-2.5), 0, 32, false, Rounding::TieAway));
    assert_eq!(away, (u64::from(-3i32 as u32), IXC));
    assert_eq!(
        run(RNE, |fp| fp.fp_to_fixed::<Half>(0xfbff, 0, 16, false, Rounding::Zero)),
        (0x8000, IOC)
    );
}

#[test]
fn conversions_from_fixed_point_round_once() {
    let from = |fpcr, n: u64, fbits| run(fpcr, |fp| fp.fixed_to_fp::<Half>(n, fbits, 64, true));
    assert_eq!(from(RNE, 1, 64), (0, UFC | IXC));
    assert_eq!(from(RP, 1, 64), (1, UFC | IXC));
    assert_eq!(from(RNE, 1, 20), (0x0010, 0));
    assert_eq!(from(fpcr::FZ16, 1, 20), (0, UFC));
    assert_eq!(from(RNE, 65520, 0), (0x7c00, OFC | IXC));
    assert_eq!(from(RZ, 65520, 0), (0x7bff, IXC));
    assert_eq!(from(RZ, 65536, 0), (0x7bff, OFC | IXC));
    assert_eq!(from(RNE, u64::MAX, 64), (0x3c00, IXC));
    let negative = run(RNE, |fp| fp.fixed_to_fp::<Half>(0x8000, 15, 16, false));
    assert_eq!(negative, (0xbc00, 0));
}

#[test]
fn ecmascript_conversion_is_modulo_2_to_the_32() {
    let js = |x: f64| run(RNE, |fp| fp.fp_to_fixed_js(d(x)));
    assert_eq!(js(-5.0), ((-5i32 as u32, true), 0));
    assert_eq!(js(-5.5), ((-5i32 as u32, false), IXC));
    assert_eq!(js(4_294_967_301.0), ((5, false), IOC));
    assert_eq!(js(-4_294_967_301.5), ((-5i32 as u32, false), IOC));
    assert_eq!(js(-2_147_483_648.0), ((0x8000_0000, true), 0));
    assert_eq!(js(2_147_483_648.0), ((0x8000_0000, false), IOC));
    assert_eq!(js(2f64.powi(84) + 2f64.powi(32)), ((0, false), IOC));
    assert_eq!(js(2f64.powi(83) + 2f64.powi(31)), ((0x8000_0000, false), IOC));
    assert_eq!(js(f64::INFINITY), ((0, false), IOC));
    assert_eq!(js(0.0), ((0, true), 0));
    assert_eq!(js(-0.0), ((0, false), 0));
    assert_eq!(run(fpcr::FZ, |fp| fp.fp_to_fixed_js(1)), ((0, false), IDC));
}

#[test]
fn rounding_to_a_sized_integral_value_refuses_what_does_not_fit() {
    let round =
        |x: f64, bits| run(RNE, |fp| fp.round_int_n::<Double>(d(x), Rounding::TieEven, bits));
    let min32 = d(-(2f64.powi(31)));
    assert_eq!(round(2.5, 32), (d(2.0), IXC));
    assert_eq!(round(-0.25, 32), (d(-0.0), IXC));
    assert_eq!(round(2_147_483_647.5, 32), (min32, IOC));
    assert_eq!(round(-2_147_483_648.5, 32), (min32, IXC));
    assert_eq!(round(-2_147_483_649.0, 32), (min32, IOC));
    assert_eq!(round(f64::NAN, 32), (min32, IOC));
    assert_eq!(round(f64::INFINITY, 64), (d(-(2f64.powi(63))), IOC));
    assert_eq!(round(2f64.powi(62), 64), (d(2f64.powi(62)), 0));
}

// ---- Estimates ----

#[test]
fn estimates_are_good_to_eight_bits() {
    let mut random = Random(3);
    for _ in 0..100_000 {
        let x = random.operand::<Single>();
        let value = f64::from(f32::from_bits(x as u32));
        if !(2f64.powi(-125)..2f64.powi(125)).contains(&value) {
            continue;
        }
        let estimate = |op: fn(&mut Fp, u64) -> u64| {
            f64::from(f32::from_bits(run(RNE, |fp| op(fp, x)).0 as u32))
        };
        let recip = estimate(Fp::recip_estimate::<Single>) * value - 1.0;
        let rsqrt = estimate(Fp::rsqrt_estimate::<Single>) * value.sqrt() - 1.0;
        assert!(recip.abs() < 1.0 / 256.0 && rsqrt.abs() < 1.0 / 256.0, "{value}");
    }
}

#[test]
fn estimates_at_the_ends_of_the_range() {
    let recip = |fpcr, x| run(fpcr, |fp| fp.recip_estimate::<Single>(x));
    let rsqrt = |fpcr, x| run(fpcr, |fp| fp.rsqrt_estimate::<Single>(x));
    let inf = s(f32::INFINITY);
    assert_eq!(recip(RNE, s(-0.0)), (inf | Single::SIGN, DZC));
    assert_eq!(recip(RNE, 1), (inf, OFC | IXC));
    assert_eq!(recip(RZ, 1), (s(f32::MAX), OFC | IXC));
    assert_eq!(recip(fpcr::FZ, 1), (inf, DZC | IDC));
    assert_eq!(recip(RNE, s(-f32::INFINITY)), (s(-0.0), 0));
    // 1/2^126 and 1/2^127, by the table: 511/256 of a power of two, denormal.
    assert_eq!(recip(RNE, s(2f32.powi(126))), (0x007f_c000, 0));
    assert_eq!(recip(RNE, s(2f32.powi(127))), (0x003f_e000, 0));
    assert_eq!(recip(fpcr::FZ, s(2f32.powi(126))), (0, UFC));
    assert_eq!(rsqrt(RNE, s(-1.0)), (Single::DEFAULT_NAN, IOC));
    assert_eq!(rsqrt(RNE, s(-0.0)), (inf | Single::SIGN, DZC));
    assert_eq!(rsqrt(RNE, inf), (0, 0));
    assert_eq!(run(RNE, |fp| fp.recip_exponent::<Single>(s(-1.5))), (s(-2.0), 0));
    assert_eq!(run(RNE, |fp| fp.recip_exponent::<Single>(1)), (0x7f00_0000, 0));
    assert_eq!(run(RNE, |fp| fp.mulx::<Single>(s(-0.0), inf)), (s(-2.0), 0));
    assert_eq!(run(RNE, |fp| fp.rsqrt_step::<Single>(0, inf)), (s(1.5), 0));
}

#[test]
fn estimate_tables_match_the_manuals_formulas() {
    // The loops of RecipEstimate and RecipSqrtEstimate, word for word.
    for a in 256..512u32 {
        let b = (1 << 19) / (a * 2 + 1);
        assert_eq!(estimate::unsigned_recip(a << 23), b.div_ceil(2) << 23);
    }
    for a in 128..512u32 {
        let scaled = u64::from(if a < 256 { a * 2 + 1 } else { (a / 2 * 2 + 1) * 2 });
        let mut b = 512;
        while scaled * (b + 1) * (b + 1) < 1 << 28 {
            b += 1;
        }
        assert_eq!(estimate::unsigned_rsqrt(a << 23), (b as u32).div_ceil(2) << 23);
    }
    assert_eq!(estimate::unsigned_recip(0x7fff_ffff), u32::MAX);
    assert_eq!(estimate::unsigned_rsqrt(0x3fff_ffff), u32::MAX);
}

#[test]
fn immediates_expand_to_small_numbers() {
    assert_eq!(Double::expand_imm(0x70), d(1.0));
    assert_eq!(Double::expand_imm(0x80), d(-2.0));
    assert_eq!(Single::expand_imm(0x3f), s(31.0));
    assert_eq!(Single::expand_imm(0x40), s(0.125));
    assert_eq!(Half::expand_imm(0xff), 0xbfc0);
}
