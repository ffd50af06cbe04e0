//! From an instruction word to its line in the table.
//!
//! The table is sorted, at compile time, into buckets by bits 31–21, which almost tell
//! instructions apart; within a bucket lines are tried from the most to the least specific.

use super::table::{Op, for_each_pattern};

/// A line of the table in a form fit for matching.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The instruction.
    pub op: Op,
    /// Its name in the table.
    pub name: &'static str,
    /// Its encoding diagram.
    pub diagram: &'static str,
    /// The bits that are fixed.
    pub mask: u32,
    /// Their values.
    pub value: u32,
}

impl Pattern {
    const fn new(op: Op, name: &'static str, diagram: &'static str) -> Self {
        let bytes = diagram.as_bytes();
        assert!(bytes.len() == 32, "an encoding diagram has 32 bits");
        let (mut mask, mut value, mut i) = (0, 0, 0);
        while i < 32 {
            mask = mask << 1 | (bytes[i] == b'0' || bytes[i] == b'1') as u32;
            value = value << 1 | (bytes[i] == b'1') as u32;
            i += 1;
        }
        Self { op, name, diagram, mask, value }
    }

    /// Whether `word` is an instance of this line (a more specific one may match it too).
    pub const fn matches(&self, word: u32) -> bool {
        word & self.mask == self.value
    }
}

macro_rules! define_patterns {
    ($($name:ident $bits:literal;)*) => {
        /// Every line, in the order of the table; indexed by `Op as usize`.
        pub static PATTERNS: &[Pattern] = TABLE;
        const TABLE: &[Pattern] = &[$(Pattern::new(Op::$name, stringify!($name), $bits)),*];
    };
}
for_each_pattern!(define_patterns);

/// Bits 31–21 select the bucket.
const BUCKET_SHIFT: u32 = 21;
const BUCKETS: usize = 1 << (32 - BUCKET_SHIFT);
const BUCKET_MASK: u32 = u32::MAX << BUCKET_SHIFT;

/// Table indices, the most specific line first.
const BY_SPECIFICITY: [u16; TABLE.len()] = {
    let mut order = [0; TABLE.len()];
    let (mut n, mut fixed) = (0, 33);
    while fixed > 0 {
        fixed -= 1;
        let mut i = 0;
        while i < TABLE.len() {
            if TABLE[i].mask.count_ones() == fixed {
                order[n] = i as u16;
                n += 1;
            }
            i += 1;
        }
    }
    order
};

const ENTRIES: usize = {
    let (mut total, mut i) = (0, 0);
    while i < TABLE.len() {
        total += 1 << (TABLE[i].mask | !BUCKET_MASK).count_zeros();
        i += 1;
    }
    total
};

struct Buckets {
    /// `starts[b]..starts[b + 1]` are the entries of bucket `b`.
    starts: [u16; BUCKETS + 1],
    entries: [u16; ENTRIES],
}

/// The bucket after `bucket` that has words of `pattern`, in a cycle through all of them: counts in
/// the bits that the pattern leaves free.
const fn next_bucket(pattern: &Pattern, bucket: usize) -> usize {
    let fixed = (pattern.mask >> BUCKET_SHIFT) as usize;
    ((bucket | fixed) + 1) & !fixed & (BUCKETS - 1) | bucket & fixed
}

/// A counting sort: the compiler evaluates this, and trying each line with each bucket would
/// take it half a minute.
static INDEX: Buckets = {
    let mut index = Buckets { starts: [0; BUCKETS + 1], entries: [0; ENTRIES] };
    let mut ends = [0u16; BUCKETS];
    let mut i = 0;
    while i < TABLE.len() {
        let first = (TABLE[i].value >> BUCKET_SHIFT) as usize;
        let mut bucket = first;
        loop {
            ends[bucket] += 1;
            bucket = next_bucket(&TABLE[i], bucket);
            if bucket == first {
                break;
            }
        }
        i += 1;
    }
    let mut bucket = 0;
    while bucket < BUCKETS {
        index.starts[bucket + 1] = index.starts[bucket] + ends[bucket];
        ends[bucket] = index.starts[bucket];
        bucket += 1;
    }
    assert!(index.starts[BUCKETS] as usize == ENTRIES);
    let mut i = 0;
    while i < BY_SPECIFICITY.len() {
        let pattern = &TABLE[BY_SPECIFICITY[i] as usize];
        let first = (pattern.value >> BUCKET_SHIFT) as usize;
        let mut bucket = first;
        loop {
            index.entries[ends[bucket] as usize] = BY_SPECIFICITY[i];
            ends[bucket] += 1;
            bucket = next_bucket(pattern, bucket);
            if bucket == first {
                break;
            }
        }
        i += 1;
    }
    index
};

/// The instruction that `word` encodes, if the table has it.
pub fn decode(word: u32) -> Option<Op> {
    let bucket = (word >> BUCKET_SHIFT) as usize;
    let range = usize::from(INDEX.starts[bucket])..usize::from(INDEX.starts[bucket + 1]);
    INDEX.entries[range]
        .iter()
        .map(|&i| &TABLE[usize::from(i)])
        .find(|p| p.matches(word))
        .map(|p| p.op)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_agree_with_a_scan_of_the_table() {
        let mut word = 1u32;
        for _ in 0..100_000 {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let best = PATTERNS
                .iter()
                .filter(|p| p.matches(word))
                .max_by_key(|p| p.mask.count_ones())
                .map(|p| p.mask.count_ones());
            let found = decode(word).map(|op| PATTERNS[op as usize].mask.count_ones());
            assert_eq!(found, best, "{word:#010x}");
        }
    }

    #[test]
    fn no_two_lines_are_equally_specific_for_one_word() {
        for (i, a) in PATTERNS.iter().enumerate() {
            for b in &PATTERNS[i + 1..] {
                let overlap = (a.value ^ b.value) & a.mask & b.mask == 0;
                assert!(
                    !overlap || a.mask.count_ones() != b.mask.count_ones(),
                    "{} and {} tie",
                    a.name,
                    b.name
                );
            }
        }
    }
}
