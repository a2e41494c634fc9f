"""Kinds of domains and local parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub_verification.known import about_domain, about_local


@pytest.mark.parametrize(
    ("domain", "slugs", "meant"),
    [
        ("gmail.com", ("free",), ""),
        ("laposte.net", ("free",), ""),
        ("mailinator.com", ("disposable",), ""),
        ("anything.mailinator.com", ("disposable",), ""),
        ("yopmail.com", ("disposable",), ""),
        ("gmial.com", ("typo",), "gmail.com"),
        ("example.com", (), ""),
    ],
)
def test_domains(domain: str, slugs: tuple[str, ...], meant: str) -> None:
    assert about_domain(domain) == (slugs, meant)


@pytest.mark.parametrize(
    "local",
    ["info", "INFO", "no-reply", "noreply", "service.client", "Ne-Pas-Repondre", "info2", "sales+x", "rh", "mairie"],
)
def test_functions_in_english_and_french(local: str) -> None:
    assert about_local(local) == ("role",)


@pytest.mark.parametrize("local", ["ada", "infosys", "jean.direction.dupont", "informed", "x"])
def test_people_are_no_function(local: str) -> None:
    assert about_local(local) == ()


def test_traps_and_international_local_parts() -> None:
    assert about_local("spam-trap12") == ("trap-pattern",)
    assert about_local("honeypot") == ("trap-pattern",)
    assert about_local("élan") == ("international",)


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    about_local(text)
    about_domain(text)
