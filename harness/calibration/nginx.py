"""nginx with one worker: to hold the image server against, and as a server that is not ours."""

import os
import pwd
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_server

import psutil
import trustme

from harness.calibration.rates import Target
from harness.measure.processes.variables import clean_environment
from harness.text import last_line

HOST = "127.0.0.1"
CONFIGURATION = """\
daemon off;
user {user};
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/temp;
    uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    default_type image/jpeg;
    root {folder}/root;
    {servers}
}}
"""
TLS = "ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.3;"


@contextmanager
def started_nginx(
    program: str, folder: Path, cpus: Sequence[int], servers: str, *, prefix: Sequence[str] = ()
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start it and end it, without waiting until it serves.

    Args:
        folder: for all that it needs; it gives what is in ``root`` there.
        cpus: that it may use; () for any.
        servers: the part of its configuration that says where it listens.
        prefix: words before the command, such as those of a line's end.
    """
    user = pwd.getpwuid(os.geteuid()).pw_name  # whoever else it would be may not read the files
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, servers=servers, user=user))
    command = [*prefix, program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with clean_environment() as clean:
        process = subprocess.Popen(
            [*command, "-e", str(folder / "error.log")],
            stderr=subprocess.DEVNULL,  # it is in the log too
            env=clean,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus) if cpus else None,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


@contextmanager
def running_nginx(
    program: str, folder: Path, body: bytes, cpus: Sequence[int], kinds: Sequence[str]
) -> Iterator[list[Target]]:
    """Serve an image; yield it as it is reached in each way.

    Args:
        folder: empty, for all that it needs.
        kinds: what follows the port in ``listen``: "", "ssl" or "ssl http2".
    """
    authority = trustme.CA()
    _write(folder, body, authority.issue_cert(HOST))
    ports = _free_ports(len(kinds))
    listening = zip(ports, kinds, strict=True)
    listens = (f"server {{ listen {HOST}:{port} {kind}; }}" for port, kind in listening)
    servers = " ".join([TLS.format(folder=folder), *listens])
    urls = [
        f"{'https' if kind else 'http'}://{HOST}:{port}/photo.jpg"
        for port, kind in zip(ports, kinds, strict=True)
    ]
    with started_nginx(program, folder, cpus, servers) as process:
        for url in urls:
            if not _serves(url, body, authority):
                log = (folder / "error.log").read_text()
                sys.exit(f"nginx does not serve the image: {last_line(log, 'it wrote no reason')}")
        yield [Target(url=url, process=psutil.Process(process.pid)) for url in urls]


def fetched(url: str, authority: str | None = None) -> bytes:
    """What the URL gives, whatever proxies the environment names.

    Args:
        authority: certificate (PEM) of who vouches for the server.

    Raises:
        OSError: nothing.
    """
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if authority is not None:
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority)))
    with urllib.request.build_opener(*handlers).open(url) as answer:
        return bytes(answer.read())


def _write(folder: Path, body: bytes, certificate: trustme.LeafCert) -> None:
    (folder / "root").mkdir()
    (folder / "root" / "photo.jpg").write_bytes(body)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(folder / "chain.pem", append=True)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        return [stack.enter_context(create_server((HOST, 0))).getsockname()[1] for _ in range(count)]


def _serves(url: str, body: bytes, authority: trustme.CA) -> bool:
    """Whether the URL gives these bytes within five seconds."""
    for _ in range(50):
        try:
            return fetched(url, authority.cert_pem.bytes().decode()) == body
        except OSError:
            time.sleep(0.1)
    return False
