//! Translations have no instruction that the processor may lack. That they run here shows nothing: this
//! processor may have more than was asked for.

use iced_x86::{CpuidFeature, Decoder, DecoderOptions};
use jit::a64::{Insn, PATTERNS};
use jit::region::analysis::Analysis;
use jit::region::discover::Discovery;
use jit::runtime::stubs::Stubs;
use jit::translate::{Features, Mode, lines, translate};
use jit::x64::Asm;

use crate::blocks::Rng;

/// Level x86-64-v3, as far as the translator uses it.
const LEVEL: [CpuidFeature; 23] = [
    CpuidFeature::INTEL8086,
    CpuidFeature::INTEL186,
    CpuidFeature::INTEL286,
    CpuidFeature::INTEL386,
    CpuidFeature::INTEL486,
    CpuidFeature::X64,
    CpuidFeature::CMOV,
    CpuidFeature::CX8,
    CpuidFeature::CMPXCHG16B,
    CpuidFeature::SSE,
    CpuidFeature::SSE2,
    CpuidFeature::SSE3,
    CpuidFeature::SSSE3,
    CpuidFeature::SSE4_1,
    CpuidFeature::SSE4_2,
    CpuidFeature::AVX,
    CpuidFeature::AVX2,
    CpuidFeature::BMI1,
    CpuidFeature::BMI2,
    CpuidFeature::F16C,
    CpuidFeature::FMA,
    CpuidFeature::LZCNT,
    // A prefix of NOP, where there is none.
    CpuidFeature::PAUSE,
];

/// Words of each line of the decoder table.
const WORDS: usize = 200;
/// Where the guest's and the host's code stand.
const GUEST: u64 = 0x40_0000;
const HOST: usize = 0x10_0000;
const RET: u32 = 0xd65f_03c0;

#[test]
fn translations_need_no_more_than_the_processor_has() {
    for (features, extension) in [
        (Features::NONE, None),
        (Features::AES, Some(CpuidFeature::AES)),
        (Features::CLMUL, Some(CpuidFeature::PCLMULQDQ)),
        (Features::SHA, Some(CpuidFeature::SHA)),
    ] {
        let mode = Mode { features, ..Mode::default() };
        let mut used = false;
        for pattern in PATTERNS {
            let mut rng = Rng(u64::from(pattern.value));
            for _ in 0..WORDS {
                let word = rng.next() as u32 & !pattern.mask | pattern.value;
                for feature in needed(&[word, RET], mode) {
                    used |= Some(feature) == extension;
                    let is_there = LEVEL.contains(&feature) || Some(feature) == extension;
                    assert!(is_there, "{} {word:#010x} needs {feature:?}", pattern.name);
                }
            }
        }
        assert_eq!(used, extension.is_some(), "{extension:?}");
    }
}

/// What the translation of `words` needs.
fn needed(words: &[u32], mode: Mode) -> Vec<CpuidFeature> {
    let fetch = |pc: u64| words.get(pc.checked_sub(GUEST)? as usize / 4).copied();
    let uses = |op, insn: Insn| lines::uses(op, insn, mode);
    let region =
        Discovery::default().discover(GUEST, fetch, uses, |_| true).expect("there is code");
    let mut analysis = Analysis::new(&region, |_| false);
    let mut asm = Asm::new(HOST);
    let translation = translate(&mut asm, mode, &region, &mut analysis, &Stubs::default(), 0);
    let code = &asm.finish()[..translation.instructions];
    let decoder = Decoder::with_ip(64, code, HOST as u64, DecoderOptions::NONE);
    decoder.into_iter().flat_map(|instruction| instruction.cpuid_features().to_vec()).collect()
}
