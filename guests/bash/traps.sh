# EXIT, ERR, DEBUG, RETURN and signal traps.
trap 'echo exit $?' EXIT
trap 'echo err $LINENO' ERR
false
f() { trap 'echo return' RETURN; echo in f; }
f
trap 'echo usr1' USR1
kill -USR1 $$
trap '' USR1
kill -USR1 $$
trap - USR1
trap -p EXIT
(trap 'echo sub exit' EXIT; exit 4)
echo $?
trap 'echo int; exit 7' INT
kill -INT $$
echo not reached
