//! Terminal attributes (`sys/termios.h`, `sys/ttycom.h`).

use abi::term::Termios;

use super::{flipped, translate};

/// macOS's `struct termios`. 72 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HostTermios {
    /// `c_iflag`.
    pub iflag: u64,
    /// `c_oflag`.
    pub oflag: u64,
    /// `c_cflag`.
    pub cflag: u64,
    /// `c_lflag`.
    pub lflag: u64,
    /// `c_cc`.
    pub cc: [u8; 20],
    /// `c_ispeed`, in bits a second.
    pub ispeed: u64,
    /// `c_ospeed`.
    pub ospeed: u64,
}

const _: () = assert!(size_of::<HostTermios>() == 72);

/// Pairs of flags: Linux's, macOS's. A field of several bits has a pair for each of its bits.
const INPUT: [(u64, u64); 14] = [
    (0o1, 0x1),        // IGNBRK
    (0o2, 0x2),        // BRKINT
    (0o4, 0x4),        // IGNPAR
    (0o10, 0x8),       // PARMRK
    (0o20, 0x10),      // INPCK
    (0o40, 0x20),      // ISTRIP
    (0o100, 0x40),     // INLCR
    (0o200, 0x80),     // IGNCR
    (0o400, 0x100),    // ICRNL
    (0o2000, 0x200),   // IXON
    (0o4000, 0x800),   // IXANY
    (0o10000, 0x400),  // IXOFF
    (0o20000, 0x2000), // IMAXBEL
    (0o40000, 0x4000), // IUTF8
];
const OUTPUT: [(u64, u64); 7] = [
    (0o1, 0x1),     // OPOST
    (0o4, 0x2),     // ONLCR
    (0o10, 0x10),   // OCRNL
    (0o20, 0x20),   // ONOCR
    (0o40, 0x40),   // ONLRET
    (0o100, 0x80),  // OFILL
    (0o14000, 0x4), // XTABS
];
const CONTROL: [(u64, u64); 9] = [
    (0o20, 0x100),             // CSIZE, low bit
    (0o40, 0x200),             // CSIZE, high bit
    (0o100, 0x400),            // CSTOPB
    (0o200, 0x800),            // CREAD
    (0o400, 0x1000),           // PARENB
    (0o1000, 0x2000),          // PARODD
    (0o2000, 0x4000),          // HUPCL
    (0o4000, 0x8000),          // CLOCAL
    (0o20000000000, 0x3_0000), // CRTSCTS
];
const LOCAL: [(u64, u64); 15] = [
    (0o1, 0x80),            // ISIG
    (0o2, 0x100),           // ICANON
    (0o10, 0x8),            // ECHO
    (0o20, 0x2),            // ECHOE
    (0o40, 0x4),            // ECHOK
    (0o100, 0x10),          // ECHONL
    (0o200, 0x8000_0000),   // NOFLSH
    (0o400, 0x40_0000),     // TOSTOP
    (0o1000, 0x40),         // ECHOCTL
    (0o2000, 0x20),         // ECHOPRT
    (0o4000, 0x1),          // ECHOKE
    (0o10000, 0x80_0000),   // FLUSHO
    (0o40000, 0x2000_0000), // PENDIN
    (0o100000, 0x400),      // IEXTEN
    (0o200000, 0x800),      // EXTPROC
];

/// Places in `c_cc`: Linux's, macOS's.
const CHARACTERS: [(usize, usize); 14] = [
    (0, 8),   // VINTR
    (1, 9),   // VQUIT
    (2, 3),   // VERASE
    (3, 5),   // VKILL
    (4, 0),   // VEOF
    (8, 12),  // VSTART
    (9, 13),  // VSTOP
    (10, 10), // VSUSP
    (11, 1),  // VEOL
    (12, 6),  // VREPRINT
    (13, 15), // VDISCARD
    (14, 4),  // VWERASE
    (15, 14), // VLNEXT
    (16, 2),  // VEOL2
];
/// `VTIME` and `VMIN`, which are numbers and not characters.
const NUMBERS: [(usize, usize); 2] = [(5, 17), (6, 16)];
/// No character (`_POSIX_VDISABLE`): 0 on Linux.
const HOST_DISABLED: u8 = 0xff;

/// `CBAUD`'s values from 0 on, then those with `CBAUDEX`.
const SPEEDS: [u64; 16] =
    [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const FAST_SPEEDS: [u64; 3] = [57600, 115_200, 230_400];
const CBAUD: u32 = 0o10017;
const CBAUDEX: u32 = 0o10000;

fn speed_from_host(speed: u64) -> u32 {
    if let Some(index) = FAST_SPEEDS.iter().position(|fast| *fast == speed) {
        return CBAUDEX | (index as u32 + 1);
    }
    // A speed that Linux has no number for becomes the next lower one.
    SPEEDS.iter().rposition(|slow| *slow <= speed).unwrap_or(0) as u32
}

fn speed_to_host(cflag: u32, now: u64) -> u64 {
    let index = (cflag & 0o17) as usize;
    if cflag & CBAUDEX == 0 {
        SPEEDS[index]
    } else {
        FAST_SPEEDS.get(index.wrapping_sub(1)).copied().unwrap_or(now)
    }
}

/// Attributes as `TCGETS` gives them.
pub fn from_host(host: &HostTermios) -> Termios {
    let mut cc = [0; 19];
    for (linux, darwin) in CHARACTERS {
        let byte = host.cc[darwin];
        cc[linux] = if byte == HOST_DISABLED { 0 } else { byte };
    }
    for (linux, darwin) in NUMBERS {
        cc[linux] = host.cc[darwin];
    }
    Termios {
        iflag: translate(host.iflag, flipped(&INPUT)) as u32,
        oflag: translate(host.oflag, flipped(&OUTPUT)) as u32,
        cflag: translate(host.cflag, flipped(&CONTROL)) as u32 | speed_from_host(host.ospeed),
        lflag: translate(host.lflag, flipped(&LOCAL)) as u32,
        line: 0,
        cc,
    }
}

/// Attributes for macOS: those of `value`, and from `now` what Linux does not know.
pub fn to_host(value: &Termios, now: &HostTermios) -> HostTermios {
    fn merge<const N: usize>(now: u64, bits: u32, table: &[(u64, u64); N]) -> u64 {
        let known = table.iter().fold(0, |known, (_, host)| known | host);
        now & !known | translate(u64::from(bits), *table)
    }
    let mut cc = now.cc;
    for (linux, darwin) in CHARACTERS {
        let byte = value.cc[linux];
        cc[darwin] = if byte == 0 { HOST_DISABLED } else { byte };
    }
    for (linux, darwin) in NUMBERS {
        cc[darwin] = value.cc[linux];
    }
    let speed = speed_to_host(value.cflag & CBAUD, now.ospeed);
    HostTermios {
        iflag: merge(now.iflag, value.iflag, &INPUT),
        oflag: merge(now.oflag, value.oflag, &OUTPUT),
        cflag: merge(now.cflag, value.cflag, &CONTROL),
        lflag: merge(now.lflag, value.lflag, &LOCAL),
        cc,
        ispeed: speed,
        ospeed: speed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a new terminal has on macOS (`sys/ttydefaults.h`).
    fn fresh() -> HostTermios {
        let mut host = HostTermios {
            iflag: 0x2b02,
            oflag: 0x3,
            cflag: 0x4b00,
            lflag: 0x2000_05cb | 0x200,
            cc: [HOST_DISABLED; 20],
            ispeed: 9600,
            ospeed: 9600,
        };
        host.cc[8] = 3;
        host.cc[0] = 4;
        host.cc[16] = 1;
        host.cc[17] = 0;
        host.cc[18] = 20;
        host
    }

    #[test]
    fn a_new_terminal_looks_like_linuxs() {
        let value = from_host(&fresh());
        assert_eq!(value.iflag, 0o2 | 0o400 | 0o2000 | 0o4000 | 0o20000);
        assert_eq!(value.oflag, 0o1 | 0o4);
        assert_eq!(value.cflag, 0o60 | 0o200 | 0o2000 | 13);
        assert_eq!(value.lflag, 0o1 | 0o2 | 0o10 | 0o20 | 0o1000 | 0o4000 | 0o40000 | 0o100000);
        assert_eq!((value.cc[0], value.cc[4], value.cc[6], value.cc[1]), (3, 4, 1, 0));
    }

    #[test]
    fn attributes_that_are_set_back_change_nothing() {
        let host = fresh();
        assert_eq!(to_host(&from_host(&host), &host), host);
    }

    #[test]
    fn raw_mode_keeps_what_linux_does_not_know() {
        let mut value = from_host(&fresh());
        value.lflag = 0;
        value.cc[6] = 0;
        value.cflag = value.cflag & !CBAUD | CBAUDEX | 2;
        let host = to_host(&value, &fresh());
        assert_eq!(host.lflag, 0x200);
        assert_eq!((host.cc[16], host.cc[18], host.ospeed), (0, 20, 115_200));
    }

    #[test]
    fn speeds_translate_and_come_back() {
        for speed in SPEEDS.into_iter().chain(FAST_SPEEDS) {
            assert_eq!(speed_to_host(speed_from_host(speed), 1), speed);
        }
        assert_eq!(speed_to_host(speed_from_host(14400), 1), 9600);
    }
}
