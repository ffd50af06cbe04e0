# TMOUT, SECONDS, RANDOM with a seed, EPOCH variables, ulimit.
RANDOM=42; echo $RANDOM $RANDOM $RANDOM
SECONDS=100; echo $SECONDS
((EPOCHSECONDS > 1600000000)) && echo epoch
TMOUT=1 read x < <($BUSYBOX sleep 3); echo $(($? > 128))
ulimit -n 50; ulimit -n; ulimit -c 0; ulimit -c
{ (ulimit -f 1; $BUSYBOX dd if=/dev/zero of=big bs=1k count=10); } 2> /dev/null; echo $?; $BUSYBOX stat -c %s big
times > /dev/null; echo $?
