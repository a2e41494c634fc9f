"""The sink as a process of its own: `python -m mailhub.sink --port 0 --record mails.jsonl`."""

import argparse
import json
import signal
import sys
import threading

from mailhub.sink import BEHAVIOURS, Sink


def main() -> None:
    """Serve until a signal, print the port first and, at the end, what was taken as one JSON object."""
    given = _arguments()
    try:
        sink = Sink(
            host=given.host,
            port=given.port,
            behaviours=given.behaviour,
            latency=given.latency,
            max_per_connection=given.max_per_connection,
            pipelining=not given.no_pipelining,
            tls=given.tls,
            login=tuple(given.login.split(":", 1)) if given.login else None,
            keep=False,
            record=given.record,
            sample=given.sample,
            size=given.size,
        ).start()
    except (OSError, ValueError) as error:
        sys.exit(f"The sink could not start: {error}")
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    if given.watch_stdin:
        threading.Thread(target=_watch, args=(over,), daemon=True).start()
    print(sink.port, flush=True)
    over.wait()
    sink.stop()
    print(json.dumps({"count": sink.count, "connections": sink.connections, "violations": sink.violations}))


def _watch(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="mailhub.sink", description="An SMTP server that delivers nothing.")
    reader.add_argument("--host", default="127.0.0.1")
    reader.add_argument("--port", type=int, default=0, help="0: any free port")
    reader.add_argument(
        "--behaviour",
        action="append",
        default=[],
        metavar="WORD=STAGE:ANSWER",
        help=f"may be repeated; stages mail, rcpt, data, dot; by default: {'; '.join(BEHAVIOURS)}",
    )
    reader.add_argument("--latency", type=float, default=0.0, help="seconds before each group of answers")
    reader.add_argument("--max-per-connection", type=int, default=0, help="421 after so many messages")
    reader.add_argument("--no-pipelining", action="store_true")
    reader.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    reader.add_argument("--login", default="", metavar="USER:PASSWORD", help="demand this login")
    reader.add_argument("--record", default="", metavar="FILE", help="one JSON line for each message taken")
    reader.add_argument("--sample", type=int, default=0, help="record the content of every so many-th message too")
    reader.add_argument("--size", type=int, default=0, help="octets declared with SIZE")
    reader.add_argument("--watch-stdin", action="store_true", help="stop when standard input closes")
    return reader.parse_args()


if __name__ == "__main__":
    main()
