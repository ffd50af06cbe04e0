//! Vector registers as arrays of elements: the manual's `Elem[]`.
//!
//! A register is a `u128` with element 0 in its least significant bits, whatever the element
//! size, so an element is a shift and a mask. Elements travel as `u64`, and sizes as numbers of
//! bits, because that is how the manual's loops are written; a caller that knows its element size
//! at compile time gets constant shifts after inlining.

/// Element `e` of `esize` bits (8 to 64), zero-extended.
#[inline]
pub fn elem(v: u128, e: u32, esize: u32) -> u64 {
    (v >> (e * esize)) as u64 & (u64::MAX >> (64 - esize))
}

/// Element `e` of `esize` bits (8 to 64), sign-extended.
#[inline]
pub fn signed_elem(v: u128, e: u32, esize: u32) -> i64 {
    let unused = 64 - esize;
    ((v >> (e * esize)) as u64 as i64) << unused >> unused
}

/// Replaces element `e` of `esize` bits (8 to 64) by the low bits of `value`.
#[inline]
pub fn set_elem(v: &mut u128, e: u32, esize: u32, value: u64) {
    let mask = u128::from(u64::MAX >> (64 - esize));
    *v = *v & !(mask << (e * esize)) | (u128::from(value) & mask) << (e * esize);
}

/// How many elements of `esize` bits a vector of 128 (`q`) or 64 bits has.
#[inline]
pub fn elements(q: bool, esize: u32) -> u32 {
    (64 << u32::from(q)) / esize
}

/// What a write of a 128-bit (`q`) or 64-bit vector leaves in the register: the upper half of a
/// shorter one is zero.
#[inline]
pub fn sized(v: u128, q: bool) -> u128 {
    if q { v } else { v & u128::from(u64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_all_sizes_are_read_and_written() {
        let v = 0xffee_ddcc_bbaa_9988_7766_5544_3322_1100;
        assert_eq!(elem(v, 15, 8), 0xff);
        assert_eq!(elem(v, 5, 16), 0xbbaa);
        assert_eq!(elem(v, 1, 64), 0xffee_ddcc_bbaa_9988);
        assert_eq!(signed_elem(v, 3, 32), 0xffee_ddcc_u32 as i32 as i64);
        assert_eq!(signed_elem(v, 0, 64), 0x7766_5544_3322_1100);
        let mut w = v;
        set_elem(&mut w, 1, 32, 0xffff_ffff_0000_0001);
        assert_eq!(w, 0xffee_ddcc_bbaa_9988_0000_0001_3322_1100);
        assert_eq!((elements(false, 16), elements(true, 64)), (4, 2));
        assert_eq!((sized(v, true), sized(v, false)), (v, 0x7766_5544_3322_1100));
    }
}
