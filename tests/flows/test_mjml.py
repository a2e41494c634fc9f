"""A campaign written in MJML leaves: in two languages, under its conditions, signed."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.story import import_contacts, open_account, start_campaign, wait_finished

NEWS = """<mjml>
  <mj-head><mj-preview>{preview}</mj-preview><mj-style>.x {{ color: red }}</mj-style></mj-head>
  <mj-body>
    <mj-section><mj-column><mj-text>{hello} {{{{ display | default("?") }}}}</mj-text></mj-column></mj-section>
    {{% if address in ["person1@example.com", "person2@example.com"] %}}
    <mj-wrapper><mj-section><mj-column>
      <mj-button href="https://shop.example.com/{path}">{button}</mj-button>
    </mj-column></mj-section></mj-wrapper>
    {{% endif %}}
    <mj-section><mj-column><mj-text><a href="{{{{ unsubscribe_url }}}}">{out}</a></mj-text></mj-column></mj-section>
  </mj-body>
</mjml>
"""


def _write(file: Path, **words: str) -> Path:
    file.write_text(NEWS.format(**words), "utf-8")
    return file


def test_a_campaign_in_mjml_is_personalised_in_two_languages_and_signed(start: Start) -> None:
    with Sink() as sink:
        server = start(sink)
        open_account(server)
        import_contacts(server, 20)
        english = _write(
            server.folder / "en.mjml", preview="Read first", hello="Hello", path="en", button="Buy", out="Leave"
        )
        french = _write(
            server.folder / "fr.mjml", preview="À lire", hello="Bonjour", path="fr", button="Achetez", out="Sortir"
        )
        files = {"file_en": f"@{english}", "file_fr": f"@{french}"}
        figures = wait_finished(server, start_campaign(server, **files))
        assert figures["delivered"] == 20
        open_database(load(None, server.environment))
        try:
            verdicts = [verdict for each in sink.received for verdict in verify(each.content, public_record)]
        finally:
            close_database()
        mails = {
            each.recipient: cast(EmailMessage, message_from_bytes(each.content, policy=policy.default))
            for each in sink.received
        }
    assert len(verdicts) == 40
    assert all(verdict.passed for verdict in verdicts), [verdict for verdict in verdicts if not verdict.passed]
    for number, hello, button in ((1, "Bonjour", "Achetez"), (2, "Hello", "Buy"), (3, "Bonjour", ""), (4, "Hello", "")):
        mail = mails[f"person{number}@example.com"]
        html, text = (cast(EmailMessage, mail.get_body((kind,))).get_content() for kind in ("html", "plain"))
        assert f"{hello} Élodie {number}" in html
        assert text.splitlines()[0] == f"{hello} Élodie {number}"
        assert "<!--[if mso | IE]>" in html
        assert "@media only screen and (min-width:480px)" in html
        assert "shop.example.com" not in html  # its link is counted
        for shown in ("Achetez", "Buy"):
            assert (shown in html) == (shown in text) == (shown == button)
        assert mail["Content-Type"].content_type == "multipart/alternative"
        assert all(len(line) <= 998 for line in mail.as_bytes().split(b"\n"))
