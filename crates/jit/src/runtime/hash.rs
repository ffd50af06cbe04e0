//! Hashing of addresses.
//!
//! The table of entries is asked about every guest instruction that is about to be translated, where the standard
//! library's hasher took a tenth of the time. Who writes a program may choose addresses that collide; it is their
//! program that is slow then.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from addresses, or what contains them.
pub type AddressMap<K, V> = HashMap<K, V, BuildHasherDefault<AddressHasher>>;

/// Multiplies by 2^64 divided by the golden ratio.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressHasher(u64);

impl AddressHasher {
    fn add(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.add(byte.into());
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.add(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn finish(&self) -> u64 {
        // The table takes its index from the low bits, which depend on low bits alone; those of addresses are zeros.
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn neighbouring_addresses_are_spread_over_a_table() {
        let build = BuildHasherDefault::<AddressHasher>::default();
        let low: HashSet<u64> =
            (0..4096_u64).map(|n| build.hash_one(0x40_0000 + 4 * n) % 4096).collect();
        assert!(low.len() > 2048, "{} of 4096", low.len());
    }
}
