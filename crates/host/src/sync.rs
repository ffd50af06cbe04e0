//! Locks, in one order.
//!
//! Every lock of the runtime has a [`Rank`], and a thread takes them in rising order only: so no two threads
//! wait for each other. A build with debug assertions checks it at each lock, whether or not another
//! thread is there to wait for; the test suites run such a build. `fork` takes all of them, from the
//! first to the last.
//!
//! Poison is dropped here: a panic while a lock is held ends the process, so it says nothing.
//!
//! [`atomic`] and [`yield_now`] are the standard library's. Code whose interleavings are checked takes them from here:
//! its model (`tests/models.rs` of a crate) is the same source, compiled with others in their place.
//!
//! Rejected: a crate that finds cycles at run time. It needs the history of every pair of locks, and a list
//! that a reader can check is worth more than one that a program has found.

use std::ops::{Deref, DerefMut};
use std::sync::{self, PoisonError};
use std::time::Duration;

pub use std::sync::atomic;
pub use std::thread::yield_now;

/// The order of locks. A thread that holds one takes none that stands above it here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// The register of threads. First: a thread that is alone forks with this one only.
    Threads,
    /// What a debugger and threads know of each other.
    Debug,
    /// The table of open files.
    Descriptors,
    /// Where absolute paths begin (chroot(2)).
    Root,
    /// What signals do.
    Actions,
    /// The program that runs: its name, where its parts lie.
    Program,
    /// Limits of memory.
    Limits,
    /// In a child of vfork(2), the way to its parent.
    Lender,
    /// In a child that was handed over, its parent's hold on it.
    Lead,
    /// In its parent, the other ends of such.
    Led,
    /// Whose files are (`--fakeroot`).
    Owners,
    /// The listing of an open directory of ours. `fork` takes those of all open files: the one lock
    /// of which a thread may hold several.
    Listing,
    /// POSIX timers.
    Timers,
    /// Which calls were reported as not supported.
    Reports,
    /// Whose turn it is to change the map of mappings.
    MapTurn,
    /// Whose turn it is to be checked (`--engine check`).
    CheckTurn,
    /// Translations, and what leads to them.
    Translations,
    /// The threads that may be inside translations.
    Inside,
    /// What threads that have ended leave to others.
    Spares,
    /// What the translator has counted.
    Statistics,
    /// The map of mappings. Last: reading guest memory takes it, whatever else is held.
    Map,
}

/// Which locks this thread holds.
#[cfg(debug_assertions)]
mod held {
    use super::Rank;
    use std::cell::RefCell;

    thread_local! {
        static HELD: RefCell<Vec<Rank>> = const { RefCell::new(Vec::new()) };
    }

    /// A lock that is held, or about to be.
    #[derive(Debug)]
    pub struct Held(Rank);

    impl Held {
        /// Panics if `rank` is out of order.
        pub fn new(rank: Rank) -> Self {
            HELD.with_borrow_mut(|held| {
                let last = held.iter().max();
                let in_order =
                    last.is_none_or(|&last| last < rank || (last == rank && rank == Rank::Listing));
                assert!(in_order, "a lock of rank {rank:?} is taken while {held:?} are held");
                held.push(rank);
            });
            Self(rank)
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            // A thread that ends may have lost its list already.
            let _ = HELD.try_with(|held| {
                let mut held = held.borrow_mut();
                if let Some(at) = held.iter().rposition(|rank| *rank == self.0) {
                    held.remove(at);
                }
            });
        }
    }
}

#[cfg(not(debug_assertions))]
mod held {
    /// Nothing: what is checked is the order, and tests do that.
    #[derive(Debug)]
    pub struct Held;

    impl Held {
        pub fn new(_: super::Rank) -> Self {
            Self
        }
    }
}

use held::Held;

/// A lock's guard and the note that it is held, which ends after it.
#[derive(Debug)]
pub struct Guard<G> {
    guard: G,
    held: Held,
}

impl<G: Deref> Deref for Guard<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Guard<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

/// What [`Mutex::lock`] returns.
pub type MutexGuard<'a, T> = Guard<sync::MutexGuard<'a, T>>;
/// What [`RwLock::read`] returns.
pub type RwLockReadGuard<'a, T> = Guard<sync::RwLockReadGuard<'a, T>>;
/// What [`RwLock::write`] returns.
pub type RwLockWriteGuard<'a, T> = Guard<sync::RwLockWriteGuard<'a, T>>;

/// [`sync::Mutex`] with a rank.
#[derive(Debug)]
pub struct Mutex<T> {
    rank: Rank,
    lock: sync::Mutex<T>,
}

impl<T> Mutex<T> {
    /// A lock that nobody holds.
    pub const fn new(rank: Rank, value: T) -> Self {
        Self { rank, lock: sync::Mutex::new(value) }
    }

    /// Waits until nobody holds it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let held = Held::new(self.rank);
        Guard { guard: self.lock.lock().unwrap_or_else(PoisonError::into_inner), held }
    }
}

/// [`sync::RwLock`] with a rank. A thread that reads must not read again: a writer that waits in between
/// would stop it.
#[derive(Debug)]
pub struct RwLock<T> {
    rank: Rank,
    lock: sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    pub const fn new(rank: Rank, value: T) -> Self {
        Self { rank, lock: sync::RwLock::new(value) }
    }

    /// Waits until nobody writes.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        let held = Held::new(self.rank);
        Guard { guard: self.lock.read().unwrap_or_else(PoisonError::into_inner), held }
    }

    /// Waits until nobody else holds it.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let held = Held::new(self.rank);
        Guard { guard: self.lock.write().unwrap_or_else(PoisonError::into_inner), held }
    }
}

/// [`sync::Condvar`] for a [`Mutex`].
#[derive(Debug, Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// Lets go of the lock, waits for [`notify_all`](Self::notify_all), and takes it again.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let Guard { guard, held } = guard;
        Guard { guard: self.0.wait(guard).unwrap_or_else(PoisonError::into_inner), held }
    }

    /// As [`wait`](Self::wait), for this long at most.
    pub fn wait_for<'a, T>(&self, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
        let Guard { guard, held } = guard;
        let (guard, _) = self.0.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner);
        Guard { guard, held }
    }

    /// Wakes all who wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rising_order_is_accepted_and_ends_with_the_guards() {
        let (first, last) = (Mutex::new(Rank::Descriptors, 1), RwLock::new(Rank::Map, 2));
        for _ in 0..2 {
            let (one, two) = (first.lock(), last.read());
            assert_eq!(*one + *two, 3);
            // Guards may end in any order.
            drop(one);
            drop(two);
        }
        *last.write() = 3;
        *first.lock() = 3;
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "a lock of rank Root is taken while [Actions] are held")]
    fn falling_order_panics() {
        let (root, actions) = (RwLock::new(Rank::Root, ()), Mutex::new(Rank::Actions, ()));
        let _actions = actions.lock();
        let _root = root.read();
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "a lock of rank Map is taken while [Map] are held")]
    fn reading_twice_panics() {
        let map = RwLock::new(Rank::Map, ());
        let _one = map.read();
        let _two = map.read();
    }

    #[test]
    fn listings_may_be_held_together() {
        let listings = [(); 3].map(|()| Mutex::new(Rank::Listing, ()));
        let held: Vec<_> = listings.iter().map(Mutex::lock).collect();
        assert_eq!(held.len(), 3);
    }
}
