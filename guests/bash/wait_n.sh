# Background jobs and wait in its forms.
$BUSYBOX sleep 0.05 & a=$!
(exit 3) & b=$!
wait $b; echo $?
wait $a; echo $?
for n in 1 2 3; do ($BUSYBOX usleep ${n}00000; exit $n) & done
wait -n; echo $?
wait -n; echo $?
wait -n; echo $?
wait -n; echo $?
$BUSYBOX sleep 30 & kill $!; wait $!; echo $?
($BUSYBOX usleep 20000; exit 9) & wait -p which $!; echo $? $([[ $which == $! ]] && echo same)
jobs
