"""A real campaign leaves: from a contact file to the sandbox, and signed to an SMTP server."""

from email import message_from_bytes, policy
from pathlib import Path

from mailhub.config import load
from mailhub.db import close_database, open_database
from mailhub.dkim_check import verify
from mailhub.domains import public_record
from mailhub.messages import Kept
from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.story import import_contacts, open_account, start_campaign, wait_finished


def test_a_campaign_reaches_the_sandbox(start: Start) -> None:
    server = start()
    open_account(server)
    import_contacts(server, 300)
    figures = wait_finished(server, start_campaign(server))
    assert (figures["planned"], figures["delivered"], figures["waiting"]) == (300, 300, 0)
    open_database(load(None, server.environment))
    try:
        kept = list(Kept.select(Kept.recipient, Kept.subject))
    finally:
        close_database()
    assert {row.recipient for row in kept} == {f"person{number}@example.com" for number in range(300)}


def test_a_campaign_reaches_a_server_signed_and_in_the_recipients_language(start: Start) -> None:
    with Sink() as sink:
        server = start(sink)
        open_account(server)
        import_contacts(server, 200)
        figures = wait_finished(server, start_campaign(server))
        assert figures["delivered"] == 200
        mails = {each.recipient: each for each in sink.received}
        assert len(sink.received) == len(mails) == 200
        open_database(load(None, server.environment))
        try:
            verdicts = [verdict for each in sink.received[:20] for verdict in verify(each.content, public_record)]
        finally:
            close_database()
    assert {verdict.algorithm for verdict in verdicts} == {"rsa-sha256", "ed25519-sha256"}
    assert all(verdict.passed for verdict in verdicts), [verdict for verdict in verdicts if not verdict.passed]
    french = message_from_bytes(mails["person1@example.com"].content, policy=policy.default)
    assert french["Subject"] == "Nouvelles pour Élodie 1"
    assert "Bonjour Élodie 1" in french.get_body(("html",)).get_content()
    assert french["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    english = message_from_bytes(mails["person2@example.com"].content, policy=policy.default)
    assert "Hello Élodie 2" in english.get_body(("plain",)).get_content()


def test_a_plugin_from_the_folder_refuses_and_the_ledger_names_it(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    page = Path(__file__).parents[2] / "docs" / "writing-plugins.md"
    (folder / "no_rivals.py").write_text(page.read_text("utf-8").split("```python\n")[1].split("```")[0], "utf-8")
    server = start(MAILHUB_PLUGINS__FOLDER=str(folder))
    open_account(server)
    contacts = server.folder / "contacts.csv"
    contacts.write_text("e-mail;langue\nfriend@example.com;EN\nspy@rival.example;EN\n")
    server.do("contacts.import", f"file=@{contacts}", "lists=Spring", "--wait")
    number = start_campaign(server)
    figures = wait_finished(server, number)
    assert (figures["delivered"], figures["refused"]) == (1, 1)
    ledger = server.do("campaigns.ledger", f"which={number}", "outcome=refused")["messages"]
    assert [(each["address"], each["plugin"], each["reason"]) for each in ledger] == [
        ("spy@rival.example", "no_rivals", "rival")
    ]
