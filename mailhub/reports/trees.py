"""XML as a stream of small trees: each child of the root as it ends, so that a report of any length needs little memory.

Document types are refused, and entities with them; depth, sizes and single tokens have bounds. Text comes in by charset.
"""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from xml.parsers import expat

from mailhub.reports.records import Unreadable

Tree = dict[str, "list[str | Tree]"]
"""An element's children by their name in lower case, without prefixes; one without children is its text."""
DEEPEST = 50
MOST_ELEMENTS = 10_000
"""Elements within one child of the root."""
LONGEST_TEXT = 4096
"""Characters of an element's text that are kept."""
_LONGEST_TOKEN = 1 << 20
_NAMES = 1000
_UNUSABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CODED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.IGNORECASE)
_ONE_OCTET = re.compile(r"iso8859|cp12|koi8|gb|shift_jis|cp932|euc|big5")
_BARE = re.compile("&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_LONGEST_REFERENCE = 10
_SCHEMA = re.compile(r"</?xs:schema[^<>]{0,500}>")


class _Reader:
    """Expat's handlers: they collect what ends on the second level."""

    def __init__(self, root: str) -> None:
        self.found: deque[tuple[str, str | Tree]] = deque()
        self.closed = False
        self._root = root
        self._names: dict[str, str] = {}
        self._stack: list[tuple[str, Tree, list[str]]] = []
        self._elements = 0
        self._tree: Tree = {}
        self._texts: list[str] = []

    def start(self, name: str, _: object) -> None:
        stack = self._stack
        depth = len(stack)
        if depth == 0:
            self._check_root(name)
        elif depth == 1:
            self._elements = 0
        elif depth > DEEPEST or self._elements > MOST_ELEMENTS:
            raise Unreadable("Its XML is nested or repeated as no report is: ask its sender about it.")
        self._elements += 1
        tree: Tree = {}
        self._texts = []
        stack.append((name, tree, self._texts))

    def _check_root(self, name: str) -> None:
        if self.closed or self._name(name) != self._root:
            raise Unreadable("It is XML, but no DMARC report: that begins with <feedback>.")

    def end(self, name: str) -> None:
        _, tree, texts = self._stack.pop()
        if not self._stack:
            self.closed = True
            return
        short = self._names.get(name) or self._name(name)
        value: str | Tree = tree or "".join(texts).strip()[:LONGEST_TEXT]
        if len(self._stack) == 1:
            self.found.append((short, value))
        else:
            above = self._stack[-1][1]
            if short in above:
                above[short].append(value)
            else:
                above[short] = [value]
        self._texts = []

    def _name(self, name: str) -> str:
        short = name.rpartition(":")[2].lower()[:64]
        if len(self._names) < _NAMES:
            self._names[name] = short
        return short

    def text(self, text: str) -> None:
        if len(self._texts) < 8:
            self._texts.append(text[:LONGEST_TEXT])

    def doctype(self, *_: object) -> None:
        raise Unreadable(
            "Its XML declares a document type, which no report needs and attacks do: ask its sender about it."
        )


def children(chunks: Iterator[bytes], root: str) -> Iterator[tuple[str, "str | Tree"]]:
    """The children of the root, (name, text or tree), as they end; what follows the root's end is left out.

    Raises `Unreadable` for what is no XML, ends too soon or has another root; what came before has been given by then.
    """
    reader, parser = _Reader(root), expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, reader.doctype
    parser.buffer_text = True
    fed = 0
    for text in _escaped(_texts(chunks)):
        octets = text.encode()
        fed += len(octets)
        trouble = _parse(parser, reader, octets, False)
        while reader.found:
            yield reader.found.popleft()
        if reader.closed:
            return
        if trouble or fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
            raise trouble or Unreadable("Its XML has a word of more than a million signs: ask its sender about it.")
    if trouble := _parse(parser, reader, b"", True):
        raise trouble


def _parse(parser: expat.XMLParserType, reader: _Reader, octets: bytes, last: bool) -> Unreadable | None:
    try:
        parser.Parse(octets, last)
    except expat.ExpatError as error:
        if reader.closed:
            return None
        if last:
            return Unreadable("It is cut off before its end: ask its sender for it again.")
        return Unreadable("Its XML is broken in line {line}: ask its sender for it again.", line=error.lineno)
    except Unreadable as trouble:
        return None if reader.closed else trouble
    return None


def _escaped(texts: Iterator[str]) -> Iterator[str]:
    """The text with every bare & written as it must be: names of companies have one."""
    held = ""
    for text in texts:
        text = held + text
        at = text.find("&", max(0, len(text) - _LONGEST_REFERENCE))
        held, text = (text[at:], text[:at]) if at >= 0 else ("", text)
        yield _BARE.sub("&amp;", text) if "&" in text else text
    yield _BARE.sub("&amp;", held)


def _texts(chunks: Iterator[bytes]) -> Iterator[str]:
    """The octets as text without what XML forbids: by the charset that is declared, and Latin-1 where that cannot be."""
    first = next(chunks, b"").lstrip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf")
    decoder = codecs.getincrementaldecoder(_codec(first[:512]))("strict")
    text, latin = _decoded(decoder, first)
    yield _SCHEMA.sub("", _usable(text).lstrip("\ufeff \t\r\n\0"))
    for chunk in chunks:
        if latin:
            text = chunk.decode("latin-1")
        else:
            text, latin = _decoded(decoder, chunk)
        yield _usable(text)
    if not latin:
        left = decoder.getstate()[0]
        yield _usable(bytes(left).decode("latin-1"))


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes) -> tuple[str, bool]:
    held = bytes(decoder.getstate()[0])
    try:
        return decoder.decode(chunk), False
    except ValueError:
        return (held + chunk).decode("latin-1"), True


def _usable(text: str) -> str:
    return _UNUSABLE.sub("", text) if _UNUSABLE.search(text) else text


def _codec(head: bytes) -> str:
    """The codec of a document. A declaration that can be read in octets is no UTF-16, whatever it says."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    declared = _CODED.search(head)
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name if declared else "utf-8"
    except LookupError:
        name = "utf-8"
    return name if _ONE_OCTET.match(name) else "utf-8"
