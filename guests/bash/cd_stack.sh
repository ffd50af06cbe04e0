# Directories and the directory stack.
top=$PWD
rel() { echo "${1#$top}"; }
cd tree/dirlink; rel "$PWD"; rel "$(pwd -P)"; cd -P .; rel "$PWD"; cd "$top"
pushd tree > /dev/null; pushd sub > /dev/null; for d in "${DIRSTACK[@]}"; do d=${d/#\~/$HOME}; rel "$d"; done
popd > /dev/null; rel "$PWD"; popd > /dev/null; rel "$PWD"
cd missing; echo $?; cd poem.txt; echo $?
CDPATH=tree; cd sub > /dev/null; rel "$PWD"; cd - > /dev/null
cd tree/sub/deep; $BUSYBOX rm -r ../../sub; echo $?; cd "$top"; rel "$PWD"
