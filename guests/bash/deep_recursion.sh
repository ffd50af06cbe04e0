# Depth: functions, sub-shells, expansions.
down() { (($1 == 0)) && { echo bottom; return; }; down $(($1 - 1)); }
down 1000
sub() { (($1 == 0)) && { echo $BASH_SUBSHELL; return; }; (sub $(($1 - 1))); }
sub 20
FUNCNEST=50; (down 100) 2>&1 | while read -r l; do echo "${l##*: }"; done
s=x; for i in {1..14}; do s+=$s; done; echo ${#s}
a=({1..5000}); echo ${#a[@]} ${a[4999]}; echo "${a[@]}" | $BUSYBOX md5sum
