# A coprocess that answers.
coproc UP { while read -r line; do echo "${line^^}"; done; }
for word in one two three; do
  echo $word >&"${UP[1]}"
  read -r answer <&"${UP[0]}"
  echo "$word -> $answer"
done
pid=$UP_PID
exec {UP[1]}>&-
wait $pid
echo $?
coproc $BUSYBOX bc
echo '6 * 7' >&${COPROC[1]}
read -r x <&${COPROC[0]}; echo $x
echo quit >&${COPROC[1]}
wait $COPROC_PID; echo $?
