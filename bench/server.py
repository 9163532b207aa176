"""The product behind gunicorn, as the budgets' set-up has it, and requests to it."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WEB_WORKERS = 2
START_SECONDS = 60
CSRF = "b" * 32
STATIC_FILE = re.compile(r'(?:href|src)="(/static/[^"#]+)')


@dataclass(frozen=True)
class Answer:
    """What came back: status, size in bytes, number of statements, seconds it took."""

    status: int
    size: int
    statements: int
    seconds: float


@dataclass(frozen=True)
class Server:
    """A running product."""

    port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str, session: str = "") -> Answer:
        """Ask for a page with the session of somebody."""
        return self._ask("GET", path, session, None)

    def post(self, path: str, session: str, form: str) -> Answer:
        """Send a form."""
        return self._ask("POST", path, session, form)

    def weight(self, path: str, session: str) -> tuple[int, int]:
        """Return the compressed bytes of a page at the first visit and at a later one.

        The first time a browser also gets the style sheets, scripts and pictures that the page
        names; they have a hash in their names and are kept from then on.
        """
        page, text = self._compressed(path, session)
        files = set(STATIC_FILE.findall(text))
        if not files:
            raise RuntimeError(f"{path} names no static files; its weight is not known.")
        return page + sum(self._compressed(file, session)[0] for file in files), page

    def _compressed(self, path: str, session: str) -> tuple[int, str]:
        """Return the size of an answer as a browser gets it, and its text unpacked."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sizes = []
        for encoding in ("br, gzip", "identity"):
            headers = {"Cookie": _cookies(session), "Accept-Encoding": encoding}
            connection.request("GET", path, None, headers)
            response = connection.getresponse()
            body = response.read()
            if response.status != http.client.OK:
                raise RuntimeError(f"{path} answered {response.status}.")
            sizes.append(len(body))
            connection.close()
        return sizes[0], body.decode("utf-8", "replace")

    def _ask(self, method: str, path: str, session: str, form: str | None) -> Answer:
        headers = {
            "Cookie": _cookies(session),
            "X-CSRFToken": CSRF,
            "Accept-Encoding": "identity",
        }
        if form is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "HX-Request": "true",
            }
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, form, headers)
        response = connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - begun
        connection.close()
        statements = int(response.headers.get("X-Statements", 0))
        return Answer(response.status, len(body), statements, seconds)

    def workers(self) -> list[int]:
        """Return the process ids of the web workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def memory_of_workers(self) -> list[float]:
        """Return the largest memory that each web worker has had, in MB."""
        return [_resident(pid) for pid in self.workers()]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time that processes of this machine have had."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def _cookies(session: str) -> str:
    signed_in = f"sessionid={session}; " if session else ""
    return f"{signed_in}csrftoken={CSRF}; django_language=zh-hans"


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@contextmanager
def running(environment: dict[str, str]) -> Iterator[Server]:
    """Start the web processes on a free port; stop them at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "vipcrm.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(WEB_WORKERS), "--no-control-socket", "--log-level", "warning"),
    ]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        server = Server(port, process)
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.get("/yardstick")
        except OSError:
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return
