"""`mailhub verify`: addresses from the command line or standard input, each answered in order. Needs no database."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import click

from mailhub.config import Config
from mailhub_verification.checking import Result, Written, judge_all, read
from mailhub_verification.marks import MARKS

BATCH = 5000
"""Addresses whose domains are looked up together."""


@click.command("verify")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS…")
@click.option("--no-dns", is_flag=True, help="Ask DNS nothing: look at the words alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, in the order given.")
@click.pass_obj
def verify(config: Config, addresses: tuple[str, ...], no_dns: bool, as_json: bool) -> None:
    """Say what can be known of e-mail addresses without writing to them. `-` reads them from standard input, one a line."""
    try:
        for result in _results(config, _given(addresses), no_dns):
            click.echo(json.dumps(result.told()) if as_json else _line(result))
    except BrokenPipeError:  # `… | head` has seen enough
        sys.stderr.close()


def _given(addresses: Sequence[str]) -> Iterator[str]:
    for each in addresses:
        if each != "-":
            yield each
            continue
        with click.open_file("-", encoding="utf-8", errors="replace") as lines:
            yield from (text for line in lines if (text := line.rstrip("\r\n")).strip())


def _results(config: Config, given: Iterator[str], no_dns: bool) -> Iterator[Result]:
    from mailhub_verification.facts import FAILED, SKIPPED
    from mailhub_verification.prober import open_prober

    prober = None if no_dns else open_prober(config)
    while batch := [read(each) for each in islice(given, BATCH)]:
        if prober is None:
            yield from judge_all(config, None, batch, {}, SKIPPED)
        else:
            yield from judge_all(config, None, batch, prober.ask(_domains(batch), time.monotonic() + 600), FAILED)
    if prober is not None:
        prober.close()


def _domains(batch: Sequence[Written]) -> set[str]:
    return {each.domain for each in batch if each.domain}


def _line(result: Result) -> str:
    because = " ".join(MARKS[slug].sentence for slug in result.reasons)
    meant = f" Perhaps {result.suggestion} was meant." if result.suggestion else ""
    return f"{result.verdict:<13} {result.score:>3}  {_printable(result.address)}  {because}{meant}".rstrip()


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)
