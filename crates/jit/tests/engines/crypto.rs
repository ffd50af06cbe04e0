//! The cryptography instructions against the standards' own examples.
//!
//! Each test is the algorithm as software writes it with these instructions, one engine run per
//! instruction.

use crate::machine::Machine;

/// Runs the instruction `word`, which has `V0` as its destination and `V1` and `V2` as its other
/// registers.
fn op(machine: &mut Machine, word: u32, [d, n, m]: [u128; 3]) -> u128 {
    machine.regs.v[..3].copy_from_slice(&[d, n, m]);
    machine.run(&[word]);
    machine.regs.v[0]
}

// ---- AES ----

const AESE: u32 = 0x4e28_4820; // aese v0.16b, v1.16b
const AESD: u32 = 0x4e28_5820; // aesd v0.16b, v1.16b
const AESMC: u32 = 0x4e28_6820; // aesmc v0.16b, v1.16b
const AESIMC: u32 = 0x4e28_7820; // aesimc v0.16b, v1.16b

/// FIPS 197 section 5.2, for 128-bit keys. `SubWord()` is AESE with a zero key on four equal
/// columns, which ShiftRows leaves as they are.
fn round_keys(machine: &mut Machine, key: [u8; 16]) -> Vec<u128> {
    let mut words: Vec<u32> =
        key.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect();
    let mut round_constant = 1;
    for i in 4..44 {
        let mut word = words[i - 1];
        if i % 4 == 0 {
            let columns = u128::from(word) * 0x1_0000_0001_0000_0001_0000_0001;
            word = (op(machine, AESE, [columns, 0, 0]) as u32).rotate_right(8) ^ round_constant;
            round_constant = round_constant << 1 ^ if round_constant == 0x80 { 0x11b } else { 0 };
        }
        words.push(words[i - 4] ^ word);
    }
    words.chunks_exact(4).map(from_words).collect()
}

fn from_words(words: &[u32]) -> u128 {
    words.iter().rev().fold(0, |v, &word| v << 32 | u128::from(word))
}

/// FIPS 197 appendix C.1, and back again by the equivalent inverse cipher (section 5.3.5).
#[test]
fn aes_128_of_the_standard() {
    let mut machine = Machine::new();
    let keys = round_keys(&mut machine, std::array::from_fn(|n| n as u8));
    let plaintext = u128::from_le_bytes(std::array::from_fn(|n| 0x11 * n as u8));
    let mut state = plaintext;
    for key in &keys[..9] {
        state = op(&mut machine, AESE, [state, *key, 0]);
        state = op(&mut machine, AESMC, [0, state, 0]);
    }
    state = op(&mut machine, AESE, [state, keys[9], 0]) ^ keys[10];
    assert_eq!(state.to_be(), 0x69c4_e0d8_6a7b_0430_d8cd_b780_70b4_c55a);
    let mut key = keys[10];
    for round in (0..10).rev() {
        state = op(&mut machine, AESD, [state, key, 0]);
        if round == 0 {
            state ^= keys[0];
        } else {
            state = op(&mut machine, AESIMC, [0, state, 0]);
            key = op(&mut machine, AESIMC, [0, keys[round], 0]);
        }
    }
    assert_eq!(state, plaintext);
}

// ---- SHA ----

/// The length that ends the only block of the message "abc".
const ABC_BITS: u128 = 24;

/// `sha1c`, `sha1p`, `sha1m` q0, s1, v2.4s.
const SHA1_ROUNDS: [u32; 4] = [0x5e02_0020, 0x5e02_1020, 0x5e02_2020, 0x5e02_1020];
const SHA1_CONSTANTS: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];
const SHA1H: u32 = 0x5e28_0820; // sha1h s0, s1
const SHA1SU0: u32 = 0x5e02_3020; // sha1su0 v0.4s, v1.4s, v2.4s
const SHA1SU1: u32 = 0x5e28_1820; // sha1su1 v0.4s, v1.4s
const ADD_4S: u32 = 0x4ea2_8420; // add v0.4s, v1.4s, v2.4s

fn splat(word: u32) -> u128 {
    from_words(&[word; 4])
}

/// FIPS 180 example: SHA-1 of "abc".
#[test]
fn sha_1_of_abc() {
    let mut machine = Machine::new();
    let m = &mut machine;
    let start = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let (mut abcd, mut e) = (from_words(&start), 0xc3d2_e1f0);
    let mut w = vec![0x6162_6380, 0, 0, ABC_BITS << 96];
    for group in 0..20 {
        if group >= 4 {
            let half = op(m, SHA1SU0, [w[group - 4], w[group - 3], w[group - 2]]);
            let next = op(m, SHA1SU1, [half, w[group - 1], 0]);
            w.push(next);
        }
        let sum = op(m, ADD_4S, [0, w[group], splat(SHA1_CONSTANTS[group / 5])]);
        let next_e = op(m, SHA1H, [0, abcd, 0]);
        abcd = op(m, SHA1_ROUNDS[group / 5], [abcd, e, sum]);
        e = next_e;
    }
    let digest = op(m, ADD_4S, [0, abcd, from_words(&start)]);
    assert_eq!(digest, from_words(&[0xa999_3e36, 0x4706_816a, 0xba3e_2571, 0x7850_c26c]));
    assert_eq!((e as u32).wrapping_add(0xc3d2_e1f0), 0x9cd0_d89d);
}

const SHA256H: u32 = 0x5e02_4020; // sha256h q0, q1, v2.4s
const SHA256H2: u32 = 0x5e02_5020; // sha256h2 q0, q1, v2.4s
const SHA256SU0: u32 = 0x5e28_2820; // sha256su0 v0.4s, v1.4s
const SHA256SU1: u32 = 0x5e02_6020; // sha256su1 v0.4s, v1.4s, v2.4s

/// FIPS 180 example: SHA-256 of "abc".
#[test]
fn sha_256_of_abc() {
    let mut machine = Machine::new();
    let m = &mut machine;
    let start = [
        from_words(&[0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a]),
        from_words(&[0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19]),
    ];
    let [mut abcd, mut efgh] = start;
    let mut w = vec![0x6162_6380, 0, 0, ABC_BITS << 96];
    for group in 0..16 {
        if group >= 4 {
            let half = op(m, SHA256SU0, [w[group - 4], w[group - 3], 0]);
            let next = op(m, SHA256SU1, [half, w[group - 2], w[group - 1]]);
            w.push(next);
        }
        // The high halves of the SHA-512 constants.
        let k: Vec<u32> = K[4 * group..][..4].iter().map(|k| (k >> 32) as u32).collect();
        let sum = op(m, ADD_4S, [0, w[group], from_words(&k)]);
        let old = abcd;
        abcd = op(m, SHA256H, [abcd, efgh, sum]);
        efgh = op(m, SHA256H2, [efgh, old, sum]);
    }
    let end = [abcd, efgh];
    let digest = [0, 1].map(|n| op(m, ADD_4S, [0, end[n], start[n]]));
    assert_eq!(digest[0], from_words(&[0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223]));
    assert_eq!(digest[1], from_words(&[0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad]));
}

const SHA512H: u32 = 0xce62_8020; // sha512h q0, q1, v2.2d
const SHA512H2: u32 = 0xce62_8420; // sha512h2 q0, q1, v2.2d
const SHA512SU0: u32 = 0xcec0_8020; // sha512su0 v0.2d, v1.2d
const SHA512SU1: u32 = 0xce62_8820; // sha512su1 v0.2d, v1.2d, v2.2d
const EXT_8: u32 = 0x6e02_4020; // ext v0.16b, v1.16b, v2.16b, #8
const ADD_2D: u32 = 0x4ee2_8420; // add v0.2d, v1.2d, v2.2d

/// FIPS 180 example: SHA-512 of "abc".
#[test]
fn sha_512_of_abc() {
    let mut machine = Machine::new();
    let m = &mut machine;
    let pair = |low: u64, high: u64| u128::from(high) << 64 | u128::from(low);
    let start = [
        pair(0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b),
        pair(0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1),
        pair(0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f),
        pair(0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179),
    ];
    let [mut ab, mut cd, mut ef, mut gh] = start;
    let mut w = vec![0x6162_6380 << 32, 0, 0, 0, 0, 0, 0, ABC_BITS << 64];
    for rounds in 0..40 {
        if rounds >= 8 {
            let half = op(m, SHA512SU0, [w[rounds - 8], w[rounds - 7], 0]);
            let w9 = op(m, EXT_8, [0, w[rounds - 4], w[rounds - 3]]);
            let next = op(m, SHA512SU1, [half, w[rounds - 1], w9]);
            w.push(next);
        }
        let sum = op(m, ADD_2D, [0, w[rounds], pair(K[2 * rounds], K[2 * rounds + 1])]);
        // The first round takes its h and its word from the upper half.
        let swapped = op(m, EXT_8, [0, sum, sum]);
        let added = op(m, ADD_2D, [0, gh, swapped]);
        let fg = op(m, EXT_8, [0, ef, gh]);
        let de = op(m, EXT_8, [0, cd, ef]);
        let t1 = op(m, SHA512H, [added, fg, de]);
        let next_ef = op(m, ADD_2D, [0, cd, t1]);
        (gh, ef, cd, ab) = (ef, next_ef, ab, op(m, SHA512H2, [t1, cd, ab]));
    }
    let end = [ab, cd, ef, gh];
    let digest = [0, 1, 2, 3].map(|n| op(m, ADD_2D, [0, end[n], start[n]]));
    assert_eq!(
        digest,
        [
            pair(0xddaf_35a1_9361_7aba, 0xcc41_7349_ae20_4131),
            pair(0x12e6_fa4e_89a9_7ea2, 0x0a9e_eee6_4b55_d39a),
            pair(0x2192_992a_274f_c1a8, 0x36ba_3c23_a3fe_ebbd),
            pair(0x454d_4423_643c_e80e, 0x2a9a_c94f_a54c_a49f),
        ]
    );
}

/// FIPS 180-4 section 4.2.3: the fractional parts of the cube roots of the first 80 primes.
#[rustfmt::skip]
const K: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];

#[test]
fn sha_3_helpers() {
    let mut machine = Machine::new();
    let m = &mut machine;
    // Ra is V3 in these two.
    m.regs.v[3] = 0b1010;
    assert_eq!(op(m, 0xce02_0c20, [0, 0b1101, 0b0110]), 0b0001); // eor3
    m.regs.v[3] = 0b1010;
    assert_eq!(op(m, 0xce22_0c20, [0, 0b1101, 0b0110]), 0b1001); // bcax
    let (n, top) = (0xff << 64, 1 << 127 | 1 << 63);
    assert_eq!(op(m, 0xce62_8c20, [0, n, top]), 0xfe << 64 | 1); // rax1
    assert_eq!(op(m, 0xce82_0420, [0, 1 << 64, 1]), 1 << 127 | 1 << 63); // xar #1
}
