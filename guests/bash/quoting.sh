# Quoting and expansion order.
a='single $x' b="double $HOME_NOT_SET \"q\" \$x" c=$'ansi\t\x41\u263a\n' d=a" b"c
printf '%s\n' "$a" "$b" "$c" "$d" \*
set -f; echo *; set +f
echo {a,b}{1..3} {z..x} {01..10..3} a{,b}c
echo ~+ | $BUSYBOX wc -l
eval 'echo evaluated "$((1 + 1))"'
v=name; name=value; echo ${!v} ${!na*}
set -- "a b" c; for x in "$@"; do echo "[$x]"; done; for x in $@; do echo "<$x>"; done; echo "$*"
IFS=-; set -- x y z; echo "$*"; w="a-b-c"; for p in $w; do echo $p; done
