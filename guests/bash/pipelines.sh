# Long pipelines and much data.
for i in {1..3000}; do echo "line $i"; done | $BUSYBOX sort -k2 -n -r | $BUSYBOX head -n 3
printf '%s\n' {1..20000} | $BUSYBOX tr 0-9 a-j | $BUSYBOX sort | $BUSYBOX uniq | $BUSYBOX md5sum
$BUSYBOX yes | $BUSYBOX head -n 1; echo "${PIPESTATUS[@]}"
echo start | $BUSYBOX cat | $BUSYBOX cat | $BUSYBOX cat | $BUSYBOX cat | $BUSYBOX cat | $BUSYBOX cat
$BUSYBOX dd if=/dev/zero bs=64k count=20 2> /dev/null | $BUSYBOX gzip -c | $BUSYBOX gunzip -c | $BUSYBOX wc -c
! true | false; echo $?
echo a |& $BUSYBOX cat
time_it() { TIMEFORMAT=%0lR; time true; }; time_it 2> /dev/null; echo $?
