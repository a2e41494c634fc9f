"""Archives are unpacked as far as they should be, and no further."""

import gzip
import io
import struct
import time
import zipfile
import zlib
from itertools import islice

import pytest

from mailhub.reports.records import TooLarge, Unreadable
from mailhub.reports.unpacking import MIB, MOST_MEMBERS, Budget, gunzipped, kind_of, member, members, sliced
from tests.mailhub.reports.samples import zipped


def unzip(content: bytes, limit: int = MIB) -> list[bytes]:
    return [b"".join(each.chunks) for each in members(content, Budget(limit))]


def gunzip(content: bytes, limit: int = MIB) -> bytes:
    return b"".join(gunzipped(sliced(content), Budget(limit)))


@pytest.mark.parametrize(
    ("head", "kind"),
    [(gzip.compress(b"x"), "gzip"), (zipped(b"x"), "zip"), (b"<?xml", "xml"), (b"\xef\xbb\xbf \r\n<feedback", "xml"),
     ("<a/>".encode("utf-16"), "xml"), (b'\n{"a"', "json"), (b"[", "json"), (b"From: a@b.example\r\n", "mail"),
     (b"From someone Mon", "mail"), (b"", ""), (b"\x89PNG", ""), (b"hello there", "")],
    ids=["gzip", "zip", "xml", "mark", "utf-16", "object", "list", "mail", "mbox", "nothing", "image", "text"],
)  # fmt: skip
def test_what_it_is_is_told_by_its_first_octets(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def test_gzip_with_members_and_something_behind_its_end() -> None:
    assert gunzip(gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"
    assert gunzip(gzip.compress(b"one") + b"\r\n--cut--") == b"one"
    assert gunzip(gzip.compress(b"")) == b""
    large = bytes(range(256)) * 2000
    assert gunzip(gzip.compress(large)) == large


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"x" * 9999)[:-12],
        gzip.compress(b"one")[:5],
        b"\x1f\x8bnonsense",
        gzip.compress(b"a") * (MOST_MEMBERS + 2),
    ],
    ids=["cut", "cut in its header", "nonsense", "countless members"],
)
def test_a_broken_gzip_is_said(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"broken or cut off|holds more than"):
        gunzip(content)


def test_a_bomb_ends_at_the_limit() -> None:
    bomb = gzip.compress(bytes(300 * MIB), 9)
    taken = 0
    with pytest.raises(TooLarge, match="more than 2 MiB"):
        for chunk in gunzipped(sliced(bomb), Budget(2 * MIB)):
            taken += len(chunk)
    assert taken <= 2 * MIB
    with pytest.raises(TooLarge, match="more than 2 MiB"):
        unzip(zipped(*[bytes(MIB)] * 3), 2 * MIB)


def test_zip_members_come_one_by_one_without_folders() -> None:
    content = zipped(b"one", b"two", b"", b"x", names=("a.xml", "folder/b.xml", "folder/", "__MACOSX/._a.xml"))
    assert unzip(content) == [b"one", b"two"]
    assert unzip(b"junk before" + content) == [b"one", b"two"]


def test_a_zip_that_lies_or_is_locked_or_odd_is_said() -> None:
    content = bytearray(zipped(b"some text of a report" * 9))
    for at, said in ((6, "locked"), (8, "packed in a way")):
        changed, directory = content.copy(), content.rindex(b"PK\x01\x02")
        changed[at] = changed[directory + at + 2] = 1 if at == 6 else 12
        with pytest.raises(Unreadable, match=said):
            unzip(bytes(changed))
    wrong = content.copy()
    wrong[14] ^= 255
    wrong[content.rindex(b"PK\x01\x02") + 16] ^= 255
    for broken in (bytes(wrong), bytes(content[:40]), b"PK\x03\x04"):
        with pytest.raises(Unreadable, match="broken or cut off"):
            unzip(broken)


def test_a_zip_of_countless_files_is_refused_before_its_list_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(MOST_MEMBERS + 1):
            archive.writestr(f"{number}", b"")
    with pytest.raises(Unreadable, match="more than 1000 files"):
        unzip(file.getvalue())
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 1 << 30, 0, 0)
    with pytest.raises(Unreadable, match="more than 1000 files"):
        unzip(b"PK\x03\x04" + end)


def test_a_stream_that_does_not_compress_is_not_slow() -> None:
    began = time.process_time()
    with pytest.raises(Unreadable):
        gunzip(b"\x1f\x8b\x08" + zlib.compress(b"x" * 1000) * 10_000)
    assert time.process_time() - began < 20


def test_the_head_of_a_stream_is_looked_at_and_not_lost() -> None:
    found = member(iter([b"<", b"feedback>", b"x" * 100, b"rest"]))
    assert found.head.startswith(b"<feedback>x")
    assert b"".join(found.chunks) == b"<feedback>" + b"x" * 100 + b"rest"
    assert list(islice(member(iter([])).chunks, 9)) == [b""]
