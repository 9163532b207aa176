"""`manage.py serve`: the whole product on one machine, as `make run` starts it."""

import fcntl
import http.client
import io
import ipaddress
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from vipcrm import env
from vipcrm.processes import ProcessGroup, private_valkey, python_program, refuse_used_port

_READY_SECONDS = 60
_CHILD_ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    # Celery warns of root because of pickled tasks; ours are JSON only.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


class Command(BaseCommand):
    """Prepares everything, then runs web, worker and beat until it is told to stop."""

    help = "Builds, migrates, and runs web, worker and beat (and a private Valkey if needed)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C, SIGTERM or SIGHUP; leaves no process behind."""
        self.host = env.read_text("HOST", "127.0.0.1")
        self.port = env.read_int("PORT", 8000, minimum=1, maximum=65535)
        refuse_used_port(self.host, self.port)
        _end_on_signals()
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Line by line into a file or a pipe too, where somebody waits for the address.
            sys.stdout.reconfigure(line_buffering=True)
        with ExitStack() as stack:
            stack.enter_context(_only_one_here())
            call_command("build", stdout=self.stdout)
            environment = os.environ | _CHILD_ENVIRONMENT
            environment["REDIS_URL"] = env.read_redis_url("REDIS_URL") or stack.enter_context(
                private_valkey(
                    settings.VAR_DIR / "valkey", settings.PRIVATE_REDIS_URL_FILE, _stop_this
                )
            )
            self._prepare(environment)
            code = self._run(environment)
        if code:
            raise CommandError(
                "A process ended by itself; its last lines are above.", returncode=code
            )
        self.stdout.write("Stopped.")

    def _prepare(self, environment: dict[str, str]) -> None:
        # In a process of its own, which knows the broker from the environment; and in a session of
        # its own, so that Ctrl-C is ours to handle.
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare"]
        ended = subprocess.run(  # noqa: S603
            command, env=environment, check=False, start_new_session=True
        )
        if ended.returncode:
            raise CommandError("The database could not be prepared; the lines above say why.")

    def _run(self, environment: dict[str, str]) -> int:
        group = ProcessGroup(sys.stdout)
        for name, command in _commands(self.host, self.port).items():
            group.add(name, command, environment, settings.BASE_DIR)
        threading.Thread(target=self._announce, daemon=True).start()
        return group.run()

    def _announce(self) -> None:
        """Print address and logins as soon as the web process answers."""
        if not _answers(self.host, self.port):
            return
        shown_host = _shown_host(self.host)
        lines = ["", f"  Ready: http://{shown_host}:{self.port}/", *_login_lines(), ""]
        self.stdout.write("\n".join([*lines, "  Ctrl-C stops it.", ""]))
        self.stdout.flush()


def _commands(host: str, port: int) -> dict[str, list[str]]:
    """What runs side by side, by name."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    celery = [python_program("celery"), "--app", "vipcrm", "--quiet"]
    return {
        "web": [
            *[python_program("gunicorn"), "vipcrm.wsgi", "--bind", address],
            *["--workers", str(env.read_int("WEB_WORKERS", 2, minimum=1, maximum=64))],
            *["--timeout", "60", "--graceful-timeout", "3", "--no-control-socket"],
            *["--log-level", "warning"],
        ],
        "worker": [
            *[*celery, "worker", "--loglevel", settings.LOG_LEVEL],
            *["--concurrency", str(env.read_int("TASK_WORKERS", 2, minimum=1, maximum=64))],
            *["--without-gossip", "--without-mingle"],
        ],
        "beat": [*celery, "beat", "--loglevel", settings.LOG_LEVEL, "--pidfile="],
    }


def _login_lines() -> Iterator[str]:
    if not settings.DEMONSTRATION:
        return
    from exchange.services.demonstration import demonstration_logins

    yield "  Sign in with staff number and password:"
    for role, staff_number, password in demonstration_logins():
        yield f"    {role:<24} {staff_number:<12} {password}"


def _reachable_host(host: str) -> str:
    """Where this machine reaches a server that listens on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "::1" if address.version == 6 else "127.0.0.1"


def _shown_host(host: str) -> str:
    """The name to type into a browser; passkeys work on `localhost`, not on an address."""
    return "localhost" if _reachable_host(host) in ("127.0.0.1", "::1") else host


def _answers(host: str, port: int) -> bool:
    """Whether the web process answers, as whatever, before the patience ends."""
    reachable = _reachable_host(host)
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(reachable, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse()
        except OSError:
            time.sleep(0.2)
        else:
            return True
        finally:
            connection.close()
    return False


@contextmanager
def _only_one_here() -> Iterator[None]:
    """Refuse a second product in the same folder of runtime files."""
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.VAR_DIR / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"The product already runs with {settings.VAR_DIR}. "
                "Stop it, or set VIPCRM_VAR to another folder."
            ) from error
        yield


def _end_on_signals() -> None:
    """Before the processes run, a signal ends this one through its clean-up; later, all."""

    def end(number: int, _frame: Any) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    # A closed terminal asks for the same as SIGTERM, whoever handles that by then; `nohup` asks
    # to go on.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda _number, _frame: _stop_this())


def _stop_this() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
