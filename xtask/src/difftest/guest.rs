//! The guest program that QEMU runs: it starts one case after the other and records how each ends.
//!
//! Every case ends with a signal, if only from the `BRK` behind it, and a signal frame holds every
//! register. So the signal handler is all there is: it copies the frame into the outcome, puts the
//! next case's registers into the same frame, and returns into that case. No register need be set
//! aside for it, which any code that loads and stores the state itself could not avoid.
//!
//! Cases come from file descriptor 0 and outcomes go to descriptor 1, both mapped; a page at the
//! start of the latter says how far the program came, whatever became of it.

use super::case::{BATCH, POOL, WINDOW, layout};

/// The offset of `uc_mcontext.fault_address` in the kernel's `struct ucontext`
/// (arch/arm64/include/uapi/asm/{ucontext,sigcontext}.h).
const UC_SIGCONTEXT: u32 = 176;
/// From there: `fault_address`, `regs[31]`, `sp`, `pc`, `pstate`, 8 bytes to align, then
/// `struct fpsimd_context`: magic, size, `fpsr`, `fpcr`, `vregs[32]`.
pub const FRAME: usize = 36 * 8 + 16 + 32 * 16;
/// Offsets of the parts within the frame image.
pub mod frame {
    pub const X: usize = 8;
    pub const SP: usize = X + 31 * 8;
    pub const PC: usize = SP + 8;
    pub const PSTATE: usize = PC + 8;
    pub const FPSIMD: usize = PSTATE + 16;
    pub const FPSR: usize = FPSIMD + 8;
    pub const FPCR: usize = FPSR + 4;
    pub const V: usize = FPCR + 4;
    /// `FPSIMD_MAGIC` and `sizeof(struct fpsimd_context)`.
    pub const FPSIMD_HEAD: [u32; 2] = [0x4650_8001, 528];
}

/// A case as the guest reads it.
pub mod record {
    pub const WINDOW: usize = 0;
    /// The guest address of the window's contents in the pool.
    pub const CONTENTS: usize = 8;
    pub const TPIDR: usize = 16;
    pub const FRAME: usize = 32;
    pub const SIZE: usize = FRAME + super::FRAME;
}

/// An outcome as the guest writes it.
pub mod outcome {
    /// The first 32 bytes of `siginfo_t`: number, errno, code, padding, address.
    pub const SIGINFO: usize = 0;
    pub const TPIDR: usize = 32;
    pub const FRAME: usize = 48;
    pub const WINDOW: usize = FRAME + super::FRAME;
    pub const SIZE: usize = WINDOW + super::WINDOW;
}

/// Offsets in the input file. The first record is a dummy that the program starts from.
pub mod input {
    use super::*;
    pub const CODE: usize = 0;
    pub const POOL: usize = CODE + layout::CODE_SIZE as usize;
    pub const RECORDS: usize = POOL + super::POOL;
    pub const SIZE: usize = (RECORDS + (BATCH + 1) * record::SIZE).next_multiple_of(4096);
    /// Where the program maps the pool and what follows.
    pub const POOL_ADDR: u64 = 0x20_0000_0000;
    pub const RECORDS_ADDR: u64 = POOL_ADDR + super::POOL as u64;
}

/// Offsets in the output file.
pub mod output {
    use super::*;
    /// The address of the outcome to be written.
    pub const NEXT_OUTCOME: usize = 0;
    /// The address of the record of the case that is running.
    pub const RECORD: usize = 8;
    /// The number of cases not yet started.
    pub const REMAINING: usize = 16;
    pub const OUTCOMES: usize = 4096;
    pub const SIZE: usize = (OUTCOMES + (BATCH + 1) * outcome::SIZE).next_multiple_of(4096);
    /// Where the program maps it.
    pub const ADDR: u64 = 0x21_0000_0000;
}

/// Where the program itself is.
const PROGRAM: u64 = 0x1f_0000_0000;
/// The stack that its handler runs on.
const STACK: u64 = PROGRAM + 0x10_0000;
const STACK_SIZE: u64 = 0x1_0000;

/// Where the program's signal actions and alternate stack are described, behind its code.
const TABLES: u64 = 0x800;
/// `struct sigaction`: handler, flags, restorer, mask.
const SIGACTION: u64 = TABLES;
/// `stack_t`: address, flags, size.
const SIGALTSTACK: u64 = TABLES + 32;
const PROGRAM_SIZE: usize = TABLES as usize + 56;

/// A few encoders, named after the instructions. Registers are numbers.
#[derive(Default)]
struct Asm(Vec<u32>);

impl Asm {
    fn here(&self) -> usize {
        self.0.len()
    }
    /// `MOVZ` and as many `MOVK` as it takes.
    fn mov(&mut self, d: u32, value: u64) {
        self.0.push(0xd280_0000 | (value as u32 & 0xffff) << 5 | d);
        for half in 1..4 {
            let bits = (value >> (16 * half)) as u32 & 0xffff;
            if bits != 0 {
                self.0.push(0xf280_0000 | half << 21 | bits << 5 | d);
            }
        }
    }
    fn add(&mut self, d: u32, n: u32, imm: u32) {
        assert!(imm < 4096);
        self.0.push(0x9100_0000 | imm << 10 | n << 5 | d);
    }
    fn sub(&mut self, d: u32, n: u32, imm: u32) {
        self.0.push(0xd100_0000 | imm << 10 | n << 5 | d);
    }
    fn ldr(&mut self, t: u32, n: u32, offset: usize) {
        self.0.push(0xf940_0000 | (offset as u32 / 8) << 10 | n << 5 | t);
    }
    fn str(&mut self, t: u32, n: u32, offset: usize) {
        self.0.push(0xf900_0000 | (offset as u32 / 8) << 10 | n << 5 | t);
    }
    /// `LDR Q<t>, [X<n>], #16`
    fn ldr_q_post(&mut self, t: u32, n: u32) {
        self.0.push(0x3cc1_0400 | n << 5 | t);
    }
    fn str_q_post(&mut self, t: u32, n: u32) {
        self.0.push(0x3c81_0400 | n << 5 | t);
    }
    fn mrs_tpidr(&mut self, t: u32) {
        self.0.push(0xd53b_d040 | t);
    }
    fn msr_tpidr(&mut self, t: u32) {
        self.0.push(0xd51b_d040 | t);
    }
    fn cbz(&mut self, t: u32) -> usize {
        self.0.push(0xb400_0000 | t);
        self.here() - 1
    }
    fn cbnz_back(&mut self, t: u32, target: usize) {
        let offset = (target as i32 - self.here() as i32) as u32 & 0x7_ffff;
        self.0.push(0xb500_0000 | offset << 5 | t);
    }
    /// Lets the branch at `branch` go here.
    fn patch(&mut self, branch: usize) {
        self.0[branch] |= ((self.here() - branch) as u32) << 5;
    }
    fn syscall(&mut self, number: u64, args: &[u64]) {
        for (i, &arg) in args.iter().enumerate() {
            self.mov(i as u32, arg);
        }
        self.mov(8, number);
        self.0.push(0xd400_0001);
    }
    fn ret(&mut self) {
        self.0.push(0xd65f_03c0);
    }
    /// Copies `bytes` from `[X<from>]` to `[X<to>]`, advancing both. Uses X17 and V0.
    fn copy(&mut self, to: u32, from: u32, bytes: usize) {
        assert!(bytes.is_multiple_of(16));
        self.mov(17, bytes as u64 / 16);
        let top = self.here();
        self.ldr_q_post(0, from);
        self.str_q_post(0, to);
        self.sub(17, 17, 1);
        self.cbnz_back(17, top);
    }
}

/// Linux system call numbers and constants (asm-generic/unistd.h, mman-common.h, signal-defs.h).
mod sys {
    pub const EXIT: u64 = 93;
    pub const SIGALTSTACK: u64 = 132;
    pub const RT_SIGACTION: u64 = 134;
    pub const MMAP: u64 = 222;
    pub const MPROTECT: u64 = 226;
    pub const READ: u64 = 1;
    pub const WRITE: u64 = 2;
    pub const EXEC: u64 = 4;
    pub const SHARED_FIXED: u64 = 0x11;
    pub const PRIVATE_FIXED: u64 = 0x12;
    pub const PRIVATE_FIXED_ANON: u64 = 0x32;
    pub const NO_FD: u64 = u64::MAX;
    /// `SA_SIGINFO | SA_ONSTACK | SA_NODEFER`
    pub const SA_FLAGS: u64 = 0x4800_0004;
}

/// The signals that a case can end with: ILL, TRAP, BUS, FPE, SEGV.
const SIGNALS: [u64; 5] = [4, 5, 7, 8, 11];

fn program() -> (Vec<u32>, u64) {
    let mut a = Asm::default();
    let (code, pool) = (input::CODE as u64, input::POOL as u64);
    let anon = |a: &mut Asm, addr, size| {
        let prot = sys::READ | sys::WRITE;
        a.syscall(sys::MMAP, &[addr, size, prot, sys::PRIVATE_FIXED_ANON, sys::NO_FD, 0]);
    };
    let prot = sys::READ | sys::EXEC;
    a.syscall(sys::MMAP, &[layout::CODE, layout::CODE_SIZE, prot, sys::PRIVATE_FIXED, 0, code]);
    let size = (input::SIZE - input::POOL) as u64;
    a.syscall(sys::MMAP, &[input::POOL_ADDR, size, sys::READ, sys::PRIVATE_FIXED, 0, pool]);
    let prot = sys::READ | sys::WRITE;
    let size = output::SIZE as u64;
    a.syscall(sys::MMAP, &[output::ADDR, size, prot, sys::SHARED_FIXED, 1, 0]);
    anon(&mut a, layout::READ_ONLY, layout::DATA_END - layout::READ_ONLY);
    anon(&mut a, STACK, STACK_SIZE);
    a.mov(0, layout::READ_ONLY);
    a.mov(1, input::POOL_ADDR);
    a.copy(0, 1, layout::PAGE as usize);
    a.syscall(sys::MPROTECT, &[layout::READ_ONLY, layout::PAGE, sys::READ]);
    a.syscall(sys::SIGALTSTACK, &[PROGRAM + SIGALTSTACK, 0]);
    for signal in SIGNALS {
        a.syscall(sys::RT_SIGACTION, &[signal, PROGRAM + SIGACTION, 0, 8]);
    }
    a.0.push(super::case::STOP);

    let handler = PROGRAM + a.here() as u64 * 4;
    // X0 signal, X1 siginfo, X2 ucontext, X30 to sigreturn; all others are free.
    a.mov(9, output::ADDR);
    a.ldr(3, 9, output::NEXT_OUTCOME);
    a.copy(3, 1, 32);
    a.mrs_tpidr(4);
    a.str(4, 3, 0);
    a.add(3, 3, 16);
    a.add(5, 2, UC_SIGCONTEXT);
    a.copy(3, 5, FRAME);
    a.ldr(5, 9, output::RECORD);
    a.ldr(6, 5, record::WINDOW);
    a.copy(3, 6, WINDOW);
    a.str(3, 9, output::NEXT_OUTCOME);
    a.ldr(7, 9, output::REMAINING);
    let done = a.cbz(7);
    a.sub(7, 7, 1);
    a.str(7, 9, output::REMAINING);
    a.add(5, 5, record::SIZE as u32);
    a.str(5, 9, output::RECORD);
    a.ldr(6, 5, record::WINDOW);
    a.ldr(7, 5, record::CONTENTS);
    a.copy(6, 7, WINDOW);
    a.ldr(4, 5, record::TPIDR);
    a.msr_tpidr(4);
    a.add(5, 5, record::FRAME as u32);
    a.add(6, 2, UC_SIGCONTEXT);
    a.copy(6, 5, FRAME);
    a.ret();
    a.patch(done);
    a.syscall(sys::EXIT, &[0]);
    assert!(a.0.len() * 4 <= TABLES as usize);
    (a.0, handler)
}

/// The program as an ELF file.
pub fn elf() -> Vec<u8> {
    let (code, handler) = program();
    let mut image: Vec<u8> = code.iter().flat_map(|w| w.to_le_bytes()).collect();
    image.resize(TABLES as usize, 0);
    for word in [handler, sys::SA_FLAGS, 0, 0, STACK, 0, STACK_SIZE] {
        image.extend_from_slice(&word.to_le_bytes());
    }
    assert_eq!(image.len(), PROGRAM_SIZE);

    /// File offset of the segment.
    const OFFSET: u64 = 4096;
    let mut elf = Vec::new();
    // Elf64_Ehdr: ELFCLASS64, little-endian, ET_EXEC, EM_AARCH64, one program header.
    elf.extend_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let halves = |elf: &mut Vec<u8>, values: &[u16]| {
        values.iter().for_each(|v| elf.extend_from_slice(&v.to_le_bytes()));
    };
    let words = |elf: &mut Vec<u8>, values: &[u64]| {
        values.iter().for_each(|v| elf.extend_from_slice(&v.to_le_bytes()));
    };
    halves(&mut elf, &[2, 183, 1, 0]); // e_type, e_machine, e_version
    words(&mut elf, &[PROGRAM, 64, 0]); // e_entry, e_phoff, e_shoff
    halves(&mut elf, &[0, 0, 64, 56, 1, 64, 0, 0]); // e_flags to e_shstrndx
    // Elf64_Phdr: PT_LOAD, readable and executable.
    let size = PROGRAM_SIZE as u64;
    words(&mut elf, &[1 | 5 << 32, OFFSET, PROGRAM, PROGRAM, size, size, 4096]);
    elf.resize(OFFSET as usize, 0);
    elf.extend_from_slice(&image);
    elf
}
