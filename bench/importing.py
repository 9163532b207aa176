"""One roster import in a process of its own: prints its seconds and its peak memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

import django


def main() -> None:
    """Import the file of the first argument as the person of the second."""
    django.setup()
    from django.core.management import call_command

    file, staff_number = sys.argv[1:]
    begun = time.perf_counter()
    call_command("import_roster", file, actor=staff_number, verbosity=0, stdout=sys.stderr)
    seconds = time.perf_counter() - begun
    # The file is read in a process of the import's own.
    largest = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    sys.stdout.write(json.dumps({"seconds": seconds, "memory_mb": largest / 1024}))


main()
