"""Sentences about MJML, in the reader's language."""

from pathlib import Path

from flask_babel import force_locale

from mailhub.delivery import mjml_errors as errors
from mailhub.testing import make_hub
from mailhub.web import create_app
from mailhub.web.language import translate


def test_an_error_is_one_sentence_with_its_line_in_both_languages(tmp_path: Path) -> None:
    error = errors.MjmlError(3, errors.misplaced("mj-txt", "mj-column"))
    assert str(error) == "MJML, line 3: there is no element <mj-txt>: did you mean <mj-text>?"
    with make_hub(tmp_path) as hub, create_app(hub).test_request_context(), force_locale("fr"):
        assert translate(error.fields["html"]) == (
            "MJML, ligne 3\u00a0: il n’y a pas d’élément <mj-txt>\u00a0: vouliez-vous dire <mj-text>\u00a0?"
        )


def test_every_place_an_element_may_have_is_named() -> None:
    assert errors.misplaced("mj-column", "mj-body").endswith("put it in <mj-group>, <mj-section>.")
    assert "cannot read other files" in errors.misplaced("mj-include", "mj-body")
