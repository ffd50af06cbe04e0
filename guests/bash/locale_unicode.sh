# Bytes are bytes in the C locale.
LC_ALL=C
s=$'h\xc3\xa9llo'; echo ${#s}; printf '%s' "$s" | $BUSYBOX od -An -tx1
printf '%q\n' "$s"
[[ $s == h??llo ]] && echo two bytes
printf '\x00\xff\x80' | $BUSYBOX xxd
IFS= read -r -d '' x < <(printf 'before\0after'); echo "$x"

