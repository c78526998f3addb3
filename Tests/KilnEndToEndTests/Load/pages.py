"""pages.py SERVER PATH SECONDS COMMAND…: asks SERVER for PATH without a pause, eight at a time, and runs COMMAND meanwhile.

SERVER is HOST:PORT for HTTP or unix:SOCKET for FastCGI. Each request has a name of its own, and its answer ends in "done".
Prints how many were answered, how many were lost and why, and how many seconds COMMAND took; the names of those answered
are added to the file `answered`. A connection that was opened after COMMAND began and on which nothing came was refused: only
the server knows whether it took it, so the caller compares its list of requests with `answered`.
"""
import json, os, socket, struct, subprocess, sys, threading, time

server, path, seconds, command = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:]
is_socket = server.startswith("unix:")
answered, refused, lost, stopped = [], [], [], None


def connect():
    if is_socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(server.removeprefix("unix:"))
    else:
        host, port = server.split(":")
        connection = socket.create_connection((host, int(port)), 5)
    connection.settimeout(12)
    return connection


def record(kind, content):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def request(name):
    if not is_socket:
        return f"GET {path}?id={name} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
    variables = {
        "SCRIPT_FILENAME": path, "SCRIPT_NAME": path, "REQUEST_METHOD": "GET", "QUERY_STRING": "id=" + name,
        "SERVER_PROTOCOL": "HTTP/1.0"}
    pairs = b"".join(bytes([len(k), len(v)]) + (k + v).encode() for k, v in variables.items())
    return record(1, struct.pack("!HB5x", 1, 0)) + record(4, pairs) + record(4, b"") + record(5, b"")


def is_whole(answer):
    if not is_socket:
        return answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"done\n")
    # The last record of an answer says that the request has ended.
    return b"done\n" in answer and answer[-16:-14] == b"\x01\x03"


def ask(worker):
    for count in range(1_000_000):
        name, answer, problem = f"{os.getpid()}-{worker}-{count}", b"", "the connection was closed"
        begun = time.monotonic()
        try:
            with connect() as connection:
                begun = time.monotonic()
                connection.sendall(request(name))
                while part := connection.recv(65536):
                    answer += part
                    # A client slower than the server: what the server has sent is not yet what the client has.
                    if len(answer) > 100_000:
                        time.sleep(0.01)
        except OSError as error:
            problem = str(error)
        if is_whole(answer):
            answered.append(name)
        elif answer or not stopped or begun < stopped:
            lost.append(f"{name}: {problem} after {answer[:80]!r}")
            return
        else:
            refused.append(name)
            return


def keep_open():
    """A client that has had its answer and keeps the connection, until the server closes it."""
    try:
        with connect() as connection:
            connection.sendall(b"GET /health.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while connection.recv(65536):
                pass
    except OSError:
        pass


workers = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(8)]
for worker in workers:
    worker.start()
time.sleep(seconds)
if not is_socket:
    for _ in range(3):
        threading.Thread(target=keep_open, daemon=True).start()
    time.sleep(0.2)
stopped = time.monotonic()
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
took = time.monotonic() - stopped
for worker in workers:
    worker.join(30)
with open("answered", "a") as file:
    file.writelines(name + "\n" for name in answered)
print(json.dumps({"answered": len(answered), "refused": len(refused), "lost": lost, "seconds": took}))
