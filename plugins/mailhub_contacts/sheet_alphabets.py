"""How much a text, decoded in one encoding, looks as if people wrote it: which letters, and whether their case makes sense.

Between encodings of one byte a letter nothing else tells: every byte is some letter in most of them.
"""

import re
from itertools import pairwise

_LATIN = "éèàçêôîâûùëïüÉÈÀÇÊÔÎŒœÜÖÄßñöäáíóúåøãõæÅØÆÁÍÓÚÑÃÕìòÌÒ"
_CENTRAL = "áčďéěíňóřšťúůýžąćęłńśźżäöüőűăâîșțşţľĺŕđôç"
_BALTIC = "ąčęėįšųūžāēģīķļņōŗõäöüé"
_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ"
_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋ"
_TURKISH = "şğıçöüâîûŞĞİÇÖÜ"
_HEBREW = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
_ARABIC = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگک"
_POINTS = "«»’‘“”„–—…€°№§©®™·\u00a0ºª¿¡•"

ALPHABETS: dict[str, frozenset[str]] = {
    encoding: frozenset(letters + letters.upper() + _POINTS)
    for letters, encodings in (
        (_LATIN, ("cp1252", "iso8859_15", "mac_roman", "cp850")),
        (_CENTRAL, ("cp1250", "iso8859_2", "cp852", "mac_latin2")),
        (_RUSSIAN, ("cp1251", "koi8_r", "cp866", "mac_cyrillic", "iso8859_5")),
        (_GREEK, ("cp1253", "iso8859_7")),
        (_TURKISH, ("cp1254",)),
        (_BALTIC, ("cp1257",)),
        (_HEBREW, ("cp1255",)),
        (_ARABIC, ("cp1256",)),
    )
    for encoding in encodings
}
"""Encodings of one byte a letter, with what people write in them beyond ASCII; of several that fit, the first is meant."""

_OFTEN = frozenset("оеаинтсрвлéèàêáíóüöäçąęłřšžαοιετσνςşıיוהלאלاينرم")
_words = re.compile(r"[^\W\d_]+").findall


def likeness(text: str, alphabet: frozenset[str]) -> float:
    """Return how well a decoded text fits an alphabet, 1 for perfectly, below 0 for not at all.

    A foreign letter counts for it when it is one of the alphabet, a little more when it is a frequent one; letters of
    another, signs, and capitals in the middle of a word count against it.
    """
    foreign = [character for character in text if character > "\x7f"]
    known = sum(character in alphabet for character in foreign)
    often = sum(character in _OFTEN for character in foreign)
    odd = sum(map(_odd_capitals, _words(text)))
    mixed = sum(map(_is_mixed, _words(text)))
    return (2 * known - len(foreign) + 0.1 * often - odd - mixed) / max(len(foreign), 1)


def _odd_capitals(word: str) -> int:
    return sum(before.islower() and after.isupper() for before, after in pairwise(word))


def _is_mixed(word: str) -> bool:
    """Letters of two scripts in one word."""
    return word[0].isascii() != word[-1].isascii() and any(letter > "\u0370" for letter in word)
