# Several writers on one pipe and on one file in append mode.
for i in 1 2 3 4; do (for j in {1..50}; do echo "$i $j"; done) & done >> shared
wait
$BUSYBOX sort -n -k1 -k2 shared | $BUSYBOX md5sum
: > log; for i in 1 2 3; do (for j in {1..30}; do echo "w$i" >> log; done) & done; wait
$BUSYBOX sort log | $BUSYBOX uniq -c
$BUSYBOX mkfifo f; (echo through fifo > f) & read -r l < f; echo $l; wait
$BUSYBOX rm f shared log
