# Signals between processes.
parent=$$
trap 'got=$((got + 1))' USR1
got=0
for i in 1 2 3; do (kill -USR1 $parent); done
echo got $got
child() { trap 'echo term in child; exit 12' TERM; echo ready; while :; do $BUSYBOX usleep 5000; done; }
exec {out}< <(child)
pid=$!
read -u $out line; echo $line
kill -TERM $pid
read -u $out line; echo $line
wait $pid; echo $?
$BUSYBOX sleep 30 & pid=$!
kill -STOP $pid; kill -0 $pid; echo $?
{ kill -CONT $pid; kill -KILL $pid; wait $pid; } 2> /dev/null; echo $?
kill -l 15 137
for s in HUP QUIT ABRT ALRM PIPE; do ($BASH_PROGRAM -c "kill -$s \$\$"); echo $s $?; done 2> /dev/null
