"""The product behind gunicorn, as the budgets' set-up has it, and requests to it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WEB_WORKERS = 2
START_SECONDS = 60
CSRF = "b" * 32


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

    def _ask(self, method: str, path: str, session: str, form: str | None) -> Answer:
        headers = {
            "Cookie": f"sessionid={session}; csrftoken={CSRF}; django_language=zh-hans",
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

    def memory_of_workers(self) -> list[float]:
        """Return the memory of each web worker, in MB."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [_resident(int(pid)) for pid in children.read_text().split()]


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
