//! The record of a process that is handed over.

use kernel::handoff::{encode, parse};

/// A message from whoever calls itself the parent. What is understood can be told again, and is understood the same.
pub fn record(data: &[u8]) {
    let Ok(record) = parse(data) else { return };
    let again = encode(&record).expect("what was parsed can be told");
    let same = parse(&again).expect("what we tell is understood");
    assert_eq!(format!("{record:?}"), format!("{same:?}"));
    // Numbers have one shortest form, so that a record is no longer than what it was parsed from.
    assert!(again.len() <= data.len());
}
