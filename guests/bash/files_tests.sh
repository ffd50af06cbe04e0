# test and [[ on files.
for f in poem.txt tree tree/link tree/dangling empty missing tree/run.sh /dev/null; do
  r=$f:
  for t in e f d L s x r b c p S h; do test -$t $f && r+=" $t"; done
  echo "$r"
done
[[ left.txt -nt missing ]] && echo newer; [[ poem.txt -ef ./poem.txt ]] && echo same
$BUSYBOX mkfifo fifo; [[ -p fifo ]] && echo fifo
[[ -t 0 ]] || echo no terminal
[ 1 -eq 1 -a ! 2 -gt 3 ] && echo and; [ ]; echo $?; [ x = ]; echo $?
umask 027; > new; mkdir() { $BUSYBOX mkdir "$@"; }; mkdir newdir; $BUSYBOX stat -c '%a %n' new newdir
umask -S
