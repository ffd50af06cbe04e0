# Starting programs: PATH, exit statuses, scripts without and with interpreters.
mkdir() { $BUSYBOX mkdir "$@"; }
mkdir bin; PATH=$PWD/bin
$BUSYBOX ln -s $BUSYBOX bin/wc; $BUSYBOX ln -s $BUSYBOX bin/cat; $BUSYBOX ln -s $BUSYBOX bin/env
cat left.txt | wc -l
printf '#!%s\necho script $0 $1\n' $BASH_PROGRAM > bin/script; $BUSYBOX chmod 755 bin/script
script arg | while read -r a b c; do echo $a ${b##*/} $c; done
printf 'echo plain $1\n' > bin/plain; $BUSYBOX chmod 755 bin/plain
plain arg
env -i A=1 $PWD/bin/env
nosuch; echo $?
./poem.txt; echo $?
./tree; echo $?
hash -r; type -t cat; command -v wc | while read l; do echo ${l##*/}; done
(exec cat < left.txt; echo no)
(exec -a other $BASH_PROGRAM -c 'echo $0')
exec $BASH_PROGRAM -c 'echo replaced; exit 17'
