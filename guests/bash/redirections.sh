# exec and redirections of every sort.
exec 3> three 4< left.txt
echo to three >&3; read -u 4 a; read -u 4 b; echo $a $b
exec 5<&4; read -u 5 c; echo $c; exec 4<&- 5<&-
{ echo out; echo err >&2; } 2>&1 > out | while read l; do echo "piped $l"; done
echo both &> both; echo more &>> both
echo $(<both) $(<out)
exec {fd}<> rw; echo 12345 >&$fd; exec {fd}>&-; echo $(<rw)
set -C; echo no > three; echo $?; echo yes >| three; set +C
ls() { echo fake; }; ls > /dev/null; ls 2> /dev/null
echo x > /no/such/dir; echo $?
cat < missing; echo $?
echo >&9; echo $?
exec 6>&1 > captured; echo captured; exec >&6 6>&-; echo $(<captured)
