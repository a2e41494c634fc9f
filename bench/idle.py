"""How long MailHub takes from its start to its first page, and what it holds in memory when idle (PSS of all processes).

`python bench/idle.py [--runs 3] [--settle 5]`; the last line is one JSON object.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from tests.flows.server import Server


def main() -> None:
    """Start a fresh server a few times; print a table and the medians."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--runs", type=int, default=3)
    reader.add_argument("--settle", type=float, default=5.0, help="seconds to wait before memory is read")
    given = reader.parse_args()
    starts, totals = [], []
    for _ in range(given.runs):
        seconds, held = _measure(given.settle)
        starts.append(seconds)
        totals.append(sum(held.values()))
    for name, mib in sorted(held.items()):
        print(f"{name:<40} {mib:7.1f} MiB")
    print(f"start to first page {statistics.median(starts):.2f} s, idle memory {statistics.median(totals):.0f} MiB")
    print(json.dumps({"start_s": round(statistics.median(starts), 2), "pss_mib": round(statistics.median(totals), 1)}))


def _measure(settle: float) -> tuple[float, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="mailhub-idle-") as folder:
        server = Server(Path(folder))
        began = time.monotonic()
        server.start_only()
        try:
            while not server.is_up():
                time.sleep(0.01)
            seconds = time.monotonic() - began
            time.sleep(settle)
            return seconds, _held(server)
        finally:
            server.stop()


def _held(server: Server) -> dict[str, float]:
    held: dict[str, float] = {}
    for pid, line in server.processes().items():
        role = line.rsplit("mailhub", 1)[-1].strip() or "resource tracker"
        pss = psutil.Process(pid).memory_full_info().pss / 2**20
        held[f"{role} ({pid})"] = pss
    return held


if __name__ == "__main__":
    main()
