"""Ask the registries' advisory services about every pinned package.

Ends with 1 where a package has a known vulnerability, and where an audit itself breaks. Without
an answer from a service nothing is known: the output says so and the run goes on.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")


def main() -> int:
    """Audit the Python and the npm packages; the number of the exit code."""
    problems = [*python_problems(), *npm_problems()]
    for problem in problems:
        print(f"VULNERABLE: {problem}")
    return 1 if problems else 0


def python_problems() -> list[str]:
    """What PyPI's advisories say about the pinned Python packages."""
    lists = [argument for name in REQUIREMENTS for argument in ("--requirement", name)]
    program = str(Path(sys.executable).with_name("pip-audit"))
    answer = run([program, "--disable-pip", "--require-hashes", "--format", "json", *lists])
    if answer is None or "dependencies" not in answer:
        print("pip-audit: the advisory service did not answer; nothing is known.")
        return []
    known = [package for package in answer["dependencies"] if "vulns" in package]
    print(f"pip-audit: {len(known)} of {len(answer['dependencies'])} packages could be looked up.")
    return [
        f"{package['name']} {package['version']}: {vulnerability['id']}"
        for package in known
        for vulnerability in package["vulns"]
    ]


def npm_problems() -> list[str]:
    """What npm's advisories say about the locked packages."""
    npm = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
    answer = run([npm, "audit", "--json"])
    if answer is None or "vulnerabilities" not in answer:
        print("npm audit: the advisory service did not answer; nothing is known.")
        return []
    print(f"npm audit: {answer['metadata']['dependencies']['total']} packages looked up.")
    return [f"{name}: {package['severity']}" for name, package in answer["vulnerabilities"].items()]


def run(command: list[str]) -> dict[str, Any] | None:
    """The JSON that the command prints, or nothing where it prints none."""
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(ended.stdout)
    except json.JSONDecodeError:
        print(ended.stderr.strip()[-500:])
        return None
    return answer if isinstance(answer, dict) else None


if __name__ == "__main__":
    sys.exit(main())
