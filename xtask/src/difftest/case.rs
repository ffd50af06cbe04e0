//! A case: one instruction (with what must surround it) and the machine state it meets.

use engine::aarch64::Registers;

/// Where things are in the guest, on every executor.
///
/// Above 4 GiB, so that a truncated address shows; below 2^44, so that sums and small multiples of
/// these addresses stay away from QEMU's own memory, which a guest of QEMU can reach.
pub mod layout {
    /// Instruction slots, [`super::SLOT_BYTES`] each, one per case of a batch.
    pub const CODE: u64 = 0x12_3456_0000;
    /// The size of the slots of a full batch.
    pub const CODE_SIZE: u64 = (super::BATCH * super::SLOT_BYTES) as u64;
    /// A page that may only be read; it holds the first page of the pool.
    pub const READ_ONLY: u64 = 0x15_5ab0_0000;
    /// The pages that may be written, directly above; neither side of the whole has a neighbour.
    pub const DATA: u64 = READ_ONLY + PAGE;
    /// The end of the writable pages.
    pub const DATA_END: u64 = DATA + 2 * PAGE;
    /// Guest and host page size.
    pub const PAGE: u64 = 4096;
    /// Nothing is mapped within 4 GiB of here.
    pub const NOWHERE: u64 = 0x17_0000_0000;
}

/// The number of cases that one guest program runs.
pub const BATCH: usize = 8192;
/// Words that a slot has; those behind the case's own are [`STOP`].
pub const SLOT_WORDS: usize = 4;
/// The size of a slot.
pub const SLOT_BYTES: usize = SLOT_WORDS * 4;
/// `BRK #0`: ends every case.
pub const STOP: u32 = 0xd420_0000;
/// The bytes of memory that a case can see change.
pub const WINDOW: usize = 1024;
/// The bytes of random memory contents that a batch draws its windows from.
pub const POOL: usize = 64 * 1024;

/// An instruction and the state before it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The line of the decoder table that the case is for; `None` for a random word.
    pub line: Option<usize>,
    /// What it was generated from.
    pub seed: u64,
    /// Instructions, at `regs.pc`; the one of interest is the last.
    pub code: Vec<u32>,
    /// The registers.
    pub regs: Registers,
    /// The guest address of the window, a multiple of 64 in the writable pages.
    pub window: u64,
    /// Where in the pool its contents begin, a multiple of 16.
    pub pool_offset: usize,
}

impl Case {
    /// The instruction of interest.
    pub fn word(&self) -> u32 {
        *self.code.last().expect("a case has an instruction")
    }
}

/// Cases that run in one guest program, and the memory they share.
#[derive(Debug)]
pub struct Batch {
    /// At most [`BATCH`], each in a slot of its own.
    pub cases: Vec<Case>,
    /// [`POOL`] bytes.
    pub pool: Vec<u8>,
}

impl Batch {
    /// The address of slot `i`.
    pub fn slot(i: usize) -> u64 {
        layout::CODE + (i * SLOT_BYTES) as u64
    }

    /// The slot that a case is in.
    pub fn slot_of(case: &Case) -> usize {
        (case.regs.pc - layout::CODE) as usize / SLOT_BYTES
    }

    /// The contents of all slots; 0 (UDF) where there is no case.
    pub fn code(&self) -> Vec<u8> {
        let mut words = vec![0u32; BATCH * SLOT_WORDS];
        for case in &self.cases {
            let at = Self::slot_of(case) * SLOT_WORDS;
            words[at..at + SLOT_WORDS].fill(STOP);
            words[at..at + case.code.len()].copy_from_slice(&case.code);
        }
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The contents of a case's window before it.
    pub fn window_before(&self, case: &Case) -> &[u8] {
        &self.pool[case.pool_offset..case.pool_offset + WINDOW]
    }
}

/// Why a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// With a signal, as Linux reports it. `SIGTRAP` at one of the slot's [`STOP`]s is the usual end.
    Signal {
        /// `si_signo`.
        number: i32,
        /// `si_code`.
        code: i32,
        /// `si_addr`, without its tag bits.
        addr: u64,
    },
    /// The executor did not come back.
    Hang,
    /// The executor itself ended.
    Died,
}

/// The state after a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it ended.
    pub stop: Stop,
    /// The registers.
    pub regs: Registers,
    /// The window's contents, [`WINDOW`] bytes.
    pub window: Vec<u8>,
}

/// Something that runs cases: QEMU, or an engine of ours.
pub trait Executor {
    /// What reports call it.
    fn name(&self) -> &str;

    /// Runs every case and returns as many outcomes, in the same order.
    fn run(&mut self, batch: &Batch) -> crate::Result<Vec<Outcome>>;
}
