# select from a here-document.
PS3='pick: '
select x in red green blue; do echo "$REPLY:$x"; [[ $x == blue ]] && break; done <<END
1
9
3
END
select y; do break; done < /dev/null; echo $?
