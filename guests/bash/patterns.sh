# Globs, extended globs, case, regular expressions.
shopt -s extglob nullglob
echo *.txt
echo !(*.txt) 
echo [lr]*.t?t no*such
for f in tree/**; do echo $f; done
shopt -s globstar dotglob
echo tree/**
case abc in a?c) echo one;;& *b*) echo two;& zzz) echo three;; *) echo no;; esac
[[ "key = value" =~ ^([a-z]+)\ *=\ *(.*)$ ]] && echo "${BASH_REMATCH[1]}:${BASH_REMATCH[2]}"
[[ file.tar.gz == @(file|dir).+([a-z.]) ]] && echo ext
s=path/to/file.tar.gz
echo ${s##*/} ${s#*/} ${s%.*} ${s%%.*} ${s/t/T} ${s//t/T} ${s/#path/P} ${s/%gz/xz}
echo ${s^} ${s^^[aeiou]} ${s:5:2} ${s: -6} ${#s}
echo ${unset:-default} ${unset:=assigned} ${unset:+alternate} ${s@Q}
