//! Random words that the decoder table does not have: what does QEMU make of them?
//!
//! Words of extensions that an Apple M1 lacks are known by a list; any other that QEMU executes is
//! a line that the table misses, or a mistake of QEMU's.

use std::collections::BTreeMap;
use std::fmt;

use super::case::{BATCH, Batch, Case, Executor, Outcome, Stop};
use super::qemu::Qemu;
use super::{compare, generate, known, rng};
use crate::Result;

/// What QEMU did with the words.
pub struct Holes {
    /// How many words were tried.
    tried: usize,
    /// How many of them QEMU executed, by the extension that they belong to.
    foreign: BTreeMap<&'static str, usize>,
    /// How many made it abort.
    aborted: usize,
    /// The others that it executed, in assembly language.
    pub unexplained: Vec<String>,
}

impl fmt::Display for Holes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} random words that the table does not have; QEMU", self.tried)?;
        for (feature, count) in &self.foreign {
            writeln!(f, "{count:8} executes, of {feature}")?;
        }
        writeln!(f, "{:8} aborts on", self.aborted)?;
        writeln!(
            f,
            "{:8} executes and should not, or the table should have them",
            self.unexplained.len()
        )?;
        self.unexplained.iter().try_for_each(|text| writeln!(f, "    {text}"))
    }
}

/// Tries `count` words.
pub fn find(count: usize, seed: u64) -> Result<Holes> {
    let mut qemu = Qemu::new(0)?;
    let (mut foreign, mut aborted, mut unexplained) = (BTreeMap::new(), 0, Vec::new());
    for first in (0..count).step_by(BATCH) {
        let cases = (first..count.min(first + BATCH))
            .map(|i| generate::hole(rng::derive(seed, "", i as u64), i - first))
            .collect();
        let batch = Batch { cases, pool: generate::pool() };
        let outcomes = qemu.run(&batch)?;
        for (case, outcome) in batch.cases.iter().zip(&outcomes) {
            match known::foreign(case.word()) {
                _ if is_undefined(case, outcome) => {}
                _ if outcome.stop == Stop::Died => aborted += 1,
                Some(feature) => *foreign.entry(feature).or_default() += 1,
                None => unexplained.push(case.word()),
            }
        }
    }
    let disassembly = compare::disassemble(&unexplained, 0).unwrap_or_default();
    let texts = disassembly.into_iter().chain(std::iter::repeat(String::new()));
    let unexplained =
        unexplained.iter().zip(texts).map(|(word, text)| format!("{word:#010x}  {text}")).collect();
    Ok(Holes { tried: count, foreign, aborted, unexplained })
}

fn is_undefined(case: &Case, outcome: &Outcome) -> bool {
    matches!(outcome.stop, Stop::Signal { number: 4, .. }) && outcome.regs.pc == case.regs.pc
}
