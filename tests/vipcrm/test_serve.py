"""`manage.py serve` for real: it comes up, says where, and leaves no process behind."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.management.base import CommandError

from vipcrm.processes import ProcessGroup, private_valkey, refuse_used_port

START_SECONDS = 180
STOP_SECONDS = 60
# Every process of a trial carries this variable, whatever its session or parent.
MARK = "VIPCRM_TRIAL_MARK"


class Product:
    """One product in a folder of its own, started like `make run` starts it."""

    def __init__(self, folder: Path, port: int, **variables: str) -> None:
        self.mark = uuid.uuid4().hex
        self.port = port
        self.folder = folder
        self.log = folder / f"serve-{self.mark}.log"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "VIPCRM_VAR": str(folder / "var"),
            "PORT": str(port),
            "WEB_WORKERS": "1",
            "TASK_WORKERS": "1",
            MARK: self.mark,
            **variables,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def wait_for_process(self, words: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not any(words in process for process in self.processes().values()):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def get(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse()

    def processes(self) -> dict[int, str]:
        """The command lines of all processes that belong to the trial, by number."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                variables = (process / "environ").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            # Valkey writes its socket over its command line and its environment.
            if f"{MARK}={self.mark}" in variables or f"{self.folder}/var" in words:
                found[int(process.name)] = words
        return {number: words for number, words in found.items() if words}

    def end(self) -> None:
        """Whatever a failed test left."""
        for number in self.processes():
            os.kill(number, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def product(tmp_path: Path, port: int) -> Iterator[Product]:
    started = Product(tmp_path, port, DEMONSTRATION="true")
    yield started
    started.end()


@pytest.mark.whole
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_the_demonstration_comes_up_and_leaves_nobody_behind_whenever_it_is_stopped(
    product: Product, tmp_path: Path
) -> None:
    product.wait_for("Ctrl-C stops it.")
    assert f"http://localhost:{product.port}/" in product.output
    assert re.search(r"Sign in with staff number and password:\n {4}\S", product.output)
    assert product.get("/accounts/login/").status == 200
    assert product.get("/readyz").status == 200

    running = " ".join(product.processes().values())
    for name in ("gunicorn", "worker", "beat", "valkey.sock"):
        assert name in running, running
    product.wait_for("ready.")

    second = Product(tmp_path, product.port, DEMONSTRATION="true")
    assert second.process.wait(START_SECONDS) == 1
    assert f"port {product.port}" in second.output
    assert f"PORT={product.port + 1} make run" in second.output
    assert "Traceback" not in second.output

    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(STOP_SECONDS) == 0
    assert product.processes() == {}
    assert not (tmp_path / "var" / "redis-url").exists()

    # Started again in the same folder it is stopped while it prepares the database.
    again = Product(tmp_path, product.port, DEMONSTRATION="true")
    again.wait_for_process("manage.py prepare")
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(STOP_SECONDS) == 128 + signal.SIGINT
    assert again.processes() == {}
    assert "Traceback" not in again.output


def test_a_used_port_is_named_with_a_way_out(port: int) -> None:
    refuse_used_port("127.0.0.1", port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(CommandError, match=rf"port {port}: .*PORT={port + 1}"):
            refuse_used_port("127.0.0.1", port)


def test_valkey_is_private_and_keeps_its_queues(tmp_path: Path) -> None:

    folder, url_file = tmp_path / "valkey", tmp_path / "redis-url"
    with private_valkey(folder, url_file, on_death=lambda: None) as url:
        assert url_file.read_text() == url
        path = Path(url.removeprefix("unix://"))
        assert path.stat().st_mode & 0o077 == 0
        with redis.Redis.from_url(url) as client:
            client.lpush("queue", "work")
            assert client.config_get("port")["port"] == "0"
    assert not url_file.exists()
    with (
        private_valkey(folder, url_file, on_death=lambda: None) as url,
        redis.Redis.from_url(url) as client,
    ):
        assert client.lrange("queue", 0, -1) == [b"work"]


def test_a_long_folder_name_does_not_keep_valkey_from_starting(tmp_path: Path) -> None:
    folder = tmp_path / ("a-long-name-" * 10)
    with private_valkey(folder, tmp_path / "redis-url", on_death=lambda: None) as url:
        path = Path(url.removeprefix("unix://"))
        assert path.is_socket()
        assert len(os.fsencode(path)) <= 100
    assert not path.parent.exists()


def test_a_dead_valkey_is_noticed(tmp_path: Path) -> None:
    deaths: list[float] = []
    with private_valkey(
        tmp_path / "valkey", tmp_path / "redis-url", on_death=lambda: deaths.append(time.time())
    ) as url:
        with redis.Redis.from_url(url) as client:
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not deaths and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(deaths) == 1


def test_when_one_command_fails_the_others_end_and_its_code_is_told(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as output:
        group = ProcessGroup(output)
        group.add("lasting", ["sleep", "60"], dict(os.environ), tmp_path)
        group.add("failing", ["sh", "-c", "echo so sorry; exit 3"], dict(os.environ), tmp_path)
        began = time.monotonic()
        code = run_keeping_handlers(group)
    assert code == 3
    assert time.monotonic() - began < 30
    assert "failing | so sorry" in (tmp_path / "out").read_text()


def run_keeping_handlers(group: ProcessGroup) -> int:
    """Run the group without leaving its signal handlers to the tests that follow."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in numbers}
    try:
        return group.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
