"""The length of an SMS, at its edges (3GPP TS 23.038)."""

import pytest

from mailhub_sms.gsm import Length, measure, plain


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length("GSM-7", 0, 1)),
        ("a" * 160, Length("GSM-7", 160, 1)),
        ("a" * 161, Length("GSM-7", 161, 2)),
        ("a" * 306, Length("GSM-7", 306, 2)),
        ("a" * 307, Length("GSM-7", 307, 3)),
        ("€" * 80, Length("GSM-7", 160, 1)),
        ("€" * 81, Length("GSM-7", 162, 2)),
        ("€" * 153, Length("GSM-7", 306, 3)),  # a € is not cut in two: 76 fit in 153
        ("ê" * 70, Length("UCS-2", 70, 1)),
        ("ê" * 71, Length("UCS-2", 71, 2)),
        ("😀" * 35, Length("UCS-2", 70, 1)),
        ("😀" * 36, Length("UCS-2", 72, 2)),
        ("😀" * 67, Length("UCS-2", 134, 3)),  # 33 fit in 67
        ("éèàùìòäöüñÅÆß§", Length("GSM-7", 14, 1)),
    ],
)
def test_length(text: str, length: Length) -> None:
    assert measure(text) == length


def test_typography_does_not_cost_the_small_alphabet() -> None:
    text = plain("Répondez «\u00a0PAUSE 12\u00a0» pour l’interrompre\u00a0: 12\u202f431 reçus – œuvre…")
    assert text == 'Répondez "PAUSE 12" pour l\'interrompre : 12 431 reÇus - oeuvre...'
    assert measure(text).encoding == "GSM-7"
    assert plain("a\0b") == "ab"
