# git: init to clone, with packing, merging, rebasing and a look at history.
set -u
export LC_ALL=C HOME=$PWD GIT_AUTHOR_DATE=2024-01-01T00:00:00Z GIT_COMMITTER_DATE=2024-01-01T00:00:00Z
git config --global user.email a@example.com; git config --global user.name A; git config --global init.defaultBranch main; git config --global advice.detachedHead false
git init -q work; cd work
for i in $(seq 20); do mkdir d$i; for j in $(seq 50); do echo "$i $j" >d$i/f$j; done; done
git add .; git commit -qm one; git status --short; git log --format='%H %s'
echo changed >>d1/f1; git rm -q d2/f2; git mv d3/f3 d3/g3; git status --short; git commit -qam two; git diff --stat HEAD~1; git show --format=%s HEAD -- d1
git checkout -qb side HEAD~1; echo side >d5/f5; git commit -qam side; git checkout -q main; git merge -q --no-edit side; git log --graph --format=%s | cat; git ls-tree -r HEAD | wc -l
git checkout -q -b conflict HEAD~1; echo other >d1/f1; git commit -qam other; git rebase -q main 2>&1 | head -1; git merge main 2>&1 | tail -1; git status --short; git merge --abort 2>/dev/null; git checkout -q main
git gc -q; git count-objects -v | grep -E 'count|in-pack'; git fsck 2>&1; git repack -adq; git verify-pack .git/objects/pack/*.idx && echo packed
cd ..; git clone -q work copy; cd copy; git log --format=%s | wc -l; echo new >new; git add new; git commit -qm new; git push -q origin HEAD:refs/heads/pushed 2>&1; git -C ../work log -1 --format=%s pushed
git clone -q --bare ../work ../bare.git; git -C ../bare.git branch | sort; git fetch -q --all; git grep -c '7 7' HEAD | head -2; git blame -s d1/f1 | cut -d' ' -f2-; git tag -am tag v1; git describe; git archive v1 | tar t | wc -l
git stash list; echo x >>d6/f6; git stash -q; git stash list | cut -d: -f1; git stash pop -q; git diff --numstat; git checkout -q .; git bisect start -q HEAD HEAD~2 2>&1 | head -1; git bisect reset -q 2>/dev/null; git format-patch -1 --stdout | grep Subject; git worktree add -q ../beside HEAD~1 && ls ../beside | wc -l; git rev-parse HEAD
