//! Open flags: aarch64 numbers four of them differently (`arch/arm64/include/uapi/asm/fcntl.h`).

/// Pairs of bits that trade places between aarch64 and `asm-generic`: `O_DIRECTORY` with
/// `O_DIRECT`, `O_NOFOLLOW` with `O_LARGEFILE`.
const SWAPPED: [(u32, u32); 2] = [(0x4000, 0x1_0000), (0x8000, 0x2_0000)];

/// Converts open flags from aarch64 to `asm-generic` numbers, or back: it is its own inverse.
pub const fn swap(flags: u32) -> u32 {
    let mut result = flags;
    let mut i = 0;
    while i < SWAPPED.len() {
        let (a, b) = SWAPPED[i];
        result &= !(a | b);
        if flags & a != 0 {
            result |= b;
        }
        if flags & b != 0 {
            result |= a;
        }
        i += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::swap;
    use crate::fs::o;

    #[test]
    fn directory_and_nofollow_move() {
        assert_eq!(swap(0x4000), o::DIRECTORY);
        assert_eq!(swap(0x8000 | 0o2), o::NOFOLLOW | o::RDWR);
        assert_eq!(swap(0x1_0000), o::DIRECT);
        assert_eq!(swap(0x2_0000), o::LARGEFILE);
        assert_eq!(swap(swap(0xffff_ffff)), 0xffff_ffff);
    }
}
