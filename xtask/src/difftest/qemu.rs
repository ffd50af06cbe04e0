//! QEMU's user-mode emulator as an executor.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use abi::signal::{Signal, code::ILL_ILLOPC};
use engine::aarch64::Registers;

use super::case::{BATCH, Batch, Case, Executor, Outcome, Stop, WINDOW};
use super::guest::{self, frame, input, outcome, output, record};
use super::known;

/// How long a batch may take; a busy machine needs a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// The fields of PSTATE that a case sets and shows (C5.2): N, Z, C, V; DIT and SSBS.
const NZCV: u32 = 0xf000_0000;
const OTHER_PSTATE: u32 = 1 << 24 | 1 << 12;

/// Stride and Len of FPCR, and N, Z, C, V of FPSR: QEMU's model has AArch32, whose FPSCR keeps them
/// there. They mean nothing in AArch64 state and are RES0 without AArch32 (C5.2.8, C5.2.9).
const FPCR_AARCH32: u32 = 0x0037_0000;
const FPSR_AARCH32: u32 = 0xf000_0000;

/// Linux calls every undefined instruction ILL_ILLOPC (`do_el0_undef()` in
/// arch/arm64/kernel/traps.c); QEMU says ILL_ILLOPN.
const SIGILL: i32 = Signal::SIGILL.number() as i32;

/// Runs cases in `qemu-aarch64`.
pub struct Qemu {
    model: &'static str,
    /// Holds the program and the two files it maps; emptied at the end.
    dir: PathBuf,
}

impl Qemu {
    /// `id` tells the executors of this process apart.
    pub fn new(id: usize) -> Result<Self> {
        let name = format!("elfuse-difftest-{}-{id}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).map_err(|e| format!("cannot create {}: {e}", dir.display()))?;
        let program = dir.join("driver");
        fs::write(&program, guest::elf())?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        Ok(Self { model: known::model(""), dir })
    }

    /// Uses another model: an argument of `-cpu`.
    pub fn set_model(&mut self, model: &'static str) {
        self.model = model;
    }

    /// Runs the cases from `first` on, until the end or until one does not come back. Slots do
    /// not move, so that a case means the same whichever was the first.
    fn run_from(&self, batch: &Batch, first: usize) -> Result<(Vec<Outcome>, Option<Stop>)> {
        let cases = &batch.cases[first..];
        let open = |name| -> Result<File> {
            Ok(File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(self.dir.join(name))?)
        };
        let mut cases_file = open("cases")?;
        cases_file.set_len(input::SIZE as u64)?;
        cases_file.write_all(&input_image(batch, cases))?;
        cases_file.rewind()?;
        let mut outcomes_file = open("outcomes")?;
        outcomes_file.set_len(output::SIZE as u64)?;
        let header =
            [output::ADDR + output::OUTCOMES as u64, input::RECORDS_ADDR, cases.len() as u64];
        outcomes_file.write_all(header.map(u64::to_le_bytes).as_flattened())?;

        let mut child = Command::new("qemu-aarch64")
            .args(["-cpu", self.model])
            .arg(self.dir.join("driver"))
            .stdin(Stdio::from(cases_file))
            .stdout(Stdio::from(outcomes_file.try_clone()?))
            // It says there what it aborts for.
            .stderr(Stdio::from(File::create(self.dir.join("stderr"))?))
            .spawn()
            .map_err(|e| format!("cannot start qemu-aarch64 (Debian package qemu-user): {e}"))?;
        let deadline = Instant::now() + PATIENCE;
        let stop = loop {
            match child.try_wait()? {
                Some(status) if status.success() => break None,
                Some(_) => break Some(Stop::Died),
                None if Instant::now() > deadline => {
                    child.kill()?;
                    child.wait()?;
                    break Some(Stop::Hang);
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };

        let mut head = [0; output::OUTCOMES];
        outcomes_file.rewind()?;
        outcomes_file.read_exact(&mut head)?;
        let next = u64_at(&head, output::NEXT_OUTCOME) - output::ADDR - output::OUTCOMES as u64;
        // The dummy record's outcome comes first.
        let finished = (next as usize / outcome::SIZE).saturating_sub(1);
        if next == 0 || stop.is_none() && finished < cases.len() {
            let why = fs::read_to_string(self.dir.join("stderr"))?;
            return Err(format!("the guest program does not run under qemu-aarch64: {why}").into());
        }
        let mut bytes = vec![0; next as usize];
        outcomes_file.read_exact(&mut bytes)?;
        let outcomes = bytes.chunks_exact(outcome::SIZE).skip(1).map(read_outcome).collect();
        Ok((outcomes, stop))
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // Left-overs in the temporary directory are all that a failure means.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Executor for Qemu {
    fn name(&self) -> &str {
        "qemu-aarch64"
    }

    fn run(&mut self, batch: &Batch) -> Result<Vec<Outcome>> {
        assert!(batch.cases.len() <= BATCH, "a batch has no more slots");
        let mut all = Vec::with_capacity(batch.cases.len());
        while all.len() < batch.cases.len() {
            let (outcomes, stop) = self.run_from(batch, all.len())?;
            all.extend(outcomes);
            if let Some(stop) = stop {
                let culprit = &batch.cases[all.len()];
                all.push(Outcome { stop, regs: culprit.regs.clone(), window: vec![0; WINDOW] });
            }
        }
        Ok(all)
    }
}

fn input_image(batch: &Batch, cases: &[Case]) -> Vec<u8> {
    let mut image = vec![0; input::SIZE];
    image[input::CODE..input::POOL].copy_from_slice(&batch.code());
    image[input::POOL..][..batch.pool.len()].copy_from_slice(&batch.pool);
    let mut records = image[input::RECORDS..].chunks_exact_mut(record::SIZE);
    // The dummy: only its window is looked at.
    let dummy = cases.first();
    for (bytes, case) in records.by_ref().zip(dummy.into_iter().chain(cases)) {
        write_record(bytes, case);
    }
    image
}

fn write_record(bytes: &mut [u8], case: &Case) {
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    let regs = &case.regs;
    put(record::WINDOW, &case.window.to_le_bytes());
    put(record::CONTENTS, &(input::POOL_ADDR + case.pool_offset as u64).to_le_bytes());
    put(record::TPIDR, &regs.tpidr_el0.to_le_bytes());
    let at = |offset| record::FRAME + offset;
    put(at(frame::X), regs.x.map(u64::to_le_bytes).as_flattened());
    put(at(frame::SP), &regs.sp.to_le_bytes());
    put(at(frame::PC), &regs.pc.to_le_bytes());
    put(at(frame::PSTATE), &u64::from(regs.nzcv | regs.pstate).to_le_bytes());
    put(at(frame::FPSIMD), frame::FPSIMD_HEAD.map(u32::to_le_bytes).as_flattened());
    put(at(frame::FPSR), &regs.fpsr.to_le_bytes());
    put(at(frame::FPCR), &regs.fpcr.to_le_bytes());
    put(at(frame::V), regs.v.map(u128::to_le_bytes).as_flattened());
}

fn read_outcome(bytes: &[u8]) -> Outcome {
    let at = |offset| outcome::FRAME + offset;
    let mut regs = Registers::new();
    for (i, x) in regs.x.iter_mut().enumerate() {
        *x = u64_at(bytes, at(frame::X) + 8 * i);
    }
    for (v, bytes) in regs.v.iter_mut().zip(bytes[at(frame::V)..].chunks_exact(16)) {
        *v = u128::from_le_bytes(bytes.try_into().expect("chunks of 16"));
    }
    regs.sp = u64_at(bytes, at(frame::SP));
    regs.pc = u64_at(bytes, at(frame::PC));
    regs.tpidr_el0 = u64_at(bytes, outcome::TPIDR);
    let pstate = u32_at(bytes, at(frame::PSTATE));
    regs.nzcv = pstate & NZCV;
    regs.pstate = pstate & OTHER_PSTATE;
    regs.fpsr = u32_at(bytes, at(frame::FPSR)) & !FPSR_AARCH32;
    regs.fpcr = u32_at(bytes, at(frame::FPCR)) & !FPCR_AARCH32;
    let info = &bytes[outcome::SIGINFO..];
    let number = u32_at(info, 0) as i32;
    let stop = Stop::Signal {
        number,
        code: if number == SIGILL { ILL_ILLOPC } else { u32_at(info, 8) as i32 },
        addr: u64_at(info, 16),
    };
    Outcome { stop, regs, window: bytes[outcome::WINDOW..][..WINDOW].to_vec() }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}
