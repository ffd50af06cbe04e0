# vim, by commands and on a terminal.
set -u
export LC_ALL=C TERM=xterm
printf 'one\ntwo\nthree\n' >text
vim -es -u NONE -c '%s/t/T/g' -c '2d' -c 'normal Goadded' -c 'wq' text; cat text
vim -es -u NONE -c 'g/e/m0' -c '%sort' -c '%!tr a-z A-Z' -c 'wq' text; cat text
python3 - <<'P'
import os, pty, select, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp("vim", ["vim", "-u", "NONE", "-N", "text"])
def until(quiet):
    out = b""
    while select.select([fd], [], [], quiet)[0]:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        out += data
    return out
screen = until(3)
print(b"ADDED" in screen)
for keys in (b"ggOfirst\x1b", b":%s/ADDED/typed/\r", b"yyp", b":wq\r"):
    os.write(fd, keys); until(0.5)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
cat text
