//! A place in guest code, as a person names it.

/// A place in guest code: an address, a function, or an instruction of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spot {
    /// One instruction, by its address.
    Address(u64),
    /// A function, all of it, wherever it is loaded.
    Function(String),
    /// The instruction so many bytes behind the beginning of a function.
    Inside(String, u64),
}

impl Spot {
    /// Reads `401a3c` or `0x401a3c`, which begin with a digit, `main` or `main+0x1c`. `None` if it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal =
            |text: &str| u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok();
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return hexadecimal(text).map(Self::Address);
        }
        Some(match text.rsplit_once('+') {
            Some((name, offset)) if !name.is_empty() => {
                Self::Inside(name.into(), hexadecimal(offset)?)
            }
            None if !text.is_empty() => Self::Function(text.into()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_begin_with_a_digit_and_functions_do_not() {
        assert_eq!(Spot::parse("0x401a3c"), Some(Spot::Address(0x40_1a3c)));
        assert_eq!(Spot::parse("0add"), Some(Spot::Address(0xadd)));
        assert_eq!(Spot::parse("add"), Some(Spot::Function("add".into())));
        assert_eq!(Spot::parse("add+0x10"), Some(Spot::Inside("add".into(), 16)));
        assert_eq!(Spot::parse("add+10"), Some(Spot::Inside("add".into(), 16)));
        for wrong in ["", "+1", "add+", "add+x", "0xg", "4 0"] {
            assert_eq!(Spot::parse(wrong), None, "{wrong}");
        }
    }
}
