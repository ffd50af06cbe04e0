# coreutils on text: one line or more of each program.
set -u
export LC_ALL=C
printf '%s\n' pear apple fig apple 'two words' >list
seq 12 >numbers
cat -n list; tac list; nl -ba list; rev <list 2>/dev/null || true
head -n 2 list; tail -n 2 list; tail -c 5 list
sort list; sort -ru list; sort -k2,2 -t ' ' list; sort -n -r numbers | head -3; shuf -i 1-9 | sort -n | paste -sd,
uniq -c <(sort list); comm -12 <(sort list) <(printf 'apple\nfig\n'); join <(sort -u list) <(printf 'apple red\nfig blue\n')
cut -c1-3 list; cut -d' ' -f2 list; paste -d: list numbers | head -3; tr a-z A-Z <list; tr -d aeiou <list; tr -s p <list
wc list; wc -L list; fold -w 3 list; fmt -w 20 <<<'one two three four five six seven'; expand -t 4 <<<$'a\tb'; unexpand -a -t 4 <<<'a       b'
csplit -q -f part numbers 5 9; head part*; split -l 5 numbers chunk; wc -l chunk*; pr -l 12 -h title -D date list
od -An -tx1 list | head -2; od -c numbers | head -2; base64 list; base32 list; basenc --base16 list
md5sum list; sha1sum list; sha224sum list; sha256sum list; sha384sum list | cut -c1-30; sha512sum list | cut -c1-30; b2sum list | cut -c1-30; cksum list; sum list
sha256sum list numbers >sums; sha256sum -c sums; tsort <<<'a b b c d b'; ptx <<<'the quick fox' | head -3
echo -e 'a\tb\x41'; printf '%5.2f|%-5s|%05d|%x\n' 3.14159 ab 42 255; expr 6 '*' 7; expr abcdef : 'abc\(.*\)'; factor 360 97 1000003; seq -w 8 11; seq -s, 1 .5 3; numfmt --to=iec 123456789; numfmt --from=si 5M
