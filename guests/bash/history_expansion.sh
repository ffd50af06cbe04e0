# Interactive features that work in scripts too.
set -o history; set -H
echo first
shopt -s expand_aliases
alias say='echo said'
say it
unalias say
fc -l -1 > /dev/null; echo $?
complete -W 'alpha beta alpine' cmd; compgen -W 'alpha beta alpine' al
compgen -b | while read b; do [[ $b == r* ]] && echo $b; done
enable -n echo; type -t echo; enable echo; type -t echo
bind -l > /dev/null 2>&1; echo $?
caller; echo $?
