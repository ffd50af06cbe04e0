//! Error numbers (`sys/errno.h`).

use abi::Errno;

/// What differs; numbers up to 34 without a line mean the same on both systems.
const DIFFERENT: [(i32, Errno); 71] = [
    (11, Errno::EDEADLK),
    (35, Errno::EAGAIN),
    (36, Errno::EINPROGRESS),
    (37, Errno::EALREADY),
    (38, Errno::ENOTSOCK),
    (39, Errno::EDESTADDRREQ),
    (40, Errno::EMSGSIZE),
    (41, Errno::EPROTOTYPE),
    (42, Errno::ENOPROTOOPT),
    (43, Errno::EPROTONOSUPPORT),
    (44, Errno::ESOCKTNOSUPPORT),
    (45, Errno::EOPNOTSUPP), // ENOTSUP
    (46, Errno::EPFNOSUPPORT),
    (47, Errno::EAFNOSUPPORT),
    (48, Errno::EADDRINUSE),
    (49, Errno::EADDRNOTAVAIL),
    (50, Errno::ENETDOWN),
    (51, Errno::ENETUNREACH),
    (52, Errno::ENETRESET),
    (53, Errno::ECONNABORTED),
    (54, Errno::ECONNRESET),
    (55, Errno::ENOBUFS),
    (56, Errno::EISCONN),
    (57, Errno::ENOTCONN),
    (58, Errno::ESHUTDOWN),
    (59, Errno::ETOOMANYREFS),
    (60, Errno::ETIMEDOUT),
    (61, Errno::ECONNREFUSED),
    (62, Errno::ELOOP),
    (63, Errno::ENAMETOOLONG),
    (64, Errno::EHOSTDOWN),
    (65, Errno::EHOSTUNREACH),
    (66, Errno::ENOTEMPTY),
    (67, Errno::EAGAIN), // EPROCLIM: too many processes
    (68, Errno::EUSERS),
    (69, Errno::EDQUOT),
    (70, Errno::ESTALE),
    (71, Errno::EREMOTE),
    (72, Errno::EPROTO), // EBADRPC and the next four: mismatches of remote procedure calls
    (73, Errno::EPROTO),
    (74, Errno::EPROTO),
    (75, Errno::EPROTO),
    (76, Errno::EPROTO),
    (77, Errno::ENOLCK),
    (78, Errno::ENOSYS),
    (79, Errno::EINVAL), // EFTYPE
    (80, Errno::EACCES), // EAUTH
    (81, Errno::EACCES), // ENEEDAUTH
    (82, Errno::EIO),    // EPWROFF
    (83, Errno::EIO),    // EDEVERR
    (84, Errno::EOVERFLOW),
    (85, Errno::ENOEXEC), // EBADEXEC and the next three: what cannot be executed
    (86, Errno::ENOEXEC),
    (87, Errno::ENOEXEC),
    (88, Errno::ENOEXEC),
    (89, Errno::ECANCELED),
    (90, Errno::EIDRM),
    (91, Errno::ENOMSG),
    (92, Errno::EILSEQ),
    (93, Errno::ENODATA), // ENOATTR
    (94, Errno::EBADMSG),
    (95, Errno::EMULTIHOP),
    (96, Errno::ENODATA),
    (97, Errno::ENOLINK),
    (98, Errno::ENOSR),
    (99, Errno::ENOSTR),
    (100, Errno::EPROTO),
    (101, Errno::ETIME),
    (102, Errno::EOPNOTSUPP),
    (104, Errno::ENOTRECOVERABLE),
    (105, Errno::EOWNERDEAD),
];

/// macOS's error `number` as Linux would have it. Numbers that Linux has no like of are `EIO`.
pub fn from_host(number: i32) -> Errno {
    match DIFFERENT.iter().find(|(host, _)| *host == number) {
        Some((_, errno)) => *errno,
        None if (1..=34).contains(&number) => Errno::from_raw(number as u16),
        None => Errno::EIO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_mean_something_else_are_translated() {
        assert_eq!(from_host(2), Errno::ENOENT);
        assert_eq!(from_host(11), Errno::EDEADLK);
        assert_eq!(from_host(34), Errno::ERANGE);
        assert_eq!(from_host(35), Errno::EAGAIN);
        assert_eq!(from_host(62), Errno::ELOOP);
        assert_eq!(from_host(78), Errno::ENOSYS);
        assert_eq!(from_host(93), Errno::ENODATA);
    }

    #[test]
    fn every_number_becomes_one_that_linux_has() {
        assert!((-1..=200).all(|number| from_host(number).name().is_some()));
        assert!(DIFFERENT.is_sorted_by(|a, b| a.0 < b.0));
    }
}
