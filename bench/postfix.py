"""A Postfix with OpenDKIM of the run's own, to be compared with: folders, ports and processes of its own, ended at the end.

A Postfix of the system is not touched: nothing of it is read but its programs. Needs root, as Postfix's master does.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.flows.server import _listens, free_ports, wait_until

PROGRAMS = ("postfix", "postconf", "opendkim", "opendkim-genkey")
DOMAIN = "bench.example.com"

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> list[str]:
    """What this machine lacks for the comparison, each as a few words."""
    paths = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    lacking = [each for each in PROGRAMS if shutil.which(each, path=paths) is None]
    return [*lacking, *([] if os.geteuid() == 0 else ["the rights of root"])]


@contextmanager
def postfix(folder: Path, sink: int) -> Iterator[int]:
    """A Postfix that signs what loopback submits and relays it to the sink's port; yields its own port."""
    port, milter = free_ports(2)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    dkim = _opendkim(folder / "dkim", milter)
    try:
        wait_until(lambda: _listens(milter), 20, "OpenDKIM")
        _configure(folder, port, milter, sink)
        _run("postfix", "-c", str(folder / "conf"), "start")
        try:
            wait_until(lambda: _listens(port), 20, "Postfix")
            yield port
        finally:
            _stop(folder)
    finally:
        dkim.terminate()
        dkim.wait(20)


def pids(folder: Path) -> list[int]:
    """The processes of this Postfix and its OpenDKIM, now."""
    master = int((folder / "queue" / "pid" / "master.pid").read_text())
    signers = [each.pid for each in psutil.process_iter() if _is_opendkim_of(each, folder)]
    return [master, *[each.pid for each in psutil.Process(master).children(recursive=True)], *signers]


def _is_opendkim_of(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name() == "opendkim" and str(folder) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _run(*words: str) -> None:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"


def _opendkim(folder: Path, port: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    _run("opendkim-genkey", "-b", "2048", "-d", DOMAIN, "-s", "mh", "-D", str(folder))
    (folder / "opendkim.conf").write_text(
        f"Domain {DOMAIN}\nSelector mh\nKeyFile {folder}/mh.private\nSocket inet:{port}@127.0.0.1\n"
        "Canonicalization relaxed/relaxed\nMode s\nRequireSafeKeys no\nInternalHosts 127.0.0.1\nBackground no\n"
    )
    program = shutil.which("opendkim", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program is not None
    return subprocess.Popen([program, "-f", "-x", str(folder / "opendkim.conf")])


def _configure(folder: Path, port: int, milter: int, sink: int) -> None:
    """Postfix's usual settings, less what would slow it down here: no DNS, no brake on what comes in, no chroot."""
    queue, data, conf = folder / "queue", folder / "lib", folder / "conf"
    for each in (queue, data, conf):
        each.mkdir()
    shutil.chown(data, "postfix")
    (conf / "main.cf").write_text(
        f"compatibility_level = 3.6\nqueue_directory = {queue}\ndata_directory = {data}\n"
        f"mail_owner = postfix\nmyhostname = relay.{DOMAIN}\nmydestination =\nmynetworks = 127.0.0.0/8\n"
        f"inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nrelayhost = [127.0.0.1]:{sink}\n"
        "smtp_host_lookup = native\nsmtpd_peername_lookup = no\nalias_maps =\nalias_database =\nin_flow_delay = 0\n"
        f"smtp_tls_security_level = none\nsmtpd_milters = inet:127.0.0.1:{milter}\nmaillog_file = {folder}/mail.log\n"
        f"maillog_file_prefixes = {folder}\n"
    )
    (conf / "master.cf").write_text(_MASTER.format(port=port))
    assert pwd.getpwnam("postfix")


def _stop(folder: Path) -> None:
    """End this Postfix by its master's number, and wait until its processes are gone."""
    running = [psutil.Process(pid) for pid in pids(folder)[:-1] if psutil.pid_exists(pid)]
    _run("postfix", "-c", str(folder / "conf"), "stop")
    deadline = time.monotonic() + 20
    while any(each.is_running() for each in running) and time.monotonic() < deadline:
        time.sleep(0.1)
