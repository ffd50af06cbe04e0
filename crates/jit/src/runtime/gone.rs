//! What has gone in the latest epochs: threads that come to know of it drop just that.
//!
//! A program that generates code changes some of it all the time. A thread that then forgot all that it
//! remembers would find its targets again one by one, each under a lock, and each return that it had predicted would
//! be a surprise.

use std::collections::VecDeque;
use std::ops::Range;

/// So many epochs are remembered, and so many codes in all of them together; a thread that would have to look for more
/// forgets everything. Chosen, not measured.
const EPOCHS: usize = 64;
const CODES: usize = 256;

/// A translation that is there no more.
#[derive(Clone, Debug)]
pub struct GoneCode {
    /// The guest address at which it was entered.
    pub entry: u64,
    /// Where it was.
    pub host: Range<usize>,
}

/// What has gone.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    /// Translations, by host address.
    pub codes: Vec<GoneCode>,
    /// Guest addresses for which files may have other code now, or none.
    pub mappings: Vec<Range<u64>>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Log {
    /// By epoch, without gaps: what had gone when it began.
    epochs: VecDeque<(u64, Gone)>,
    /// Mappings that have gone in the present epoch, for the next one.
    mappings: Vec<Range<u64>>,
}

impl Log {
    /// What files have for `range` is to be looked up again from the next epoch on.
    pub fn mapping(&mut self, range: Range<u64>) {
        if !self.mappings.contains(&range) {
            self.mappings.push(range);
        }
    }

    /// With `epoch`, which begins, `codes` go.
    pub fn codes(&mut self, epoch: u64, codes: Vec<GoneCode>) {
        let mappings = std::mem::take(&mut self.mappings);
        if mappings.len() + codes.len() > CODES {
            return self.all();
        }
        self.epochs.push_back((epoch, Gone { codes, mappings }));
        let mut sum = 0;
        let are_few = |(_, gone): &&(u64, Gone)| {
            sum += gone.codes.len() + gone.mappings.len();
            sum <= CODES
        };
        let few = self.epochs.iter().rev().take(EPOCHS).take_while(are_few).count();
        self.epochs.drain(..self.epochs.len() - few);
    }

    /// With the present epoch everything has gone.
    pub fn all(&mut self) {
        self.epochs.clear();
        self.mappings.clear();
    }

    /// What has gone after the epoch `from` and until `to` began; `None` if that is not known, or everything.
    pub fn between(&self, from: u64, to: u64) -> Option<Gone> {
        let (first, _) = self.epochs.front()?;
        if from + 1 < *first {
            return None;
        }
        let mut sum = Gone::default();
        for (_, gone) in self.epochs.iter().filter(|(epoch, _)| (from + 1..=to).contains(epoch)) {
            sum.codes.extend_from_slice(&gone.codes);
            sum.mappings.extend_from_slice(&gone.mappings);
        }
        sum.codes.sort_unstable_by_key(|code| code.host.start);
        Some(sum)
    }
}

impl Gone {
    /// Whether the code with the host address `host` has gone.
    pub fn has(&self, host: usize) -> bool {
        let next = self.codes.partition_point(|code| code.host.start <= host);
        next.checked_sub(1).is_some_and(|at| self.codes[at].host.contains(&host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: usize) -> GoneCode {
        GoneCode { entry: 4 * number as u64, host: 16 * number..16 * number + 10 }
    }

    #[test]
    fn a_thread_that_is_late_learns_of_all_epochs_between() {
        let mut log = Log::default();
        assert!(log.between(1, 2).is_none());
        log.codes(2, vec![code(7)]);
        log.mapping(0x1000..0x2000);
        log.mapping(0x1000..0x2000);
        log.codes(3, vec![code(1), code(2)]);
        log.codes(4, vec![code(3)]);
        let gone = log.between(1, 3).unwrap();
        assert_eq!(gone.codes.iter().map(|code| code.entry).collect::<Vec<_>>(), [4, 8, 28]);
        assert_eq!(gone.mappings, std::slice::from_ref(&(0x1000..0x2000)));
        assert!([16, 25, 32, 112].iter().all(|&host| gone.has(host)));
        assert!(![0, 15, 26, 48, 111, 130].iter().any(|&host| gone.has(host)));
        assert!(log.between(3, 4).unwrap().mappings.is_empty());
        assert!(log.between(0, 4).is_none());
        log.all();
        assert!(log.between(4, 5).is_none());
    }

    #[test]
    fn what_has_gone_long_ago_is_everything() {
        let mut log = Log::default();
        (2..200).for_each(|epoch| log.codes(epoch, vec![code(1)]));
        assert!(log.between(100, 199).is_none());
        assert_eq!(log.between(190, 199).unwrap().codes.len(), 9);
        log.codes(200, (0..CODES - 2).map(code).collect());
        assert!(log.between(196, 200).is_none());
        assert_eq!(log.between(198, 200).unwrap().codes.len(), CODES - 1);
        log.codes(201, (0..=CODES).map(code).collect());
        assert!(log.between(200, 201).is_none());
    }
}
