//! `AT_HWCAP` and `AT_HWCAP2`: the processor that guests are told of.
//!
//! What an Apple M1 offers, less pointer authentication, whose instructions in the hint space are
//! no-ops here (`asm/hwcap.h`).

/// Names of `AT_HWCAP` bits from bit 0 on, as `/proc/cpuinfo` prints them, and whether we offer
/// them.
const HWCAP_BITS: &[(&str, bool)] = &[
    ("fp", true),
    ("asimd", true),
    ("evtstrm", false),
    ("aes", true),
    ("pmull", true),
    ("sha1", true),
    ("sha2", true),
    ("crc32", true),
    ("atomics", true),
    ("fphp", true),
    ("asimdhp", true),
    ("cpuid", true),
    ("asimdrdm", true),
    ("jscvt", true),
    ("fcma", true),
    ("lrcpc", true),
    ("dcpop", true),
    ("sha3", true),
    ("sm3", false),
    ("sm4", false),
    ("asimddp", true),
    ("sha512", true),
    ("sve", false),
    ("asimdfhm", true),
    ("dit", true),
    ("uscat", true),
    ("ilrcpc", true),
    ("flagm", true),
    ("ssbs", true),
    ("sb", true),
];

const HWCAP2_BITS: &[(&str, bool)] = &[
    ("dcpodp", false),
    ("sve2", false),
    ("sveaes", false),
    ("svepmull", false),
    ("svebitperm", false),
    ("svesha3", false),
    ("svesm4", false),
    ("flagm2", true),
    ("frint", true),
];

const fn word(bits: &[(&str, bool)]) -> u64 {
    let (mut word, mut i) = (0, 0);
    while i < bits.len() {
        word |= (bits[i].1 as u64) << i;
        i += 1;
    }
    word
}

/// `AT_HWCAP`.
pub const HWCAP: u64 = word(HWCAP_BITS);
/// `AT_HWCAP2`.
pub const HWCAP2: u64 = word(HWCAP2_BITS);

/// `MIDR_EL1`: a Neoverse N1, revision r4p1 (Arm 100616), whose features are among those offered. C
/// libraries choose their string functions by it, and for this one they choose those that use vector
/// registers: half the instructions, which is what counts for a translator.
pub const MIDR: u32 = 0x414f_d0c1;

/// The `Features` line of `/proc/cpuinfo`.
pub fn features() -> String {
    let offered = HWCAP_BITS.iter().chain(HWCAP2_BITS).filter(|bit| bit.1).map(|bit| bit.0);
    offered.collect::<Vec<_>>().join(" ")
}
