"""A fast SMTP server that delivers nothing: it takes mail for tests and benches and answers as it was told to.
`with Sink() as sink: … sink.wait_for(3)`, or `python -m mailhub.sink`, which prints its port on its first line."""

from mailhub.sink.rules import BEHAVIOURS, Rule
from mailhub.sink.server import Received, Sink

__all__ = ["BEHAVIOURS", "Received", "Rule", "Sink"]
