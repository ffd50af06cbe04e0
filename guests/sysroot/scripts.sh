# Programs that start programs: interpreters, their arguments, PATH, environment, descriptors.
set -u
export LC_ALL=C
put() { cat >"$1"; chmod +x "$1"; }
put plain <<<'echo no interpreter line: $0'; ./plain
put sh <<<$'#!/bin/sh\necho "$0" "$#" "$@"'; ./sh a 'b c'
put withargument <<<$'#!/bin/echo -n x y  \n'; ./withargument z | sed 's/\.\///'; echo
put python <<<$'#!/usr/bin/env python3\nimport sys; print(sys.argv)'; ./python 1 2
put perl <<<$'#!/usr/bin/perl -w\nprint "$0 @ARGV\n"'; ./perl 3
put nested <<<$'#!./sh\nignored'; ./nested 4
put missing <<<$'#!/no/such/interpreter\n'; ./missing 2>&1 | sed 's/.*: //'; echo $?
put awk <<<$'#!/usr/bin/awk -f\nBEGIN { print ARGV[1] }'; ./awk 5
touch notexec; ./notexec 2>&1 | sed 's/.*: //'; /etc 2>&1 | sed 's/.*: //'; /no/such 2>&1 | sed 's/.*: //'
mkdir bin; put bin/mine <<<$'#!/bin/bash\necho mine'; PATH=$PWD/bin:$PATH mine; (exec -a other bash -c 'echo $0'); env -i /usr/bin/env; X=1 bash -c 'echo $X'; bash -c 'exec 5<>f; echo into >&5; exec 5<&-; cat f'
exec 3>log; bash -c 'echo inherited >&3; exec 3>&-; echo closed >&3' 2>/dev/null; exec 3>&-; cat log; (ulimit -n 20; ulimit -n; bash -c 'ulimit -n'); (cd /usr; bash -c 'cd lib; /bin/pwd'); (bash -c 'kill -9 $$'; echo $?) 2>/dev/null; bash -c 'exit 300'; echo $?; mapfile -t x < <(seq 3); echo ${x[@]}; coproc cat; echo to >&${COPROC[1]}; read -r y <&${COPROC[0]}; echo $y; cat <<<here; trap 'echo exit trap' EXIT; diff <(echo 1) <(echo 2); /proc/self/exe --version 2>/dev/null | head -1; readlink /proc/$$/cwd | sed "s|$PWD|here|"; ls /proc/self/task | wc -l; [[ -e /dev/stdin && -c /dev/null ]] && echo devices; echo tee | tee /dev/stderr 2>&1 >/dev/null; echo x 2>/dev/null >/dev/full || echo full; cat /dev/null; head -c 3 /dev/zero | od -An -tx1; command -v ls
