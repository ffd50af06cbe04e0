# set options: errexit, nounset, pipefail, xtrace, noexec.
(set -e; false; echo no) ; echo $?
(set -e; false || true; if false; then :; fi; echo yes); echo $?
(set -u; echo $undefined; echo no); echo $?
(set -o pipefail; false | true); echo $?
(set -x; y=1; echo traced $y; [[ $y == 1 ]]) 2>&1
(set -n; echo not run); echo $?
PS4='+${LINENO}: '; (set -x; for i in 1 2; do :; done) 2>&1
shopt -o errexit; echo $-
set -o | while read n v; do [[ $v == on ]] && echo $n; done
