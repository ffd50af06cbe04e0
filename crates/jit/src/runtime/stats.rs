//! What `--jit-stats` tells: how much was translated, why generated code was left, and which
//! instructions the interpreter had to execute for it.

use std::fmt;

use super::stubs::reason;
use crate::a64::{PATTERNS, decode};

/// How many of the most frequent instructions are named.
const NAMED: usize = 20;

/// Counts of one thread, or the sum of several.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Regions translated, their guest instructions and their bytes of host code.
    pub regions: u64,
    /// Guest instructions in them.
    pub instructions: u64,
    /// Bytes of host code.
    pub bytes: u64,
    /// Files of earlier translations in use, their bytes, regions and instructions.
    pub files: u64,
    /// Bytes of them.
    pub file_bytes: u64,
    /// Regions in them.
    pub file_regions: u64,
    /// Guest instructions in those.
    pub file_instructions: u64,
    /// How often code was looked for and found in such a file.
    pub found: u64,
    /// Files written.
    pub written_files: u64,
    /// Their bytes.
    pub written_bytes: u64,
    /// How often a translation that had been taken away was given back.
    pub revived: u64,
    /// How often generated code was left, by [`reason`].
    pub exits: [u64; REASONS.len()],
    /// How often a piece of code too cold to be translated was interpreted.
    pub cold: u64,
    /// Instructions that the interpreter executed for generated code, by line of the decoder table;
    /// what has no line comes last.
    pub interpreted: Vec<u64>,
}

/// The names of the reasons, by number.
const REASONS: [&str; 8] = [
    "link not linked yet",
    "jump target not in table",
    "attention",
    "system call",
    "instruction that changes code or modes",
    "interpreter left guest code",
    "fault",
    "unexpected return",
];
const _: () = assert!(reason::RETURN as usize == REASONS.len() - 1);

impl Default for Stats {
    fn default() -> Self {
        Self {
            regions: 0,
            instructions: 0,
            bytes: 0,
            files: 0,
            file_bytes: 0,
            file_regions: 0,
            file_instructions: 0,
            found: 0,
            written_files: 0,
            written_bytes: 0,
            revived: 0,
            exits: [0; REASONS.len()],
            cold: 0,
            interpreted: vec![0; PATTERNS.len() + 1],
        }
    }
}

impl Stats {
    /// The interpreter has executed `word`.
    pub fn count_interpreted(&mut self, word: u32) {
        self.interpreted[decode(word).map_or(PATTERNS.len(), |op| op as usize)] += 1;
    }

    /// Adds another thread's.
    pub fn add(&mut self, other: &Self) {
        self.regions += other.regions;
        self.instructions += other.instructions;
        self.bytes += other.bytes;
        self.files += other.files;
        self.file_bytes += other.file_bytes;
        self.file_regions += other.file_regions;
        self.file_instructions += other.file_instructions;
        self.found += other.found;
        self.written_files += other.written_files;
        self.written_bytes += other.written_bytes;
        self.revived += other.revived;
        self.cold += other.cold;
        for (sum, count) in self.exits.iter_mut().zip(other.exits) {
            *sum += count;
        }
        for (sum, count) in self.interpreted.iter_mut().zip(&other.interpreted) {
            *sum += count;
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { regions, instructions, bytes, cold, .. } = self;
        let Self { files, file_bytes, file_regions, file_instructions, found, .. } = self;
        let Self { written_files, written_bytes, revived, .. } = self;
        writeln!(
            f,
            "{regions} regions of {instructions} instructions, {bytes} bytes of host code"
        )?;
        writeln!(
            f,
            "{files} files of earlier translations: {file_regions} regions of {file_instructions} instructions, \
             {file_bytes} bytes; {found} times found there"
        )?;
        writeln!(f, "{written_files} files written, {written_bytes} bytes")?;
        writeln!(f, "{revived} regions given back whose code had not changed")?;
        writeln!(f, "{cold:12} times cold code was interpreted")?;
        for (name, count) in REASONS.iter().zip(self.exits) {
            writeln!(f, "{count:12} times left: {name}")?;
        }
        let mut lines: Vec<(usize, u64)> = self.interpreted.iter().copied().enumerate().collect();
        lines.sort_unstable_by_key(|&(_, count)| std::cmp::Reverse(count));
        for (line, count) in lines.into_iter().take(NAMED).filter(|&(_, count)| count > 0) {
            let name = PATTERNS.get(line).map_or("(undefined)", |pattern| pattern.name);
            writeln!(f, "{count:12} times interpreted: {name}")?;
        }
        Ok(())
    }
}
