"""Processes that verify nothing do not load what looks domains up."""

import subprocess
import sys


def test_the_kinds_of_job_load_no_dns() -> None:
    program = "import sys, mailhub_verification.plugin as p; p.register_jobs(); print('dns' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
