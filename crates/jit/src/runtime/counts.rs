//! What a thread knows about addresses that it interprets: how often they were reached, and where there is
//! code of earlier processes.
//!
//! Every branch of interpreted code asks, so it is a table without locks, in which addresses may share
//! a place: what is said of one of them is then said of both, which costs time and nothing else.

use std::ops::Range;

use host::code::Table;

/// The size of the table.
pub const PLACES: usize = 1 << 17;
/// In a place: there is code for the address. The lower bits count.
const ENTRY: u8 = 0x80;
const COUNT: u8 = 0x7f;

/// How often an address is reached before it is hot, where earlier processes have left code: what two processes reach
/// so often is likely to be reached by more, for which it costs nothing. With 2, files become so large that to
/// load them takes more time than they save.
const EARLY: u8 = 4;
/// How many addresses may become hot early in one process: a part of those that there is code for, because a second
/// run must not take longer than the first, and some.
const EARLY_PART: u32 = 4;
const EARLY_MORE: u32 = 4;

/// See the module's documentation.
#[derive(Debug)]
pub struct Counts {
    places: Table<u8>,
    threshold: u8,
    /// How many returns there were.
    returns: u8,
    /// Addresses whose entries are in the table; all there are, if there are no files.
    known: Vec<Known>,
    /// The one of them that was looked at last.
    last: Known,
    has_files: bool,
    /// How many more addresses may become hot early.
    early: u32,
    /// What [`Self::stops`] found out about an address.
    found: Option<(u64, Heat)>,
}

/// Whether the code at an address is worth translating.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heat {
    /// Not yet.
    Cold,
    /// For the processes after this one, so only if it can be kept.
    Early,
    /// For this process.
    Hot,
}

/// A range of addresses whose entries are in the table.
#[derive(Clone, Debug)]
struct Known {
    range: Range<u64>,
    /// Earlier processes have left code for some.
    has_code: bool,
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
            last: Known { range: 0..0, has_code: false },
            has_files,
            early: 0,
            found: None,
        };
        counts.begin();
        counts
    }

    /// Nothing is known of files, unless it is known that there are none.
    fn begin(&mut self) {
        self.returns = 0;
        self.found = None;
        self.early = 0;
        self.known.clear();
        let range = if self.has_files { 0..0 } else { 0..u64::MAX };
        self.last = Known { range, has_code: false };
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
        if self.last.range.contains(&pc) {
            return true;
        }
        match self.known.iter().find(|known| known.range.contains(&pc)) {
            Some(known) => self.last = known.clone(),
            None => return false,
        }
        true
    }

    /// There is code for `pc`.
    pub fn add_entry(&mut self, pc: u64) {
        *self.place(pc) |= ENTRY;
    }

    /// Code has been made for `pc`.
    pub fn add_new(&mut self, pc: u64) {
        self.add_entry(pc);
        self.early = self.early.saturating_sub(1);
    }

    /// All entries in `range` have been added, which are `count`.
    pub fn learn(&mut self, range: Range<u64>, count: u32) {
        self.last = Known { range, has_code: count > 0 };
        self.known.push(self.last.clone());
        if count > 0 {
            self.early += count / EARLY_PART + EARLY_MORE;
        }
    }

    /// Other files may be there now. What is said of code that is gone costs little, so it stays where no file had any.
    pub fn forget_files(&mut self) {
        if self.known.is_empty() {
            return;
        }
        if self.known.iter().any(|known| known.has_code) {
            self.places.iter_mut().for_each(|place| *place &= COUNT);
        }
        self.begin();
    }

    /// What is said of the addresses in `range`, few ones, was said of other code.
    pub fn forget_code(&mut self, range: Range<u64>) {
        for pc in range.step_by(4) {
            *self.place(pc) = 0;
        }
    }

    /// The same as [`Self::forget_files`] for those that are mapped in `range`.
    pub fn forget_mapping(&mut self, range: &Range<u64>) {
        let is_hit = |known: &Known| known.range.start < range.end && range.start < known.range.end;
        if self.known.iter().any(|known| is_hit(known) && known.has_code) {
            return self.forget_files();
        }
        self.known.retain(|known| !is_hit(known));
        if self.has_files && is_hit(&self.last) {
            self.last = Known { range: 0..0, has_code: false };
        }
    }

    /// Counts that the interpreter reaches `pc`: whether it stops there, because there is code, may be, or should be.
    pub fn stops(&mut self, pc: u64, by_return: bool) -> bool {
        if self.may_be_entry(pc) {
            return true;
        }
        let heat = self.heat(pc, by_return);
        let stops = heat != Heat::Cold;
        self.found = stops.then_some((pc, heat));
        stops
    }

    fn may_be_entry(&mut self, pc: u64) -> bool {
        !self.knows(pc) || *self.place(pc) & ENTRY != 0
    }

    /// Counts that `pc` is reached, unless [`Self::stops`] just did.
    ///
    /// Where a call returns to is in the middle of a function, whose beginning, or a loop in it, should become hot
    /// first and be translated as a whole. So of the returns only one in eight counts.
    pub fn heat(&mut self, pc: u64, by_return: bool) -> Heat {
        if let Some((found, heat)) = self.found.take()
            && found == pc
        {
            return heat;
        }
        if by_return {
            self.returns = self.returns.wrapping_add(1);
            if !self.returns.is_multiple_of(8) {
                return Heat::Cold;
            }
        }
        let is_known = self.last.has_code && self.last.range.contains(&pc);
        let is_early = self.early > 0 && is_known;
        let place = self.place(pc);
        if *place & COUNT != COUNT {
            *place += 1;
        }
        let count = *place & COUNT;
        if count >= self.threshold {
            Heat::Hot
        } else if is_early && count == EARLY {
            Heat::Early
        } else {
            Heat::Cold
        }
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
        let found = [(); 5].map(|()| counts.heat(0x40_0000, false) == Heat::Hot);
        assert_eq!(found, [false, false, true, true, true]);
        assert!(counts.has_reached(0x40_0000) && !counts.has_reached(0x40_0004));
        let returns = (0..16).filter(|_| counts.heat(0x40_0008, true) == Heat::Hot).count();
        assert_eq!(returns, 0);
    }

    #[test]
    fn entries_of_files_are_known_until_files_are_forgotten() {
        let mut counts = Counts::new(table(), 3, true);
        assert!(counts.may_be_entry(0x40_0000));
        counts.add_entry(0x40_0010);
        counts.learn(0x40_0000..0x40_1000, 1);
        counts.learn(0x50_0000..0x50_1000, 0);
        let pcs = [0x40_0000, 0x40_0010, 0x50_0000, 0x60_0000];
        assert_eq!(pcs.map(|pc| counts.may_be_entry(pc)), [false, true, false, true]);
        counts.forget_files();
        assert!(counts.may_be_entry(0x40_0000));
        assert!(!counts.has_reached(0x40_0010));
        assert!(!Counts::new(table(), 3, false).may_be_entry(0x40_0000));
    }

    #[test]
    fn where_files_have_code_a_part_becomes_hot_early() {
        let mut counts = Counts::new(table(), 32, true);
        counts.learn(0x40_0000..0x50_0000, 20);
        counts.learn(0x50_0000..0x60_0000, 0);
        let mut until_hot = |pc| {
            assert!(counts.knows(pc));
            let times = (1..).find(|_| counts.stops(pc, false)).unwrap();
            counts.add_new(pc);
            times
        };
        // Nine may be early; this one is not, but it is new.
        assert_eq!(until_hot(0x50_1000), 32);
        let times: Vec<u8> = (0..9).map(|n| until_hot(0x40_0000 + 4 * n)).collect();
        assert_eq!(times, [4, 4, 4, 4, 4, 4, 4, 4, 32]);
    }

    #[test]
    fn what_was_said_of_other_code_is_not_said_of_new_code() {
        let mut counts = Counts::new(table(), 3, true);
        counts.learn(0x40_0000..0x40_1000, 1);
        counts.learn(0x50_0000..0x50_1000, 0);
        let heats = [(); 5].map(|()| counts.heat(0x40_0000, false));
        assert_eq!(heats[4], Heat::Hot);
        counts.add_entry(0x40_0004);
        counts.forget_code(0x40_0000..0x40_0040);
        assert!(!counts.has_reached(0x40_0000) && !counts.may_be_entry(0x40_0004));
        counts.forget_mapping(&(0x50_0800..0x50_0900));
        assert!(counts.knows(0x40_0000) && !counts.knows(0x50_0000));
        counts.forget_mapping(&(0x40_0800..0x40_0900));
        assert!(!counts.knows(0x40_0000), "it has code, which may be another file's now");
    }
}
