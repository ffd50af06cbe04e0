# Python on sockets: selectors, event loops, servers in threads, descriptors sent, multiprocessing.
exec python3 -I -B - <<'P'
import array, asyncio, http.server, multiprocessing, os, selectors, signal, socket, socketserver, tempfile, threading, urllib.request, xmlrpc.client, xmlrpc.server
os.chdir(tempfile.mkdtemp())
print(type(selectors.DefaultSelector()).__name__, socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))

# A selector with a listener, a client in another process, and a pipe.
s = socket.create_server(("127.0.0.1", 0)); port = s.getsockname()[1]; s.setblocking(False)
pid = os.fork()
if pid == 0:
    c = socket.create_connection(("127.0.0.1", port)); c.sendall(b"x" * 300000); c.shutdown(socket.SHUT_WR)
    total = 0
    while data := c.recv(65536): total += len(data)
    os._exit(0 if total == 300000 else 1)
sel = selectors.DefaultSelector(); sel.register(s, selectors.EVENT_READ); got = 0; done = False
while not done:
    for key, events in sel.select(20):
        if key.fileobj is s:
            conn, address = s.accept(); conn.setblocking(False); sel.register(conn, selectors.EVENT_READ); print(address[0])
        elif data := key.fileobj.recv(4096): got += len(data)
        else: sel.unregister(key.fileobj); key.fileobj.setblocking(True); key.fileobj.sendall(b"y" * got); key.fileobj.close(); done = True
print(got, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

# Descriptors over a socket, credentials, datagrams, options, errors.
a, b = socket.socketpair(); r, w = os.pipe(); socket.send_fds(a, [b"fd"], [r]); message, fds, flags, address = socket.recv_fds(b, 10, 4)
os.write(w, b"through"); print(message, os.read(fds[0], 20), flags, address)
print(array.array("i", b.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0] == os.getpid())
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0)); u.sendto(b"self", u.getsockname()); print(u.recvfrom(10)[0])
u.settimeout(0.05)
try: u.recv(1)
except TimeoutError as e: print("timeout:", e)
s.close()
try: socket.create_connection(("127.0.0.1", port))
except ConnectionRefusedError as e: print(e.errno)
s = socket.socket(socket.AF_UNIX); s.bind("sock"); print(s.getsockname(), oct(os.stat("sock").st_mode & 0o170000)); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect("sock"); print(s.accept()[0].getsockname(), repr(c.getsockname()), c.getpeername())
n = socket.socket(socket.AF_UNIX); n.bind("\0elfuse-%d" % os.getpid()); print(n.getsockname() == b"\0elfuse-%d" % os.getpid())

# An event loop: streams over a path, a subprocess, signals, timers, threads.
async def main():
    async def upper(reader, writer):
        writer.write((await reader.readline()).upper()); await writer.drain(); writer.close()
    server = await asyncio.start_unix_server(upper, "upper")
    answers = []
    for word in b"one\n", b"two\n":
        reader, writer = await asyncio.open_unix_connection("upper"); writer.write(word); answers.append(await reader.read()); writer.close()
    print(answers); server.close(); await server.wait_closed()
    p = await asyncio.create_subprocess_exec("sh", "-c", "read x; echo got $x; exit 4", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    print(await p.communicate(b"input\n"), p.returncode)
    heard = asyncio.Event(); asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heard.set); os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(heard.wait(), 20); print("signal")
    try: await asyncio.wait_for(asyncio.sleep(60), 0.05)
    except TimeoutError: print("late")
    print(await asyncio.gather(*(asyncio.to_thread(lambda i=i: i * i) for i in range(8))), await asyncio.get_running_loop().run_in_executor(None, os.path.exists, "upper"))
asyncio.run(main())

# Servers in threads.
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(self.path.encode() * 1000)
    def log_message(self, *args): pass
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever).start(); url = "http://127.0.0.1:%d/" % server.server_address[1]; sizes = {}
    def fetch(i): sizes[i] = len(urllib.request.urlopen(url + "x" * i, timeout=60).read())
    threads = [threading.Thread(target=fetch, args=(i,)) for i in range(6)]
    for t in threads: t.start()
    for t in threads: t.join()
    print(sorted(sizes.items())); server.shutdown()
server = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False); server.register_function(pow)
threading.Thread(target=server.handle_request).start(); print(xmlrpc.client.ServerProxy("http://127.0.0.1:%d" % server.server_address[1]).pow(2, 10)); server.server_close()

# Processes that share a queue and a pipe.
def work(numbers, results):
    for i in iter(numbers.get, None): results.send(i ** 2)
numbers = multiprocessing.SimpleQueue(); mine, theirs = multiprocessing.Pipe()
p = multiprocessing.get_context("fork").Process(target=work, args=(numbers, theirs)); p.start()
for i in (3, 4, None): numbers.put(i)
print(mine.recv(), mine.recv(), p.join(), p.exitcode)
P
