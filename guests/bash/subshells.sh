# Sub-shells, command substitution, their variables, directories and statuses.
x=1; (x=2; cd tree; echo $x ${PWD##*/}); echo $x ${PWD##*/} | $BUSYBOX cut -c1
y=$(exit 3); echo $?
echo "$(echo "nested $(echo "deeper $(echo deepest)")")"
echo $BASH_SUBSHELL $(echo $BASH_SUBSHELL $(echo $BASH_SUBSHELL))
{ echo grouped; echo too; } | while read w; do last=$w; done; echo "last=$last"
shopt -s lastpipe; echo lastpipe | read l; echo $l
(exit 5) | (exit 6) | true; echo "${PIPESTATUS[@]}"
echo $(< left.txt)
z=$(printf 'trailing\n\n\n'); echo "[$z]"
{ (kill -9 $BASHPID); } 2> /dev/null; echo $?
{ (kill -TERM $BASHPID); } 2> /dev/null; echo $?
