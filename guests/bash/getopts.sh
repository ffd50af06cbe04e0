# getopts in a function, clustered and with arguments.
parse() {
  local OPTIND=1 option
  while getopts ':ab:c' option "$@"; do
    case $option in
      a|c) echo "flag $option";;
      b) echo "b=$OPTARG";;
      :) echo "missing for $OPTARG";;
      \?) echo "unknown $OPTARG";;
    esac
  done
  shift $((OPTIND - 1))
  echo "rest: $*"
}
parse -ac -b value x y
parse -b
parse -z -- -a
parse -bvalue
