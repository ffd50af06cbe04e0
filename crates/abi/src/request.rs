//! Requests of ioctl(2) whose argument is a number or one record without pointers and descriptors.
//!
//! A kernel that knows one can be given it as it is; nothing else has to be known of the record than how long it is. The
//! size is what Linux copies, which the number often does not say: what is of type `int` is numbered as a `long` here and there.
//! From `asm-generic/ioctls.h`, `linux/fs.h`, `linux/random.h`, `linux/nsfs.h` and `linux/rtc.h`.

/// What becomes of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// There is none: the argument is a number.
    Number,
    /// The call reads it.
    In,
    /// The call writes it.
    Out,
    /// The call reads and writes it.
    Both,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub number: u32,
    /// Its name in the headers.
    pub name: &'static str,
    /// What becomes of the record.
    pub direction: Direction,
    /// How many bytes the record has, at most [`MAX`].
    pub size: usize,
}

/// The longest record's bytes.
pub const MAX: usize = 256;

macro_rules! requests {
    ($($name:ident $number:literal $direction:ident $size:literal;)*) => {
        /// All of them.
        pub const ALL: &[Request] = &[$(Request {
            number: $number,
            name: stringify!($name),
            direction: Direction::$direction,
            size: $size,
        }),*];
    };
}

requests! {
    FIBMAP            0x0000_0001 Both   4;
    FIGETBSZ          0x0000_0002 Out    4;
    BLKROGET          0x0000_125e Out    4;
    BLKGETSIZE        0x0000_1260 Out    8;
    BLKFLSBUF         0x0000_1261 Number 0;
    BLKRAGET          0x0000_1263 Out    8;
    BLKSECTGET        0x0000_1267 Out    2;
    BLKSSZGET         0x0000_1268 Out    4;
    BLKIOMIN          0x0000_1278 Out    4;
    BLKIOOPT          0x0000_1279 Out    4;
    BLKALIGNOFF       0x0000_127a Out    4;
    BLKPBSZGET        0x0000_127b Out    4;
    BLKDISCARDZEROES  0x0000_127c Out    4;
    BLKROTATIONAL     0x0000_127e Out    2;
    BLKBSZGET         0x8008_1270 Out    4;
    BLKGETSIZE64      0x8008_1272 Out    8;
    RNDGETENTCNT      0x8004_5200 Out    4;
    TCGETA            0x0000_5405 Out    18;
    TCSETA            0x0000_5406 In     18;
    TCSETAW           0x0000_5407 In     18;
    TCSETAF           0x0000_5408 In     18;
    TIOCMGET          0x0000_5415 Out    4;
    TIOCMBIS          0x0000_5416 In     4;
    TIOCMBIC          0x0000_5417 In     4;
    TIOCMSET          0x0000_5418 In     4;
    TIOCGSOFTCAR      0x0000_5419 Out    4;
    TIOCSSOFTCAR      0x0000_541a In     4;
    TIOCSBRK          0x0000_5427 Number 0;
    TIOCCBRK          0x0000_5428 Number 0;
    TCGETS2           0x802c_542a Out    44;
    TCSETS2           0x402c_542b In     44;
    TCSETSW2          0x402c_542c In     44;
    TCSETSF2          0x402c_542d In     44;
    TIOCGDEV          0x8004_5432 Out    4;
    TIOCGLCKTRMIOS    0x0000_5456 Out    36;
    TIOCSLCKTRMIOS    0x0000_5457 In     36;
    TIOCGICOUNT       0x0000_545d Out    80;
    FIOQSIZE          0x0000_5460 Out    8;
    FS_IOC_FSGETXATTR 0x801c_581f Out    28;
    FS_IOC_FSSETXATTR 0x401c_5820 In     28;
    FS_IOC_GETFLAGS   0x8008_6601 Out    4;
    FS_IOC_SETFLAGS   0x4008_6602 In     4;
    RTC_RD_TIME       0x8024_7009 Out    36;
    RTC_WKALM_RD      0x8028_7010 Out    40;
    FS_IOC_GETVERSION 0x8008_7601 Out    4;
    FS_IOC_SETVERSION 0x4008_7602 In     4;
    FS_IOC_GETFSLABEL 0x8100_9431 Out    256;
    NS_GET_NSTYPE     0x0000_b703 Number 0;
    NS_GET_OWNER_UID  0x0000_b704 Out    4;
}

const _: () = {
    let mut i = 0;
    while i < ALL.len() {
        assert!(ALL[i].size <= MAX);
        i += 1;
    }
};

/// The request of a number.
pub fn find(number: u32) -> Option<&'static Request> {
    ALL.iter().find(|request| request.number == number)
}
