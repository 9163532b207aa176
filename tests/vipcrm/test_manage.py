"""`manage.py` with a wrong configuration: one clear line, whatever the command."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.parametrize("command", ["makemigrations", "check"])
def test_a_missing_secret_is_said_in_one_line(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Wrong configuration: SECRET_KEY is not set.")
    assert len(ended.stderr.splitlines()) == 1
