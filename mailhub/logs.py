"""Logs to standard error: text for people or JSON for machines, past tense plus ids, no addresses, bodies or secrets."""

import logging
import sys

import structlog

from mailhub import outages
from mailhub.config import Config

_QUIET = ("apscheduler", "huey", "granian", "_granian", "mail.log", "asyncio", "charset_normalizer")


def configure(config: Config, role: str) -> None:
    """Send everything logged in this process to standard error, marked with its role."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _marked(role),
    ]
    last = (
        structlog.processors.JSONRenderer()
        if config.log.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    handler.addFilter(outages.Brief())
    logging.basicConfig(level=config.log.level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _marked(role: str) -> structlog.types.Processor:
    def mark(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        return {**event, "role": role}

    return mark
