//! Names on a volume that does not tell `Makefile` from `makefile`: how such a name is stored there.
//!
//! APFS and HFS+, as macOS makes them, compare names without regard to case and to how Unicode composes
//! a letter, and refuse bytes that are not UTF-8. Linux compares bytes. So a sysroot on such a volume has
//! names of a kind that nothing can confuse, ASCII without capitals, and the guest's name is told by the stored
//! one alone: there is no index that could be lost, be stale or be locked. A name that is ASCII without
//! capitals already, as most are, stays as it is.
//!
//! | name | stored as |
//! |---|---|
//! | `Makefile` | `^makefile`: `^` and the small letter |
//! | `a^b` | `a^^b` |
//! | `é`, in UTF-8 | `^43^29`: `^` and seven bits, for the bytes from 0x80 up |
//! | longer than 255 bytes that way | `^` and Chinese characters, each for twelve bits |
//!
//! Files that another program has put there have names of their own, with capitals perhaps. They are
//! the guest's under these names, too, which makes a second way to store each name necessary:
//! [`second`]. Which of the two is taken is for the [walk](super::walk) to see, which looks.
//!
//! Rejected: an index file in each directory, which every open would read; and hexadecimal for all of a name,
//! in which nobody finds a file of theirs.

/// How long a name may be (`NAME_MAX`), in bytes.
const NAME_MAX: usize = 255;

/// What begins an escape.
const MARK: u8 = b'^';

/// Characters of twelve bits each: U+4E00 to U+5DFF, ideographs that have neither case nor another
/// composition.
const IDEOGRAPHS: u32 = 0x4e00;
const IDEOGRAPH_BITS: u32 = 12;

/// How a name is stored, unless the volume has it [another way](second).
///
/// What is longer than a name may be gets longer still, for the host to refuse.
pub(super) fn first(name: &[u8]) -> Vec<u8> {
    let escaped = escape(name);
    match escaped.len() {
        ..=NAME_MAX => escaped,
        _ if name.len() > NAME_MAX => escaped,
        _ => condense(name),
    }
}

/// The other way. For a name that is stored as it is: what to call it where a file that another
/// program has made is in its place, `Makefile` in `makefile`'s. For all others: as it is, which
/// is how another program stores it. `None` if that means another name.
pub(super) fn second(name: &[u8]) -> Option<Vec<u8>> {
    if is_plain(name) {
        return (!matches!(name, b"." | b"..") && name.len() <= NAME_MAX).then(|| condense(name));
    }
    (shown(name) == name).then(|| name.to_vec())
}

/// The name that is stored as `stored`: of all that stand for none, their own.
pub(super) fn shown(stored: &[u8]) -> Vec<u8> {
    let name = match stored {
        [MARK, second, ..] if !second.is_ascii() => expand(stored),
        stored if stored.contains(&MARK) => unescape(stored),
        stored => return stored.to_vec(),
    };
    // What stands for a name is one of the two ways to store it, to the byte.
    let is_way = |name: &Vec<u8>| {
        first(name) == stored || is_plain(name) && second(name).as_deref() == Some(stored)
    };
    name.filter(is_way).unwrap_or_else(|| stored.to_vec())
}

/// All of a path of the host.
pub(super) fn shown_path(stored: &[u8]) -> Vec<u8> {
    stored.split(|&byte| byte == b'/').map(shown).collect::<Vec<_>>().join(&b'/')
}

/// Puts the name in place of a stored one that zeros follow. It is never longer.
pub(super) fn show(field: &mut [u8]) {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let name = shown(&field[..end]);
    field[..name.len()].copy_from_slice(&name);
    field[name.len()..].fill(0);
}

/// The same in the events of inotify(7).
pub(super) fn show_in_events(events: &mut [u8]) {
    /// Where an event says how long its name is, and where that begins.
    const LENGTH: usize = 12;
    const NAME: usize = 16;
    let mut rest = events;
    while rest.len() >= NAME {
        let length = u32::from_ne_bytes(std::array::from_fn(|i| rest[LENGTH + i])) as usize;
        let end = NAME.saturating_add(length).min(rest.len());
        show(&mut rest[NAME..end]);
        rest = &mut rest[end..];
    }
}

/// Whether a name is stored as it is: nothing else is equal to it.
pub(super) fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|&byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != MARK)
}

fn escape(name: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            MARK => stored.extend([MARK, MARK]),
            b'A'..=b'Z' => stored.extend([MARK, byte.to_ascii_lowercase()]),
            0x80.. => stored.extend(format!("^{:02x}", byte - 0x80).bytes()),
            _ => stored.push(byte),
        }
    }
    stored
}

/// What [`escape`] has made this of, or nothing.
fn unescape(stored: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(stored.len());
    let mut bytes = stored.iter();
    while let Some(&byte) = bytes.next() {
        name.push(match byte {
            MARK => match *bytes.next()? {
                MARK => MARK,
                letter @ b'a'..=b'z' => letter.to_ascii_uppercase(),
                high @ b'0'..=b'7' => 0x80 + (digit(high)? << 4) + digit(*bytes.next()?)?,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(name)
}

/// A hexadecimal digit.
fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

/// The mark, a character for the length, and the bytes, twelve bits in a character.
fn condense(name: &[u8]) -> Vec<u8> {
    let mut text = String::from(MARK as char);
    let mut push = |value| text.extend(char::from_u32(IDEOGRAPHS + value));
    push(name.len() as u32);
    let (mut bits, mut count) = (0, 0);
    for &byte in name {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        if count >= IDEOGRAPH_BITS {
            count -= IDEOGRAPH_BITS;
            push(bits >> count);
            bits &= (1 << count) - 1;
        }
    }
    if count > 0 {
        push(bits << (IDEOGRAPH_BITS - count));
    }
    text.into_bytes()
}

/// What [`condense`] has made this of, or nothing.
fn expand(stored: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(stored).ok()?;
    let mut values = text.chars().skip(1).map(|character| {
        let value = u32::from(character).checked_sub(IDEOGRAPHS)?;
        (value < 1 << IDEOGRAPH_BITS).then_some(value)
    });
    let len = values.next()??;
    let mut name = Vec::new();
    let (mut bits, mut count) = (0, 0);
    for value in values {
        bits = bits << IDEOGRAPH_BITS | value?;
        count += IDEOGRAPH_BITS;
        while count >= 8 && name.len() < len as usize {
            count -= 8;
            name.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use unicode_normalization::UnicodeNormalization;

    /// Names as guests make them: of any bytes, of letters in all cases and compositions, and such as are
    /// stored for others.
    fn name() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![1..=b'.', b'0'..=0xff];
        let text = "[a-cA-C^0-9éÉßſKkıİ\u{301}e\u{4e00}\u{4e01}ǅﬁΣς.]{1,40}";
        prop_oneof![
            prop::collection::vec(byte, 1..=255),
            text.prop_map(String::into_bytes),
            "[a-z^0-9]{1,20}".prop_map(String::into_bytes),
            prop::collection::vec(b'A'..=b'Z', 120..=255),
            text.prop_map(|text| first(text.as_bytes())),
            text.prop_map(|text| condense(text.as_bytes())),
        ]
        .prop_filter("no name is longer", |name| name.len() <= NAME_MAX)
    }

    /// What a volume takes for the same name.
    fn folded(stored: &[u8]) -> String {
        let text = std::str::from_utf8(stored).expect("only UTF-8 is stored");
        let lower = |text: String| text.nfd().flat_map(char::to_lowercase).collect::<String>();
        lower(lower(text.nfd().flat_map(char::to_uppercase).collect()))
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in name()) {
            prop_assert_eq!(shown(&first(&name)), name.clone());
            if let Some(second) = second(&name) {
                prop_assert_ne!(&second, &first(&name));
                prop_assert!(second.len() >= name.len());
                prop_assert_eq!(shown(&second), name);
            }
        }

        #[test]
        fn what_is_stored_is_equal_to_itself_alone(name in name()) {
            let stored = first(&name);
            prop_assert_eq!(folded(&stored).into_bytes(), &stored[..]);
            prop_assert!(!stored.contains(&0) && !stored.contains(&b'/'));
            if is_plain(&name) && let Some(second) = second(&name) {
                prop_assert_eq!(folded(&second).into_bytes(), second);
            }
        }

        #[test]
        fn different_names_never_meet(names in prop::collection::vec(name(), 1..60)) {
            let mut taken = BTreeMap::new();
            for name in names {
                let first = folded(&first(&name));
                let other = taken.entry(first).or_insert(name.clone());
                prop_assert_eq!(other, &name);
            }
        }

        #[test]
        fn of_what_a_host_has_nothing_is_lost(stored in name()) {
            let name = shown(&stored);
            // Under the name that is shown it is found again.
            prop_assert!(first(&name) == stored || second(&name) == Some(stored));
        }
    }

    #[test]
    fn names_that_differ_by_case_or_composition_are_stored_apart() {
        for pair in [
            ["Makefile", "makefile"],
            ["é", "e\u{301}"],
            ["É", "é"],
            ["ſ", "s"],
            ["\u{212a}", "k"],
            ["ß", "ss"],
            ["ς", "σ"],
            ["\u{fb01}", "fi"],
            ["^m", "M"],
            ["^^m", "^m"],
        ] {
            let [a, b] = pair.map(|name| folded(&first(name.as_bytes())));
            assert_ne!(a, b, "{pair:?}");
        }
    }

    #[test]
    fn names_are_stored_readably() {
        assert_eq!(first(b"README.md"), b"^r^e^a^d^m^e.md");
        assert_eq!(first(b"g++"), b"g++");
        assert_eq!(first(b"a^b"), b"a^^b");
        assert_eq!(first("Stra\u{df}e".as_bytes()), b"^stra^43^1fe");
        assert_eq!(shown(b"Makefile"), b"Makefile");
        assert_eq!(shown_path(b"/usr/^x11/^b.^Q"), b"/usr/X11/^b.^Q");
    }

    #[test]
    fn events_tell_the_names_of_the_guest() {
        let event = |name: &[u8; 16]| [&[7; 12][..], &16u32.to_ne_bytes(), name].concat();
        let mut events = [event(b"^makefile\0\0\0\0\0\0\0"), event(&[0; 16])].concat();
        show_in_events(&mut events);
        assert_eq!(events, [event(b"Makefile\0\0\0\0\0\0\0\0"), event(&[0; 16])].concat());
        // As short as the guest's buffer.
        for len in 0..events.len() {
            show_in_events(&mut events[..len].to_vec());
        }
    }

    #[test]
    fn the_longest_name_has_172_characters_and_a_longer_one_is_left_to_the_host() {
        let stored = String::from_utf8(first(&[b'N'; NAME_MAX])).unwrap();
        // A volume of macOS counts UTF-16 units up to 255.
        assert_eq!(stored.encode_utf16().count(), 172);
        assert_eq!(stored.len(), 1 + 171 * 3);
        assert_eq!(first(&[b'n'; NAME_MAX]), [b'n'; NAME_MAX]);
        for name in [[b'n'; NAME_MAX + 1], [b'N'; NAME_MAX + 1], [0xff; NAME_MAX + 1]] {
            let stored = first(&name);
            assert!(stored.is_ascii() && stored.len() > NAME_MAX);
            assert_ne!(second(&name), Some(stored));
        }
    }
}
