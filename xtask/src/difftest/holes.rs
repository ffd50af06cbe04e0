//! Random words that the decoder table does not have: what does QEMU make of them?
//!
//! The answer is a list of mnemonics to look through by eye. Those of extensions that an Apple M1
//! lacks belong there; any other is a line that the table misses.

use std::collections::BTreeMap;

use crate::Result;

use super::case::{BATCH, Batch, Case, Executor, Outcome, Stop};
use super::qemu::Qemu;
use super::{QEMU_CPU, compare, generate, has_own_signal, rng};

/// Tries `count` words and prints what QEMU executes.
pub fn run(count: usize, seed: u64) -> Result<()> {
    let mut qemu = Qemu::new(QEMU_CPU, 0)?;
    let mut executed = Vec::new();
    for first in (0..count).step_by(BATCH) {
        let cases = (first..count.min(first + BATCH))
            .map(|i| generate::hole(rng::derive(seed, "", i as u64), i - first))
            .collect();
        let batch = Batch { cases, pool: generate::pool() };
        let outcomes = qemu.run(&batch)?;
        let known = |(case, outcome): &(&Case, &Outcome)| !is_undefined(case, outcome);
        executed.extend(batch.cases.iter().zip(&outcomes).filter(known).map(|(c, _)| c.word()));
    }
    println!("{} of {count} words without a line are executed by QEMU:", executed.len());
    let mut mnemonics: BTreeMap<String, (usize, u32, String)> = BTreeMap::new();
    let disassembly = compare::disassemble_all(&executed, 0)?;
    for (&word, text) in executed.iter().zip(disassembly) {
        let mnemonic = text.split(' ').next().unwrap_or_default().to_owned();
        mnemonics.entry(mnemonic).or_insert((0, word, text)).0 += 1;
    }
    for (mnemonic, (count, word, text)) in mnemonics {
        println!("{count:8}  {mnemonic:12}  {word:#010x}  {text}");
    }
    Ok(())
}

fn is_undefined(case: &Case, outcome: &Outcome) -> bool {
    matches!(outcome.stop, Stop::Signal { number: 4, .. }) && has_own_signal(case, outcome)
}
