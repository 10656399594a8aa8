"""`counted` rows are held against the library: the peer sees the connection end with the last reference to it."""

from __future__ import annotations

import ftplib
import gc
import http.client
import imaplib
import mailbox
import platform
import poplib
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leaklint.analyze import analyze
from leaklint.apis import read_rows
from leaklint.catalogue import load
from leaklint.link import link

RULES = Path(__file__).resolve().parents[1] / "rules"
PATIENCE = 5.0
"""Seconds until a peer gives up, which fails the test."""

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi"
GREETINGS = {
    "ftplib.FTP": b"220 hi\r\n",
    "smtplib.SMTP": b"220 hi\r\n",
    "imaplib.IMAP4": b"* OK hi\r\n",
    "poplib.POP3": b"+OK hi\r\n",
}


class Peer:
    """A server for one connection; `gone` is set when the other side has ended it."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting, self.gone = greeting, threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self.server.getsockname()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        with self.server, self.server.accept()[0] as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(self.greeting)
            try:
                while data := connection.recv(4096):
                    connection.sendall(self.answer(data))
            except TimeoutError:
                return
            self.gone.set()

    def answer(self, data: bytes) -> bytes:
        if data.startswith(b"GET"):
            return BODY
        return b"* CAPABILITY IMAP4rev1\r\n" + data.split()[0] + b" OK done\r\n"


def http_connection(peer: Peer) -> Any:
    made = http.client.HTTPConnection(peer.host, peer.port)
    made.request("GET", "/")
    made.getresponse().read()
    return made


def http_response(peer: Peer) -> Any:
    made = http.client.HTTPConnection(peer.host, peer.port)
    made.request("GET", "/")
    return made.getresponse()


def ftp(peer: Peer) -> Any:
    made = ftplib.FTP()
    made.connect(peer.host, peer.port)
    return made


def requests_session(peer: Peer) -> Any:
    made = pytest.importorskip("requests").Session()
    made.trust_env = False
    assert made.get(f"http://{peer.host}:{peer.port}/").content == b"hi"
    return made


def requests_response(peer: Peer) -> Any:
    with pytest.importorskip("requests").Session() as session:
        session.trust_env = False
        return session.get(f"http://{peer.host}:{peer.port}/", stream=True)


def pool(peer: Peer) -> Any:
    made = pytest.importorskip("urllib3").PoolManager()
    assert made.request("GET", f"http://{peer.host}:{peer.port}/").data == b"hi"
    return made


def zmq_context(peer: Peer) -> Any:
    zmq = pytest.importorskip("zmq")
    context = zmq.Context()
    return zmq_socket(peer, context)


def zmq_socket(peer: Peer, context: Any = None) -> Any:
    """A raw one, which has no greeting of its own."""
    zmq = pytest.importorskip("zmq")
    sock = (context or zmq.Context.instance()).socket(zmq.STREAM)
    sock.linger = 0
    sock.connect(f"tcp://{peer.host}:{peer.port}")
    sock.recv_multipart()  # it is connected
    return sock if context is None else (sock, context)


MAKERS: dict[str, Callable[[Peer], Any]] = {
    "socket.socket": lambda peer: socket.create_connection((peer.host, peer.port)),
    "http.client.HTTPConnection": http_connection,
    "http.client.HTTPResponse": http_response,
    "ftplib.FTP": ftp,
    "smtplib.SMTP": lambda peer: smtplib.SMTP(peer.host, peer.port),
    "imaplib.IMAP4": lambda peer: imaplib.IMAP4(peer.host, peer.port),
    "poplib.POP3": lambda peer: poplib.POP3(peer.host, peer.port),
    "requests.Session": requests_session,
    "requests.Response": requests_response,
    "urllib3.PoolManager": pool,
    "zmq.Context": zmq_context,
    "zmq.Socket": zmq_socket,
}


FILES: dict[str, Callable[[Path], Any]] = {"mailbox.mbox": mailbox.mbox}
DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def counted() -> list[str]:
    files = sorted(RULES.glob("apis/*.toml"))
    return [
        row.name
        for f in files
        for row in read_rows(f.read_text("utf-8"), f.name).values()
        if row.counted and row.verified
    ]


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="only CPython counts references")
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("name", [name for name in counted() if name not in FILES])
def test_it_ends_with_the_last_reference(name: str) -> None:
    peer = Peer(GREETINGS.get(name, b""))
    try:
        made = MAKERS[name](peer)
    except pytest.skip.Exception:
        socket.create_connection((peer.host, peer.port)).close()
        peer.thread.join()
        raise
    assert not peer.gone.wait(0.05)
    del made
    peer.thread.join()
    assert peer.gone.is_set()


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="only CPython counts references")
@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="the system does not show what is open")
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("name", [name for name in counted() if name in FILES])
def test_its_file_is_closed_with_the_last_reference(name: str, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.touch()
    made = FILES[name](path)
    assert str(path) in opened()
    del made
    assert str(path) not in opened()


def opened() -> set[str]:
    """The paths of all that this process has open."""
    links = (link for link in DESCRIPTORS.iterdir() if link.is_symlink())
    return {str(link.readlink()) for link in links}


@pytest.mark.parametrize(
    ("made", "severity"),
    [("socket.create_connection(event.peer)", "P2"), ("requests.Session()", "P2"), ("httpx.Client()", "P1")],
)
def test_what_ends_by_itself_is_less_severe(made: str, severity: str) -> None:
    source = f"import socket, requests, httpx\n\n\ndef on_event(event):\n    peer = {made}\n    print(peer)\n"
    findings = link([analyze(source.encode(), "a.py", "a", load())]).findings
    assert [f.severity for f in findings] == [severity]


@pytest.mark.parametrize(("ending", "severity"), [("__del__", "P2"), ("__len__", "P1")])
def test_what_ends_itself_when_it_is_collected_is_less_severe(ending: str, severity: str) -> None:
    source = f"""
import subprocess


class Reader:
    def __init__(self, path):
        self.process = subprocess.Popen(["cat", path])

    def close(self):
        self.process.wait()

    def {ending}(self):
        self.close()


def first(path):
    reader = Reader(path)
    return reader.process.pid
"""
    findings = link([analyze(source.encode(), "a.py", "a", load())]).findings
    assert [(f.rule, f.severity) for f in findings] == [("LK304", severity)]
