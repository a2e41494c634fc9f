"""Columns guessed from headers (ours, and five other programs') and from cells; languages and slugs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minijinja import Environment

from mailhub_contacts.columns import FIELDS, MAX_MAPPED, guess, header_words, language_of, looks_like_address, slug


def fields(header: str, *rows: str) -> list[str]:
    return [column.field for column in guess(split(header), [split(row) for row in rows])]


def split(line: str) -> list[str]:
    return line.split("|") if line else []


EXPORTS = {
    "model": ("Courriel|Langue|Affichage|Prénom|Nom|Ville", "address language display first_name last_name city"),
    "capitals": ("LANGUE |  E-MAIL", "language address"),
    "outlook": (
        "Title|First Name|Middle Name|Last Name|Company|Business Phone|Business City|E-mail Address|E-mail 2 Address",
        "title first_name custom:middle_name last_name company phone city address custom:e_mail_2_address",
    ),
    "outlook in French": (
        "Titre|Prénom|Nom|Société|Téléphone (bureau)|Ville (bureau)|Adresse de messagerie",
        "title first_name last_name company phone city address",
    ),
    "google": (
        "First Name|Last Name|Name Prefix|Organization Name|E-mail 1 - Label|E-mail 1 - Value|Phone 1 - Value",
        "first_name last_name title company custom:e_mail_1_label address phone",
    ),
    "mailchimp": (
        "Email Address|First Name|Last Name|Phone Number|OPTIN_TIME|LANGUAGE|TAGS",
        "address first_name last_name phone custom:optin_time language custom:tags",
    ),
    "brevo": ("CONTACT ID|EMAIL|FIRSTNAME|LASTNAME|SMS", "custom:contact_id address first_name last_name phone"),
    "listmonk": (
        "uuid|email|name|attributes|status|created_at",
        "custom:uuid address display custom:attributes custom:status custom:created_at",
    ),
}


@pytest.mark.parametrize("program", EXPORTS)
def test_headers_of_known_programs(program: str) -> None:
    header, expected = EXPORTS[program]
    assert fields(header) == expected.split()


def test_without_header_the_cells_speak() -> None:
    assert fields("", "FR|a@b.ca|Jean", "en|c@d.ca|Ann") == ["language", "address", "custom:column_3"]


def test_cells_outweigh_the_header() -> None:
    assert fields("Email|Contact", "Jean|a@b.ca", "Ann|c@d.ca") == ["custom:email", "address"]
    assert fields("Nom|Langue", "a@b.ca|FR") == ["address", "language"]


def test_adresse_is_a_street_unless_its_cells_are_addresses() -> None:
    assert fields("Adresse|Courriel", "12, rue Principale|a@b.ca") == ["custom:adresse", "address"]
    assert fields("Adresse|Langue", "a@b.ca|FR") == ["address", "language"]
    assert fields("Adresse|Langue", "12, rue Principale|FR") == ["custom:adresse", "language"]


def test_a_few_bad_addresses_do_not_hide_the_column() -> None:
    assert fields("", "none|x", "a@b.ca|x", "c@d.ca|x")[0] == "address"


def test_letters_of_the_sex_are_no_language() -> None:
    assert fields("", "a@b.ca|F", "c@d.ca|F")[1] == "custom:column_2"
    assert fields("", "a@b.ca|F", "c@d.ca|FR")[1] == "language"


def test_a_field_is_given_once_and_names_stay_unique() -> None:
    assert fields("Courriel|Email|Display|Affichage|Email") == [
        *("address", "custom:email", "display", "custom:affichage", "custom:email_2")
    ]
    assert fields("City|Title|Phone|Phone", "x|x|x|x")[3] == "custom:phone_2"


def test_columns_without_name_and_cells_are_ignored() -> None:
    assert fields("Courriel||", "a@b.ca||x") == ["address", "ignore", "custom:column_3"]
    assert guess([], []) == []


def test_past_the_limit_known_fields_come_first() -> None:
    header = "|".join([f"Extra {number}" for number in range(MAX_MAPPED + 5)] + ["Langue", "Courriel"])
    found = fields(header)
    assert found[-2:] == ["language", "address"]
    assert found.count("ignore") == 7
    assert found[MAX_MAPPED - 3 : MAX_MAPPED - 1] == ["custom:extra_17", "ignore"]


def test_indexes_and_names() -> None:
    column = guess([" Courriel ", "Ville"], [])[1]
    assert (column.index, column.name, column.field) == (1, "Ville", "city")


@given(st.lists(st.text(max_size=8), max_size=30), st.lists(st.lists(st.text(max_size=8), max_size=8), max_size=5))
def test_any_table_gets_one_guess_a_column(header: list[str], rows: list[list[str]]) -> None:
    found = guess(header, rows)
    mapped = [column.field for column in found if column.field != "ignore"]
    assert [column.index for column in found] == list(range(max([len(header), *map(len, rows)])))
    assert len(mapped) == len(set(mapped)) <= MAX_MAPPED
    assert all(field in FIELDS or re.fullmatch(r"custom:[a-z][a-z0-9_]*", field) for field in mapped)


@pytest.mark.parametrize("value", ["FR", "fr", "Français", "FRANCAIS", "French", "fr_FR", "fr-CA", "F", "Francophone "])
def test_french(value: str) -> None:
    assert language_of(value) == "fr"


@pytest.mark.parametrize("value", ["EN", "English", "anglais", "en_US", "English (Canada)", "E", "A"])
def test_english(value: str) -> None:
    assert language_of(value) == "en"


@pytest.mark.parametrize("value", ["", "es", "M", "Frank", "2", "Allemand", "—"])
def test_other_languages(value: str) -> None:
    assert language_of(value) == ""


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Date d'adhésion", "date_d_adhesion"),
        ("2e courriel", "field_2e_courriel"),
        ("№ de membre", "no_de_membre"),
        ("Cœur", "coeur"),
        ("手机", "field"),
        ("For", "for_"),
        ("x" * 80, "x" * 50),
    ],
)
def test_slug(name: str, key: str) -> None:
    assert slug(name) == key


@given(st.text(max_size=80))
def test_any_slug_is_a_template_variable(name: str) -> None:
    assert Environment().render_str("{{ " + slug(name) + " }}", **{slug(name): "ok"}) == "ok"


def test_header_words() -> None:
    assert header_words(["Courriel", "Langue", "Numéro", ""]) == 2
    assert header_words(["a@b.ca", "FR", "Jean"]) == 0


def test_what_looks_like_an_address() -> None:
    assert all(map(looks_like_address, ["a@b.ca", " <a@b.ca> ", "'a@b.ca", "mailto:a@b.ca", "é@b.ca"]))
    assert not any(map(looks_like_address, ["", "a@b", "a b@c.ca", "a@b.ca;c@d.ca", "Jean <a@b.ca>"]))
