# A small recursive-descent parser.
input='{"name": "x y", "list": [1, 2.5, true, null, {"deep": []}], "n": -3}' position=0
skip() { while [[ ${input:position:1} == [[:space:]] ]]; do ((position++)); done; }
value() {
  skip
  case ${input:position:1} in
    '{') ((position++)); skip; while [[ ${input:position:1} != '}' ]]; do skip; string; local k=$out; skip; ((position++)); value "$1.$k"; skip; [[ ${input:position:1} == , ]] && ((position++)); done; ((position++));;
    '[') ((position++)); local i=0; skip; while [[ ${input:position:1} != ']' ]]; do value "$1[$i]"; ((i++)); skip; [[ ${input:position:1} == , ]] && ((position++)); skip; done; ((position++));;
    '"') string; echo "$1 = '$out'";;
    *) local rest=${input:position}; [[ $rest =~ ^[-a-z0-9.]+ ]]; ((position += ${#BASH_REMATCH})); echo "$1 = $BASH_REMATCH";;
  esac
}
string() { ((position++)); out=; while [[ ${input:position:1} != '"' ]]; do out+=${input:position:1}; ((position++)); done; ((position++)); }
value root
