"""Mails that Gmail would cut off are told of, in the languages that are too large."""

from mailhub_sending.sizing import CLIPPED, kilobytes, warn


def test_sizes_are_of_bytes_rounded_up() -> None:
    assert [kilobytes(html) for html in ("", "x", "x" * 1024, "é" * 513)] == [0, 1, 1, 2]


def test_only_what_is_too_large_is_told() -> None:
    assert warn({"en": "x" * CLIPPED * 1024, "fr": ""}) == []
    assert warn({"en": "", "fr": "x" * (CLIPPED * 1024 + 1)}) == [
        "The mail in French has 103 KB of HTML: Gmail cuts off what goes beyond 102 KB, and the unsubscribe link "
        "with it. Shorten it."
    ]
