//! The VEX-encoded vector instructions that the translator emits, as data.
//!
//! Names are Intel's. All work on 128 bits. Where an instruction has an immediate form of a shift,
//! the name ends in `_IMM`; stores and moves to general registers, whose operands are the other
//! way round, say `_STORE` or `_TO_GPR`.
#![allow(missing_docs)]

/// An instruction: opcode map (1 = 0F, 2 = 0F 38, 3 = 0F 3A), mandatory prefix (0 none, 1 = 66,
/// 2 = F3, 3 = F2), W, L, opcode, and the `/digit` of immediate shifts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VOp {
    pub(super) map: u8,
    pub(super) pp: u8,
    pub(super) w: bool,
    pub(super) l: bool,
    pub(super) opcode: u8,
    pub(super) digit: u8,
}

const fn v(map: u8, pp: u8, opcode: u8) -> VOp {
    VOp { map, pp, w: false, l: false, opcode, digit: 0 }
}

const fn w1(map: u8, pp: u8, opcode: u8) -> VOp {
    VOp { w: true, ..v(map, pp, opcode) }
}

const fn digit(opcode: u8, digit: u8) -> VOp {
    VOp { digit, ..v(1, 1, opcode) }
}

// ---- Moves ----
pub const VMOVDQU: VOp = v(1, 2, 0x6f);
pub const VMOVDQU_STORE: VOp = v(1, 2, 0x7f);
pub const VMOVDQA: VOp = v(1, 1, 0x6f);
/// Between registers or from memory: the low 64 bits, the rest zero.
pub const VMOVQ: VOp = v(1, 2, 0x7e);
pub const VMOVQ_STORE: VOp = v(1, 1, 0xd6);
/// From memory: the low 32 bits, the rest zero.
pub const VMOVD_LOAD: VOp = v(1, 1, 0x6e);
pub const VMOVD_STORE: VOp = v(1, 1, 0x7e);
pub const VMOVD_FROM_GPR: VOp = v(1, 1, 0x6e);
pub const VMOVQ_FROM_GPR: VOp = w1(1, 1, 0x6e);
pub const VMOVD_TO_GPR: VOp = v(1, 1, 0x7e);
pub const VMOVQ_TO_GPR: VOp = w1(1, 1, 0x7e);
pub const VPINSRB: VOp = v(3, 1, 0x20);
pub const VPINSRW: VOp = v(1, 1, 0xc4);
pub const VPINSRD: VOp = v(3, 1, 0x22);
pub const VPINSRQ: VOp = w1(3, 1, 0x22);
pub const VPEXTRB: VOp = v(3, 1, 0x14);
pub const VPEXTRW: VOp = v(3, 1, 0x15);
pub const VPEXTRD: VOp = v(3, 1, 0x16);
pub const VPEXTRQ: VOp = w1(3, 1, 0x16);
pub const VINSERTPS: VOp = v(3, 1, 0x21);
pub const VMOVMSKPS: VOp = v(1, 0, 0x50);
pub const VMOVMSKPD: VOp = v(1, 1, 0x50);
pub const VPMOVMSKB: VOp = v(1, 1, 0xd7);

// ---- Integer arithmetic ----
pub const VPADDB: VOp = v(1, 1, 0xfc);
pub const VPADDW: VOp = v(1, 1, 0xfd);
pub const VPADDD: VOp = v(1, 1, 0xfe);
pub const VPADDQ: VOp = v(1, 1, 0xd4);
pub const VPSUBB: VOp = v(1, 1, 0xf8);
pub const VPSUBW: VOp = v(1, 1, 0xf9);
pub const VPSUBD: VOp = v(1, 1, 0xfa);
pub const VPSUBQ: VOp = v(1, 1, 0xfb);
pub const VPADDSB: VOp = v(1, 1, 0xec);
pub const VPADDSW: VOp = v(1, 1, 0xed);
pub const VPADDUSB: VOp = v(1, 1, 0xdc);
pub const VPADDUSW: VOp = v(1, 1, 0xdd);
pub const VPSUBSB: VOp = v(1, 1, 0xe8);
pub const VPSUBSW: VOp = v(1, 1, 0xe9);
pub const VPSUBUSB: VOp = v(1, 1, 0xd8);
pub const VPSUBUSW: VOp = v(1, 1, 0xd9);
pub const VPAVGB: VOp = v(1, 1, 0xe0);
pub const VPAVGW: VOp = v(1, 1, 0xe3);
pub const VPMULLW: VOp = v(1, 1, 0xd5);
pub const VPMULLD: VOp = v(2, 1, 0x40);
pub const VPMULHW: VOp = v(1, 1, 0xe5);
pub const VPMULHUW: VOp = v(1, 1, 0xe4);
pub const VPMULHRSW: VOp = v(2, 1, 0x0b);
pub const VPMULDQ: VOp = v(2, 1, 0x28);
pub const VPMULUDQ: VOp = v(1, 1, 0xf4);
pub const VPMADDWD: VOp = v(1, 1, 0xf5);
pub const VPMADDUBSW: VOp = v(2, 1, 0x04);
pub const VPSADBW: VOp = v(1, 1, 0xf6);
pub const VPMAXSB: VOp = v(2, 1, 0x3c);
pub const VPMAXSW: VOp = v(1, 1, 0xee);
pub const VPMAXSD: VOp = v(2, 1, 0x3d);
pub const VPMAXUB: VOp = v(1, 1, 0xde);
pub const VPMAXUW: VOp = v(2, 1, 0x3e);
pub const VPMAXUD: VOp = v(2, 1, 0x3f);
pub const VPMINSB: VOp = v(2, 1, 0x38);
pub const VPMINSW: VOp = v(1, 1, 0xea);
pub const VPMINSD: VOp = v(2, 1, 0x39);
pub const VPMINUB: VOp = v(1, 1, 0xda);
pub const VPMINUW: VOp = v(2, 1, 0x3a);
pub const VPMINUD: VOp = v(2, 1, 0x3b);
pub const VPABSB: VOp = v(2, 1, 0x1c);
pub const VPABSW: VOp = v(2, 1, 0x1d);
pub const VPABSD: VOp = v(2, 1, 0x1e);

// ---- Comparison and logic ----
pub const VPCMPEQB: VOp = v(1, 1, 0x74);
pub const VPCMPEQW: VOp = v(1, 1, 0x75);
pub const VPCMPEQD: VOp = v(1, 1, 0x76);
pub const VPCMPEQQ: VOp = v(2, 1, 0x29);
pub const VPCMPGTB: VOp = v(1, 1, 0x64);
pub const VPCMPGTW: VOp = v(1, 1, 0x65);
pub const VPCMPGTD: VOp = v(1, 1, 0x66);
pub const VPCMPGTQ: VOp = v(2, 1, 0x37);
pub const VPAND: VOp = v(1, 1, 0xdb);
/// `!a & b`.
pub const VPANDN: VOp = v(1, 1, 0xdf);
pub const VPOR: VOp = v(1, 1, 0xeb);
pub const VPXOR: VOp = v(1, 1, 0xef);
pub const VPTEST: VOp = v(2, 1, 0x17);
pub const VPBLENDVB: VOp = v(3, 1, 0x4c);
pub const VPBLENDW: VOp = v(3, 1, 0x0e);
pub const VPBLENDD: VOp = v(3, 1, 0x02);

// ---- Shifts ----
pub const VPSLLW_IMM: VOp = digit(0x71, 6);
pub const VPSRLW_IMM: VOp = digit(0x71, 2);
pub const VPSRAW_IMM: VOp = digit(0x71, 4);
pub const VPSLLD_IMM: VOp = digit(0x72, 6);
pub const VPSRLD_IMM: VOp = digit(0x72, 2);
pub const VPSRAD_IMM: VOp = digit(0x72, 4);
pub const VPSLLQ_IMM: VOp = digit(0x73, 6);
pub const VPSRLQ_IMM: VOp = digit(0x73, 2);
pub const VPSLLDQ_IMM: VOp = digit(0x73, 7);
pub const VPSRLDQ_IMM: VOp = digit(0x73, 3);
pub const VPSLLVD: VOp = v(2, 1, 0x47);
pub const VPSLLVQ: VOp = w1(2, 1, 0x47);
pub const VPSRLVD: VOp = v(2, 1, 0x45);
pub const VPSRLVQ: VOp = w1(2, 1, 0x45);
pub const VPSRAVD: VOp = v(2, 1, 0x46);

// ---- Shuffles, packs, extensions ----
pub const VPSHUFB: VOp = v(2, 1, 0x00);
pub const VPSHUFD: VOp = v(1, 1, 0x70);
pub const VSHUFPS: VOp = v(1, 0, 0xc6);
pub const VSHUFPD: VOp = v(1, 1, 0xc6);
pub const VPALIGNR: VOp = v(3, 1, 0x0f);
pub const VPUNPCKLBW: VOp = v(1, 1, 0x60);
pub const VPUNPCKLWD: VOp = v(1, 1, 0x61);
pub const VPUNPCKLDQ: VOp = v(1, 1, 0x62);
pub const VPUNPCKLQDQ: VOp = v(1, 1, 0x6c);
pub const VPUNPCKHBW: VOp = v(1, 1, 0x68);
pub const VPUNPCKHWD: VOp = v(1, 1, 0x69);
pub const VPUNPCKHDQ: VOp = v(1, 1, 0x6a);
pub const VPUNPCKHQDQ: VOp = v(1, 1, 0x6d);
pub const VPACKSSDW: VOp = v(1, 1, 0x6b);
pub const VPACKUSWB: VOp = v(1, 1, 0x67);
pub const VPACKUSDW: VOp = v(2, 1, 0x2b);
pub const VPMOVSXBW: VOp = v(2, 1, 0x20);
pub const VPMOVSXWD: VOp = v(2, 1, 0x23);
pub const VPMOVSXDQ: VOp = v(2, 1, 0x25);
pub const VPMOVZXBW: VOp = v(2, 1, 0x30);
pub const VPMOVZXWD: VOp = v(2, 1, 0x33);
pub const VPMOVZXDQ: VOp = v(2, 1, 0x35);
pub const VPBROADCASTB: VOp = v(2, 1, 0x78);
pub const VPBROADCASTW: VOp = v(2, 1, 0x79);
pub const VPBROADCASTD: VOp = v(2, 1, 0x58);
pub const VPBROADCASTQ: VOp = v(2, 1, 0x59);

// ---- Floating point ----
pub const VADDPS: VOp = v(1, 0, 0x58);
pub const VADDPD: VOp = v(1, 1, 0x58);
pub const VADDSS: VOp = v(1, 2, 0x58);
pub const VADDSD: VOp = v(1, 3, 0x58);
pub const VSUBPS: VOp = v(1, 0, 0x5c);
pub const VSUBPD: VOp = v(1, 1, 0x5c);
pub const VSUBSS: VOp = v(1, 2, 0x5c);
pub const VSUBSD: VOp = v(1, 3, 0x5c);
pub const VMULPS: VOp = v(1, 0, 0x59);
pub const VMULPD: VOp = v(1, 1, 0x59);
pub const VMULSS: VOp = v(1, 2, 0x59);
pub const VMULSD: VOp = v(1, 3, 0x59);
pub const VDIVPS: VOp = v(1, 0, 0x5e);
pub const VDIVPD: VOp = v(1, 1, 0x5e);
pub const VDIVSS: VOp = v(1, 2, 0x5e);
pub const VDIVSD: VOp = v(1, 3, 0x5e);
pub const VSQRTPS: VOp = v(1, 0, 0x51);
pub const VSQRTPD: VOp = v(1, 1, 0x51);
pub const VSQRTSS: VOp = v(1, 2, 0x51);
pub const VSQRTSD: VOp = v(1, 3, 0x51);
/// Approximations, to 1.5 × 2^-12 of the result; they raise nothing.
pub const VRCPPS: VOp = v(1, 0, 0x53);
pub const VRSQRTPS: VOp = v(1, 0, 0x52);
pub const VMINPS: VOp = v(1, 0, 0x5d);
pub const VMINPD: VOp = v(1, 1, 0x5d);
pub const VMINSS: VOp = v(1, 2, 0x5d);
pub const VMINSD: VOp = v(1, 3, 0x5d);
pub const VMAXPS: VOp = v(1, 0, 0x5f);
pub const VMAXPD: VOp = v(1, 1, 0x5f);
pub const VMAXSS: VOp = v(1, 2, 0x5f);
pub const VMAXSD: VOp = v(1, 3, 0x5f);
pub const VANDPS: VOp = v(1, 0, 0x54);
pub const VORPS: VOp = v(1, 0, 0x56);
pub const VXORPS: VOp = v(1, 0, 0x57);
pub const VUCOMISS: VOp = v(1, 0, 0x2e);
pub const VUCOMISD: VOp = v(1, 1, 0x2e);
pub const VCOMISS: VOp = v(1, 0, 0x2f);
pub const VCOMISD: VOp = v(1, 1, 0x2f);
pub const VCMPPS: VOp = v(1, 0, 0xc2);
pub const VCMPPD: VOp = v(1, 1, 0xc2);
pub const VCMPSS: VOp = v(1, 2, 0xc2);
pub const VCMPSD: VOp = v(1, 3, 0xc2);
pub const VROUNDPS: VOp = v(3, 1, 0x08);
pub const VROUNDPD: VOp = v(3, 1, 0x09);
pub const VROUNDSS: VOp = v(3, 1, 0x0a);
pub const VROUNDSD: VOp = v(3, 1, 0x0b);
pub const VCVTSS2SD: VOp = v(1, 2, 0x5a);
pub const VCVTSD2SS: VOp = v(1, 3, 0x5a);
pub const VCVTPS2PD: VOp = v(1, 0, 0x5a);
pub const VCVTPD2PS: VOp = v(1, 1, 0x5a);
pub const VCVTSI2SS64: VOp = w1(1, 2, 0x2a);
pub const VCVTSI2SD64: VOp = w1(1, 3, 0x2a);
pub const VCVTTSS2SI: VOp = v(1, 2, 0x2c);
pub const VCVTTSD2SI: VOp = v(1, 3, 0x2c);
pub const VCVTTSS2SI64: VOp = w1(1, 2, 0x2c);
pub const VCVTTSD2SI64: VOp = w1(1, 3, 0x2c);
pub const VCVTSS2SI: VOp = v(1, 2, 0x2d);
pub const VCVTSD2SI: VOp = v(1, 3, 0x2d);
pub const VCVTSS2SI64: VOp = w1(1, 2, 0x2d);
pub const VCVTSD2SI64: VOp = w1(1, 3, 0x2d);
pub const VCVTDQ2PS: VOp = v(1, 0, 0x5b);
pub const VCVTTPS2DQ: VOp = v(1, 2, 0x5b);
pub const VCVTPS2DQ: VOp = v(1, 1, 0x5b);
pub const VCVTPS2PH: VOp = v(3, 1, 0x1d);
pub const VCVTPH2PS: VOp = v(2, 1, 0x13);
pub const VHADDPS: VOp = v(1, 3, 0x7c);
pub const VHADDPD: VOp = v(1, 1, 0x7c);
/// Subtracts in elements 0 and 2, adds in the others.
pub const VADDSUBPS: VOp = v(1, 3, 0xd0);
pub const VADDSUBPD: VOp = v(1, 1, 0xd0);
// Fused multiply-add: 231 is `d = ±(a × b) ± d`, 213 is `d = ±(a × d) ± b`.
pub const VFMADD231PS: VOp = v(2, 1, 0xb8);
pub const VFMADD231PD: VOp = w1(2, 1, 0xb8);
pub const VFMADD231SS: VOp = v(2, 1, 0xb9);
pub const VFMADD231SD: VOp = w1(2, 1, 0xb9);
pub const VFMADD213PS: VOp = v(2, 1, 0xa8);
pub const VFMADD213PD: VOp = w1(2, 1, 0xa8);
pub const VFMADD213SS: VOp = v(2, 1, 0xa9);
pub const VFMADD213SD: VOp = w1(2, 1, 0xa9);
pub const VFMSUB213SS: VOp = v(2, 1, 0xab);
pub const VFMSUB213SD: VOp = w1(2, 1, 0xab);
pub const VFNMADD213PS: VOp = v(2, 1, 0xac);
pub const VFNMADD213PD: VOp = w1(2, 1, 0xac);
pub const VFNMADD213SS: VOp = v(2, 1, 0xad);
pub const VFNMADD213SD: VOp = w1(2, 1, 0xad);
pub const VFNMSUB213SS: VOp = v(2, 1, 0xaf);
pub const VFNMSUB213SD: VOp = w1(2, 1, 0xaf);
pub const VFMSUB231PD: VOp = w1(2, 1, 0xba);
pub const VFNMSUB231PD: VOp = w1(2, 1, 0xbe);
pub const VFMSUB231SS: VOp = v(2, 1, 0xbb);
pub const VFMSUB231SD: VOp = w1(2, 1, 0xbb);
pub const VFNMADD231PS: VOp = v(2, 1, 0xbc);
pub const VFNMADD231PD: VOp = w1(2, 1, 0xbc);
pub const VFNMADD231SS: VOp = v(2, 1, 0xbd);
pub const VFNMADD231SD: VOp = w1(2, 1, 0xbd);
pub const VFNMSUB231SS: VOp = v(2, 1, 0xbf);
pub const VFNMSUB231SD: VOp = w1(2, 1, 0xbf);

// ---- Cryptography ----
pub const VAESENC: VOp = v(2, 1, 0xdc);
pub const VAESENCLAST: VOp = v(2, 1, 0xdd);
pub const VAESDEC: VOp = v(2, 1, 0xde);
pub const VAESDECLAST: VOp = v(2, 1, 0xdf);
pub const VAESIMC: VOp = v(2, 1, 0xdb);
pub const VPCLMULQDQ: VOp = v(3, 1, 0x44);
