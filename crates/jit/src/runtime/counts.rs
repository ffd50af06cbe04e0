//! What a thread knows about addresses that it interprets: how often they were reached, and where there is
//! code of earlier processes.
//!
//! Every branch of interpreted code asks, so it is a table without locks, in which addresses may share
//! a place: what is said of one of them is then said of both, which costs time and nothing else.

use std::ops::Range;

use host::code::Table;

/// The size of the table.
pub const PLACES: usize = 1 << 17;
/// In a place: there is an entry of a file's. The lower bits count.
const ENTRY: u8 = 0x80;
const COUNT: u8 = 0x7f;

/// See the module's documentation.
#[derive(Debug)]
pub struct Counts {
    places: Table<u8>,
    threshold: u8,
    /// How many returns there were.
    returns: u8,
    /// Addresses whose entries are in the table; all there are, if there are no files.
    known: Vec<Range<u64>>,
    /// The one of them that was looked at last.
    last: Range<u64>,
    has_entries: bool,
    has_files: bool,
}

impl Counts {
    /// Nothing was reached yet; `places` are zero. What is reached `threshold` times is hot. There may be files:
    /// `has_files`.
    pub fn new(places: Table<u8>, threshold: u8, has_files: bool) -> Self {
        let mut counts = Self {
            places,
            threshold: threshold.min(COUNT),
            returns: 0,
            known: Vec::new(),
            last: 0..0,
            has_entries: false,
            has_files,
        };
        counts.begin();
        counts
    }

    /// Nothing is known of files, unless it is known that there are none.
    fn begin(&mut self) {
        self.returns = 0;
        self.has_entries = false;
        self.known.clear();
        self.last = if self.has_files { 0..0 } else { 0..u64::MAX };
    }

    /// Nothing of this program was reached yet.
    pub fn clear(&mut self) {
        self.places.clear();
        self.begin();
    }

    /// In a child of `fork`: nothing was reached yet.
    pub fn clear_in_child(&mut self) {
        self.places.clear_in_child();
        self.begin();
    }

    fn place(&mut self, pc: u64) -> &mut u8 {
        &mut self.places[place(pc)]
    }

    /// Whether it has been found out which entries there are around `pc`.
    pub fn knows(&mut self, pc: u64) -> bool {
        if self.last.contains(&pc) {
            return true;
        }
        match self.known.iter().find(|range| range.contains(&pc)) {
            Some(range) => self.last = range.clone(),
            None => return false,
        }
        true
    }

    /// There is code in a file for `pc`.
    pub fn add_entry(&mut self, pc: u64) {
        *self.place(pc) |= ENTRY;
        self.has_entries = true;
    }

    /// All entries in `range` have been added.
    pub fn learn(&mut self, range: Range<u64>) {
        self.last = range.clone();
        self.known.push(range);
    }

    /// Other files may be there now.
    pub fn forget_files(&mut self) {
        if self.known.is_empty() {
            return;
        }
        if self.has_entries {
            self.places.iter_mut().for_each(|place| *place &= COUNT);
        }
        self.begin();
    }

    /// Whether a file has code for `pc`, or may have.
    pub fn may_be_entry(&mut self, pc: u64) -> bool {
        !self.knows(pc) || *self.place(pc) & ENTRY != 0
    }

    /// Counts that `pc` is reached: whether its code has become worth translating.
    ///
    /// Where a call returns to is in the middle of a function, whose beginning, or a loop in it, should become hot
    /// first and be translated as a whole. So of the returns only one in eight counts.
    pub fn is_hot(&mut self, pc: u64, by_return: bool) -> bool {
        if by_return {
            self.returns = self.returns.wrapping_add(1);
            if !self.returns.is_multiple_of(8) {
                return false;
            }
        }
        let threshold = self.threshold;
        let place = self.place(pc);
        if *place & COUNT != COUNT {
            *place += 1;
        }
        *place & COUNT >= threshold
    }

    /// Whether a branch to `pc` has been seen; always, if nothing is interpreted first.
    pub fn has_reached(&self, pc: u64) -> bool {
        self.threshold <= 1 || self.places[place(pc)] & COUNT > 0
    }
}

fn place(pc: u64) -> usize {
    (pc >> 2) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<u8> {
        Table::new(PLACES).unwrap()
    }

    #[test]
    fn what_is_reached_often_is_hot() {
        let mut counts = Counts::new(table(), 3, false);
        let found = [(); 5].map(|()| counts.is_hot(0x40_0000, false));
        assert_eq!(found, [false, false, true, true, true]);
        assert!(counts.has_reached(0x40_0000) && !counts.has_reached(0x40_0004));
        let returns = (0..16).filter(|_| counts.is_hot(0x40_0008, true)).count();
        assert_eq!(returns, 0);
    }

    #[test]
    fn entries_of_files_are_known_until_files_are_forgotten() {
        let mut counts = Counts::new(table(), 3, true);
        assert!(counts.may_be_entry(0x40_0000));
        counts.add_entry(0x40_0010);
        counts.learn(0x40_0000..0x40_1000);
        counts.learn(0x50_0000..0x50_1000);
        let pcs = [0x40_0000, 0x40_0010, 0x50_0000, 0x60_0000];
        assert_eq!(pcs.map(|pc| counts.may_be_entry(pc)), [false, true, false, true]);
        counts.forget_files();
        assert!(counts.may_be_entry(0x40_0000));
        assert!(!counts.has_reached(0x40_0010));
        assert!(!Counts::new(table(), 3, false).may_be_entry(0x40_0000));
    }
}
