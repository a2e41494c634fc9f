"""Being a child process: dying with the parent, so that nobody is left behind when something above is killed."""

import ctypes
import os
import signal
import sys
import threading
import time

_LINUX = sys.platform.startswith("linux")
_PR_SET_PDEATHSIG = 1


def leave_out(module: str) -> None:
    """Let imports of a module that others load only if it is there find nothing.

    peewee and Huey load psycopg for whoever may want PostgreSQL: 24 MiB in each process that never will.
    """
    if module not in sys.modules:
        sys.modules[module] = None  # type: ignore[assignment]


def die_with_parent(sign: int = signal.SIGKILL, parent: int = 0) -> None:
    """End this process with `sign` when its parent is gone: at once on Linux, within half a second elsewhere.

    `parent` is the parent's id as it was before the fork: it may be gone by now (0: not known).
    """
    parent = parent or os.getppid()
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, sign)
        if os.getppid() != parent:
            os.kill(os.getpid(), sign)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), sign)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def follow_parent(parent: int, grace: float) -> None:
    """End this process when `parent` (its id) is gone: as by SIGTERM, and within `grace` seconds in any case."""

    def leave(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, grace)  # SIGALRM, which nobody here listens to, ends the process
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGUSR2, leave)
    die_with_parent(signal.SIGUSR2, parent)
