//! The encoder.

use super::vector::VOp;
use super::{Base, Cond, Mem, Reg, Rm, Width, Xm, Xmm};

/// A place in the code that jumps may name before it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

/// The two-operand arithmetic group; the number is the `/digit` of its immediate form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Alu {
    Add = 0,
    Or = 1,
    Adc = 2,
    Sbb = 3,
    And = 4,
    Sub = 5,
    Xor = 6,
    Cmp = 7,
}

/// The shift group; the number is its `/digit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Shift {
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}

/// Vector instructions that have no VEX form; the number is the opcode behind `0F 38`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Legacy {
    Sha256Rnds2 = 0xcb,
    Sha256Msg1 = 0xcc,
    Sha256Msg2 = 0xcd,
}

/// `0F`-escaped opcodes are written with this bit, `0F 38` and `0F 3A` with the ones below.
const MAP_0F: u32 = 0x100;
const MAP_0F38: u32 = 0x200;
const MAP_0F3A: u32 = 0x400;

/// A displacement to something outside the code, which changes when the code is moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct External {
    /// Where in the code it stands, in four bytes.
    pub at: u32,
    /// The address that is meant.
    pub target: usize,
}

/// Code under construction.
#[derive(Debug)]
pub struct Asm {
    bytes: Vec<u8>,
    /// The address that the first byte will have.
    base: usize,
    labels: Vec<Option<u32>>,
    /// Displacements that wait for their labels: position, label. Where they stand is what is to be
    /// added.
    fixups: Vec<(u32, Label)>,
    externals: Vec<External>,
}

impl Asm {
    /// Code that will stand at `base`.
    pub fn new(base: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(4096),
            base,
            labels: Vec::new(),
            fixups: Vec::new(),
            externals: Vec::new(),
        }
    }

    /// Starts again, for code at `base`.
    pub fn reset(&mut self, base: usize) {
        self.bytes.clear();
        self.labels.clear();
        self.fixups.clear();
        self.externals.clear();
        self.base = base;
    }

    /// What the code refers to outside itself.
    pub fn externals(&self) -> &[External] {
        &self.externals
    }

    /// The number of bytes so far.
    pub fn offset(&self) -> usize {
        self.bytes.len()
    }

    /// The address of the next byte.
    pub fn here(&self) -> usize {
        self.base + self.bytes.len()
    }

    /// The code, with every label resolved.
    ///
    /// # Panics
    /// If a label that is jumped to was never bound: a mistake in the translator.
    pub fn finish(&mut self) -> &[u8] {
        for (at, label) in std::mem::take(&mut self.fixups) {
            let target = self.labels[label.0 as usize].expect("a label that is jumped to is bound");
            let bytes = &mut self.bytes[at as usize..at as usize + 4];
            let addend = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
            let displacement = target.wrapping_sub(at + 4).wrapping_add(addend);
            bytes.copy_from_slice(&displacement.to_le_bytes());
        }
        &self.bytes
    }

    /// A label that is not bound yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() as u32 - 1)
    }

    /// Binds `label` here.
    pub fn bind(&mut self, label: Label) {
        self.labels[label.0 as usize] = Some(self.bytes.len() as u32);
    }

    /// Appends a byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn immediate(&mut self, value: i32, bytes: u8) {
        self.bytes.extend_from_slice(&value.to_le_bytes()[..usize::from(bytes)]);
    }

    // ---- ModRM ----

    /// ModRM, SIB and displacement; `trailing` immediate bytes follow the operand.
    fn operand(&mut self, field: u8, rm: Rm, trailing: u8) {
        let field = (field & 7) << 3;
        let mem = match rm {
            Rm::Reg(reg) => return self.byte(0xc0 | field | reg.0 & 7),
            Rm::Mem(mem) => mem,
        };
        let base = match mem.base {
            Base::Code(address) => {
                self.byte(field | 5);
                self.note_external(address);
                let end = self.here() + 4 + usize::from(trailing);
                let displacement = address.wrapping_sub(end) as i64 + i64::from(mem.disp);
                return self.u32(displacement as i32 as u32);
            }
            Base::Label(label) => {
                self.byte(field | 5);
                let addend = mem.disp - i32::from(trailing);
                self.fixups.push((self.bytes.len() as u32, label));
                return self.u32(addend as u32);
            }
            Base::None => {
                // SIB without base: a plain 32-bit displacement, sign-extended.
                self.byte(field | 4);
                let (index, scale) = mem.index.map_or((4, 0), |(reg, scale)| (reg.0 & 7, scale));
                self.byte(scale << 6 | index << 3 | 5);
                return self.u32(mem.disp as u32);
            }
            Base::Reg(reg) => reg.0 & 7,
        };
        let mode = match mem.disp {
            0 if base != 5 => 0,
            -128..=127 => 0x40,
            _ => 0x80,
        };
        match mem.index {
            None if base != 4 => self.byte(mode | field | base),
            None => {
                self.byte(mode | field | 4);
                self.byte(0x24);
            }
            Some((index, scale)) => {
                debug_assert!(index != Reg::RSP, "rsp cannot be an index");
                self.byte(mode | field | 4);
                self.byte(scale << 6 | (index.0 & 7) << 3 | base);
            }
        }
        match mode {
            0x40 => self.byte(mem.disp as u8),
            0x80 => self.u32(mem.disp as u32),
            _ => {}
        }
    }

    /// The REX bits X and B of an operand, in their places.
    fn rex_xb(rm: Rm) -> u8 {
        match rm {
            Rm::Reg(reg) => reg.0 >> 3,
            Rm::Mem(mem) => {
                let index = mem.index.map_or(0, |(reg, _)| reg.0 >> 3);
                let base = if let Base::Reg(reg) = mem.base { reg.0 >> 3 } else { 0 };
                index << 1 | base
            }
        }
    }

    /// Prefixes, opcode and operand. `byte_regs`: some register operand is 8 bits wide, where
    /// numbers 4 to 7 mean `spl` and so on only if there is a REX prefix.
    #[allow(clippy::too_many_arguments)]
    fn op(
        &mut self,
        prefix: u8,
        opcode: u32,
        wide: bool,
        field: u8,
        rm: Rm,
        byte_regs: bool,
        trailing: u8,
    ) {
        if let Rm::Mem(Mem { gs: true, .. }) = rm {
            self.byte(0x65);
        }
        if prefix != 0 {
            self.byte(prefix);
        }
        let rex = u8::from(wide) << 3 | field >> 3 << 2 | Self::rex_xb(rm);
        let low_byte = byte_regs && (field >= 4 || matches!(rm, Rm::Reg(reg) if reg.0 >= 4));
        if rex != 0 || low_byte {
            self.byte(0x40 | rex);
        }
        if opcode & (MAP_0F | MAP_0F38 | MAP_0F3A) != 0 {
            self.byte(0x0f);
        }
        if opcode & MAP_0F38 != 0 {
            self.byte(0x38);
        }
        if opcode & MAP_0F3A != 0 {
            self.byte(0x3a);
        }
        self.byte(opcode as u8);
        self.operand(field, rm, trailing);
    }

    fn plain(&mut self, opcode: u32, width: Width, field: u8, rm: Rm) {
        self.op(0, opcode, width.wide(), field, rm, false, 0);
    }

    // ---- Moves ----

    /// `mov dst, src`. In 32 bits it zero-extends, so it is emitted even from a register to itself.
    pub fn mov(&mut self, width: Width, dst: Reg, src: impl Into<Rm>) {
        let src = src.into();
        if width == Width::W64 && src == Rm::Reg(dst) {
            return;
        }
        self.plain(0x8b, width, dst.0, src);
    }

    /// `mov [dst], src`.
    pub fn store(&mut self, width: Width, dst: Mem, src: Reg) {
        self.plain(0x89, width, src.0, dst.into());
    }

    /// Stores the low `1 << size` bytes.
    pub fn store_sized(&mut self, size: u32, dst: Mem, src: Reg) {
        match size {
            0 => self.op(0, 0x88, false, src.0, dst.into(), true, 0),
            1 => self.op(0x66, 0x89, false, src.0, dst.into(), false, 0),
            2 => self.store(Width::W32, dst, src),
            _ => self.store(Width::W64, dst, src),
        }
    }

    /// `mov [dst], imm`, the immediate sign-extended from 32 bits.
    pub fn store_imm(&mut self, width: Width, dst: Mem, imm: i32) {
        self.op(0, 0xc7, width.wide(), 0, dst.into(), false, 4);
        self.u32(imm as u32);
    }

    /// Stores the low `1 << size` bytes of an immediate.
    pub fn store_imm_sized(&mut self, size: u32, dst: Mem, imm: i32) {
        match size {
            0 => {
                self.op(0, 0xc6, false, 0, dst.into(), false, 1);
                self.byte(imm as u8);
            }
            1 => {
                self.op(0x66, 0xc7, false, 0, dst.into(), false, 2);
                self.immediate(imm, 2);
            }
            2 => self.store_imm(Width::W32, dst, imm),
            _ => self.store_imm(Width::W64, dst, imm),
        }
    }

    /// Loads a constant in the shortest form that leaves the flags alone.
    pub fn mov_imm(&mut self, dst: Reg, value: u64) {
        if let Ok(value) = u32::try_from(value) {
            if dst.0 >= 8 {
                self.byte(0x41);
            }
            self.byte(0xb8 | dst.0 & 7);
            self.u32(value);
        } else if value as i64 == i64::from(value as i32) {
            self.op(0, 0xc7, true, 0, dst.into(), false, 4);
            self.u32(value as u32);
        } else {
            self.byte(0x48 | dst.0 >> 3);
            self.byte(0xb8 | dst.0 & 7);
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// Loads `1 << size` bytes, zero-extended to 64 bits.
    pub fn load_zero(&mut self, size: u32, dst: Reg, src: impl Into<Rm>) {
        let src = src.into();
        match size {
            0 => self.op(0, MAP_0F | 0xb6, false, dst.0, src, matches!(src, Rm::Reg(_)), 0),
            1 => self.op(0, MAP_0F | 0xb7, false, dst.0, src, false, 0),
            2 => self.mov(Width::W32, dst, src),
            _ => self.mov(Width::W64, dst, src),
        }
    }

    /// Loads `1 << size` bytes, sign-extended to `width`.
    pub fn load_sign(&mut self, size: u32, width: Width, dst: Reg, src: impl Into<Rm>) {
        let src = src.into();
        let wide = width.wide();
        match (size, width) {
            (0, _) => self.op(0, MAP_0F | 0xbe, wide, dst.0, src, matches!(src, Rm::Reg(_)), 0),
            (1, _) => self.op(0, MAP_0F | 0xbf, wide, dst.0, src, false, 0),
            (2, Width::W64) => self.op(0, 0x63, true, dst.0, src, false, 0),
            _ => self.mov(width, dst, src),
        }
    }

    /// `lea dst, src`.
    pub fn lea(&mut self, width: Width, dst: Reg, src: Mem) {
        self.plain(0x8d, width, dst.0, src.into());
    }

    /// `cmovcc dst, src`.
    pub fn cmov(&mut self, cond: Cond, width: Width, dst: Reg, src: impl Into<Rm>) {
        self.plain(MAP_0F | 0x40 | cond as u32, width, dst.0, src.into());
    }

    /// `setcc dst` on the low byte.
    pub fn setcc(&mut self, cond: Cond, dst: Reg) {
        self.op(0, MAP_0F | 0x90 | cond as u32, false, 0, dst.into(), true, 0);
    }

    /// `push reg`.
    pub fn push(&mut self, reg: Reg) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x50 | reg.0 & 7);
    }

    /// `pop reg`.
    pub fn pop(&mut self, reg: Reg) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x58 | reg.0 & 7);
    }

    // ---- Arithmetic ----

    /// `op dst, src`.
    pub fn alu(&mut self, op: Alu, width: Width, dst: Reg, src: impl Into<Rm>) {
        self.plain((op as u32) << 3 | 3, width, dst.0, src.into());
    }

    /// `op dst, imm`, the immediate sign-extended from 32 bits.
    pub fn alu_imm(&mut self, op: Alu, width: Width, dst: impl Into<Rm>, imm: i32) {
        let dst = dst.into();
        if let Ok(imm) = i8::try_from(imm) {
            self.op(0, 0x83, width.wide(), op as u8, dst, false, 1);
            self.byte(imm as u8);
        } else {
            self.op(0, 0x81, width.wide(), op as u8, dst, false, 4);
            self.u32(imm as u32);
        }
    }

    /// `test a, b`.
    pub fn test(&mut self, width: Width, a: impl Into<Rm>, b: Reg) {
        self.plain(0x85, width, b.0, a.into());
    }

    /// `test a, imm`, the immediate sign-extended from 32 bits. Of the flags it is ZF and SF that count.
    pub fn test_imm(&mut self, width: Width, a: impl Into<Rm>, imm: i32) {
        if (0..=0x7f).contains(&imm) {
            self.op(0, 0xf6, false, 0, a.into(), true, 1);
            self.byte(imm as u8);
            return;
        }
        self.op(0, 0xf7, width.wide(), 0, a.into(), false, 4);
        self.u32(imm as u32);
    }

    /// `bt a, bit`: the bit goes to CF.
    pub fn bt(&mut self, width: Width, a: impl Into<Rm>, bit: u8) {
        self.op(0, MAP_0F | 0xba, width.wide(), 4, a.into(), false, 1);
        self.byte(bit);
    }

    /// `op dst, count`, with a constant count.
    pub fn shift_imm(&mut self, op: Shift, width: Width, dst: Reg, count: u8) {
        self.op(0, 0xc1, width.wide(), op as u8, dst.into(), false, 1);
        self.byte(count);
    }

    /// `op dst, cl`.
    pub fn shift_cl(&mut self, op: Shift, width: Width, dst: Reg) {
        self.plain(0xd3, width, op as u8, dst.into());
    }

    /// `shrd dst, src, count`: `dst >> count`, filled from the bottom of `src`.
    pub fn shrd(&mut self, width: Width, dst: Reg, src: Reg, count: u8) {
        self.op(0, MAP_0F | 0xac, width.wide(), src.0, dst.into(), false, 1);
        self.byte(count);
    }

    /// `not dst`; leaves the flags alone.
    pub fn not(&mut self, width: Width, dst: Reg) {
        self.plain(0xf7, width, 2, dst.into());
    }

    /// `neg dst`.
    pub fn neg(&mut self, width: Width, dst: Reg) {
        self.plain(0xf7, width, 3, dst.into());
    }

    /// `imul dst, src`.
    pub fn imul(&mut self, width: Width, dst: Reg, src: impl Into<Rm>) {
        self.plain(MAP_0F | 0xaf, width, dst.0, src.into());
    }

    /// `imul src`: RDX:RAX = RAX × src, signed.
    pub fn imul_wide(&mut self, width: Width, src: impl Into<Rm>) {
        self.plain(0xf7, width, 5, src.into());
    }

    /// `div src`.
    pub fn div(&mut self, width: Width, src: Reg) {
        self.plain(0xf7, width, 6, src.into());
    }

    /// `idiv src`.
    pub fn idiv(&mut self, width: Width, src: Reg) {
        self.plain(0xf7, width, 7, src.into());
    }

    /// `cdq` or `cqo`: the sign of RAX into RDX.
    pub fn sign_into_rdx(&mut self, width: Width) {
        if width.wide() {
            self.byte(0x48);
        }
        self.byte(0x99);
    }

    /// `bswap dst`; leaves the flags alone.
    pub fn bswap(&mut self, width: Width, dst: Reg) {
        let rex = u8::from(width.wide()) << 3 | dst.0 >> 3;
        if rex != 0 {
            self.byte(0x40 | rex);
        }
        self.byte(0x0f);
        self.byte(0xc8 | dst.0 & 7);
    }

    /// `lzcnt dst, src`.
    pub fn lzcnt(&mut self, width: Width, dst: Reg, src: impl Into<Rm>) {
        self.op(0xf3, MAP_0F | 0xbd, width.wide(), dst.0, src.into(), false, 0);
    }

    /// `crc32 dst, src` (Castagnoli), of `1 << size` bytes of `src`.
    pub fn crc32(&mut self, size: u32, dst: Reg, src: Reg) {
        let opcode = MAP_0F38 | if size == 0 { 0xf0 } else { 0xf1 };
        // The operand-size prefix stands before the mandatory one.
        if size == 1 {
            self.byte(0x66);
        }
        self.op(0xf2, opcode, size == 3, dst.0, src.into(), size == 0, 0);
    }

    /// `lahf`: AH = SF:ZF:0:AF:0:PF:1:CF.
    pub fn lahf(&mut self) {
        self.byte(0x9f);
    }

    /// `sahf`: SF, ZF, AF, PF, CF from AH.
    pub fn sahf(&mut self) {
        self.byte(0x9e);
    }

    /// `cmc`: complements CF.
    pub fn cmc(&mut self) {
        self.byte(0xf5);
    }

    /// `add al, imm`.
    pub fn add_al(&mut self, imm: u8) {
        self.byte(0x04);
        self.byte(imm);
    }

    // ---- BMI: shifts that leave the flags alone ----

    /// `shlx`, `shrx` or `sarx`: `dst = src op count`, the count taken modulo the width.
    ///
    /// # Panics
    /// For an operation that has no such form: a mistake in the translator.
    pub fn shift_var(&mut self, op: Shift, width: Width, dst: Reg, src: impl Into<Rm>, count: Reg) {
        let pp = match op {
            Shift::Shl => 1,
            Shift::Sar => 2,
            Shift::Shr => 3,
            _ => unreachable!("only shifts have a BMI2 form"),
        };
        self.vex(2, pp, width.wide(), false, 0xf7, dst.0, count.0, src.into(), 0);
    }

    /// `rorx dst, src, count`.
    pub fn rorx(&mut self, width: Width, dst: Reg, src: impl Into<Rm>, count: u8) {
        self.vex(3, 3, width.wide(), false, 0xf0, dst.0, 0, src.into(), 1);
        self.byte(count);
    }

    /// `andn dst, not, src`: `dst = !not & src`.
    pub fn andn(&mut self, width: Width, dst: Reg, not: Reg, src: impl Into<Rm>) {
        self.vex(2, 0, width.wide(), false, 0xf2, dst.0, not.0, src.into(), 0);
    }

    /// `mulx hi, lo, src`: `hi:lo = rdx × src`, flags left alone.
    pub fn mulx(&mut self, hi: Reg, lo: Reg, src: impl Into<Rm>) {
        self.vex(2, 3, true, false, 0xf6, hi.0, lo.0, src.into(), 0);
    }

    // ---- Atomics ----

    /// `cmpxchg [dst], src` of `1 << size` bytes: compares with RAX.
    pub fn cmpxchg(&mut self, locked: bool, size: u32, dst: Mem, src: Reg) {
        self.exchanging(locked, size, MAP_0F | 0xb0, dst, src.0);
    }

    /// `xadd [dst], src` of `1 << size` bytes; `src` gets the old value.
    pub fn xadd(&mut self, locked: bool, size: u32, dst: Mem, src: Reg) {
        self.exchanging(locked, size, MAP_0F | 0xc0, dst, src.0);
    }

    /// `xchg [dst], src` of `1 << size` bytes, locked as always.
    pub fn xchg(&mut self, size: u32, dst: Mem, src: Reg) {
        let prefix = if size == 1 { 0x66 } else { 0 };
        self.op(prefix, 0x86 | u32::from(size != 0), size == 3, src.0, dst.into(), size == 0, 0);
    }

    /// `op [dst], src` of `1 << size` bytes.
    pub fn alu_memory(&mut self, locked: bool, op: Alu, size: u32, dst: Mem, src: Reg) {
        self.exchanging(locked, size, (op as u32) << 3, dst, src.0);
    }

    /// `opcode` is the byte form's; the others' is the next one.
    fn exchanging(&mut self, locked: bool, size: u32, opcode: u32, dst: Mem, field: u8) {
        if locked {
            self.byte(0xf0);
        }
        let prefix = if size == 1 { 0x66 } else { 0 };
        let opcode = opcode | u32::from(size != 0);
        self.op(prefix, opcode, size == 3, field, dst.into(), size == 0, 0);
    }

    /// A full barrier: `lock or dword [rsp], 0`, several times cheaper than `mfence`.
    pub fn barrier(&mut self) {
        self.byte(0xf0);
        self.alu_imm(Alu::Or, Width::W32, Mem::at(Reg::RSP, 0), 0);
    }

    /// `pause`.
    pub fn pause(&mut self) {
        self.byte(0xf3);
        self.byte(0x90);
    }

    // ---- Control flow ----

    /// `jcc label`.
    pub fn jcc(&mut self, cond: Cond, label: Label) {
        if self.short(0x70 | cond as u8, label) {
            return;
        }
        self.byte(0x0f);
        self.byte(0x80 | cond as u8);
        self.fixup(label);
    }

    /// Jumps over `skipped`, which is at most 127 bytes long, if RCX is zero: a jump that leaves the
    /// flags alone and does not look at them.
    ///
    /// # Panics
    /// If `skipped` is longer than that: a mistake in the translator.
    pub fn unless_rcx_is_zero(&mut self, skipped: impl FnOnce(&mut Self)) {
        self.skip(0xe3, skipped);
    }

    /// Jumps over `skipped`, which is at most 127 bytes long, if `cond` holds.
    ///
    /// # Panics
    /// If `skipped` is longer than that: a mistake in the translator.
    pub fn unless(&mut self, cond: Cond, skipped: impl FnOnce(&mut Self)) {
        self.skip(0x70 | cond as u8, skipped);
    }

    fn skip(&mut self, opcode: u8, skipped: impl FnOnce(&mut Self)) {
        self.byte(opcode);
        self.byte(0);
        let start = self.bytes.len();
        skipped(self);
        let distance = i8::try_from(self.bytes.len() - start).expect("a short way");
        self.bytes[start - 1] = distance as u8;
    }

    /// A jump back to a label that is near, in its short form; `false` if it is not.
    fn short(&mut self, opcode: u8, label: Label) -> bool {
        let Some(target) = self.labels[label.0 as usize] else { return false };
        let Ok(distance) = i8::try_from(target as i64 - self.bytes.len() as i64 - 2) else {
            return false;
        };
        self.byte(opcode);
        self.byte(distance as u8);
        true
    }

    /// `jmp label`.
    pub fn jmp(&mut self, label: Label) {
        if self.short(0xeb, label) {
            return;
        }
        self.byte(0xe9);
        self.fixup(label);
    }

    fn fixup(&mut self, label: Label) {
        self.fixups.push((self.bytes.len() as u32, label));
        self.u32(0);
    }

    /// `jmp target`, an address within reach.
    pub fn jmp_to(&mut self, target: usize) {
        self.byte(0xe9);
        self.displacement(target);
    }

    /// `jcc target`, an address within reach.
    pub fn jcc_to(&mut self, cond: Cond, target: usize) {
        self.byte(0x0f);
        self.byte(0x80 | cond as u8);
        self.displacement(target);
    }

    /// `call target`, an address within reach.
    pub fn call_to(&mut self, target: usize) {
        self.byte(0xe8);
        self.displacement(target);
    }

    fn note_external(&mut self, target: usize) {
        self.externals.push(External { at: self.bytes.len() as u32, target });
    }

    fn displacement(&mut self, target: usize) {
        self.note_external(target);
        let end = self.here() + 4;
        self.u32(target.wrapping_sub(end) as u32);
    }

    /// `lea dst, [rip + label]`.
    pub fn lea_label(&mut self, dst: Reg, label: Label) {
        self.byte(0x48 | dst.0 >> 3 << 2);
        self.byte(0x8d);
        self.byte((dst.0 & 7) << 3 | 5);
        self.fixup(label);
    }

    /// `jmp reg`.
    pub fn jmp_reg(&mut self, target: Reg) {
        self.plain(0xff, Width::W32, 4, target.into());
    }

    /// `jmp [mem]`.
    pub fn jmp_mem(&mut self, target: Mem) {
        self.plain(0xff, Width::W32, 4, target.into());
    }

    /// `call [mem]`.
    pub fn call_mem(&mut self, target: Mem) {
        self.plain(0xff, Width::W32, 2, target.into());
    }

    /// `call reg`.
    pub fn call_reg(&mut self, target: Reg) {
        self.plain(0xff, Width::W32, 2, target.into());
    }

    /// `ret`.
    pub fn ret(&mut self) {
        self.byte(0xc3);
    }

    /// Appends data.
    pub fn data(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Pads to a multiple of `to` bytes with what traps when executed.
    pub fn align(&mut self, to: usize) {
        while !self.here().is_multiple_of(to) {
            self.byte(0xcc);
        }
    }

    // ---- Vectors ----

    /// A VEX-encoded instruction: opcode map, mandatory prefix, W, L, opcode, operands.
    #[allow(clippy::too_many_arguments)]
    fn vex(
        &mut self,
        map: u8,
        pp: u8,
        w: bool,
        l: bool,
        opcode: u8,
        field: u8,
        vvvv: u8,
        rm: Rm,
        trailing: u8,
    ) {
        if let Rm::Mem(Mem { gs: true, .. }) = rm {
            self.byte(0x65);
        }
        let xb = Self::rex_xb(rm);
        let low = (!vvvv & 15) << 3 | u8::from(l) << 2 | pp;
        if xb == 0 && map == 1 && !w {
            self.byte(0xc5);
            self.byte((!field >> 3 & 1) << 7 | low);
        } else {
            self.byte(0xc4);
            self.byte((!field >> 3 & 1) << 7 | (!xb & 3) << 5 | map);
            self.byte(u8::from(w) << 7 | low);
        }
        self.byte(opcode);
        self.operand(field, rm, trailing);
    }

    fn vector(&mut self, op: VOp, field: u8, vvvv: u8, rm: Rm, trailing: u8) {
        self.vex(op.map, op.pp, op.w, op.l, op.opcode, field, vvvv, rm, trailing);
    }

    /// `op dst, a, b`.
    pub fn v3(&mut self, op: VOp, dst: Xmm, a: Xmm, b: impl Into<Xm>) {
        self.vector(op, dst.0, a.0, xm(b.into()), 0);
    }

    /// `op dst, a, b, imm`.
    pub fn v3i(&mut self, op: VOp, dst: Xmm, a: Xmm, b: impl Into<Xm>, imm: u8) {
        self.vector(op, dst.0, a.0, xm(b.into()), 1);
        self.byte(imm);
    }

    /// `op dst, a, b, c`: the fourth register stands in the immediate (`vblendvb` and its like).
    pub fn v4(&mut self, op: VOp, dst: Xmm, a: Xmm, b: impl Into<Xm>, c: Xmm) {
        self.v3i(op, dst, a, b, c.0 << 4);
    }

    /// `op dst, src`.
    pub fn v2(&mut self, op: VOp, dst: Xmm, src: impl Into<Xm>) {
        self.vector(op, dst.0, 0, xm(src.into()), 0);
    }

    /// `op dst, src, imm`.
    pub fn v2i(&mut self, op: VOp, dst: Xmm, src: impl Into<Xm>, imm: u8) {
        self.vector(op, dst.0, 0, xm(src.into()), 1);
        self.byte(imm);
    }

    /// `op dst, src, count`: a shift by an immediate, whose `/digit` the operation carries.
    pub fn vshift(&mut self, op: VOp, dst: Xmm, src: Xmm, count: u8) {
        self.vector(op, op.digit, dst.0, Rm::Reg(Reg(src.0)), 1);
        self.byte(count);
    }

    /// `op [dst], src`: a store.
    pub fn vstore(&mut self, op: VOp, dst: Mem, src: Xmm) {
        self.vector(op, src.0, 0, dst.into(), 0);
    }

    /// `op [dst], src, imm`: stores an element, or moves it to a general register.
    pub fn vextract(&mut self, op: VOp, dst: impl Into<Rm>, src: Xmm, imm: u8) {
        self.vector(op, src.0, 0, dst.into(), 1);
        self.byte(imm);
    }

    /// `op dst, src`, from a vector register to a general one (`vmovd`, `vmovq`, stored forms).
    pub fn v_to_reg(&mut self, op: VOp, dst: Reg, src: Xmm) {
        self.vector(op, src.0, 0, dst.into(), 0);
    }

    /// `op dst, src`, from a vector register to a general one where that is the first operand
    /// (`vpmovmskb`, `vcvttsd2si`).
    pub fn v_into_reg(&mut self, op: VOp, dst: Reg, src: impl Into<Xm>) {
        self.vector(op, dst.0, 0, xm(src.into()), 0);
    }

    /// `op dst, src`, from a general register or memory to a vector register (`vmovd`, `vmovq`).
    pub fn v_from_reg(&mut self, op: VOp, dst: Xmm, src: impl Into<Rm>) {
        self.vector(op, dst.0, 0, src.into(), 0);
    }

    /// `op dst, a, src`, where `src` is general (`vcvtsi2sd`).
    pub fn v3_from_reg(&mut self, op: VOp, dst: Xmm, a: Xmm, src: impl Into<Rm>) {
        self.vector(op, dst.0, a.0, src.into(), 0);
    }

    /// `op dst, a, src, imm`, where `src` is general (`vpinsrb` and its like).
    pub fn v3i_from_reg(&mut self, op: VOp, dst: Xmm, a: Xmm, src: impl Into<Rm>, imm: u8) {
        self.vector(op, dst.0, a.0, src.into(), 1);
        self.byte(imm);
    }

    /// `op dst, src`; `sha256rnds2` takes XMM0 besides.
    pub fn legacy(&mut self, op: Legacy, dst: Xmm, src: Xmm) {
        let src = Rm::Reg(Reg(src.0));
        self.op(0, MAP_0F38 | op as u32, false, dst.0, src, false, 0);
    }

    /// `sha1rnds4 dst, src, kind`.
    pub fn sha1rnds4(&mut self, dst: Xmm, src: Xmm, kind: u8) {
        self.op(0, MAP_0F3A | 0xcc, false, dst.0, Rm::Reg(Reg(src.0)), false, 1);
        self.byte(kind);
    }

    /// `ldmxcsr [src]`.
    pub fn ldmxcsr(&mut self, src: Mem) {
        self.plain(MAP_0F | 0xae, Width::W32, 2, src.into());
    }

    /// `stmxcsr [dst]`.
    pub fn stmxcsr(&mut self, dst: Mem) {
        self.plain(MAP_0F | 0xae, Width::W32, 3, dst.into());
    }
}

fn xm(operand: Xm) -> Rm {
    match operand {
        Xm::Reg(reg) => Rm::Reg(Reg(reg.0)),
        Xm::Mem(mem) => Rm::Mem(mem),
    }
}
