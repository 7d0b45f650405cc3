"""A server and a client of a few lines at the ends of a line."""

import json
import subprocess
import sys
from collections.abc import Sequence

ECHO = """
import socket, sys
listener = socket.create_server(("0.0.0.0", 0))
print(listener.getsockname()[1], flush=True)
near, _ = listener.accept()
while data := near.recv(100):
    near.send(data)
"""
ASK = """
import json, socket, sys
from time import perf_counter
began = perf_counter()
near = socket.create_connection((sys.argv[1], int(sys.argv[2])))
found = [perf_counter() - began]
for _ in range(5):
    began = perf_counter()
    near.send(b"x")
    near.recv(1)
    found.append(perf_counter() - began)
print(json.dumps(found))
"""


def trips(client: Sequence[str], server: Sequence[str], host: str) -> list[float]:
    """Seconds of a connection, then of round trips of a byte.

    Args:
        client: what to put before a command to start it at that end.
        server: the same for the other one.
        host: the server's address.
    """
    with subprocess.Popen(
        [*server, sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True
    ) as listening:
        assert listening.stdout is not None
        port = listening.stdout.readline()
        done = subprocess.run(
            [*client, sys.executable, "-c", ASK, host, port],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    found: list[float] = json.loads(done.stdout)
    return found
