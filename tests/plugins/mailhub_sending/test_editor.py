"""The editor: nothing typed is lost, the preview is caged, broken templates say where."""

from mailhub import Hub
from mailhub.delivery.freezing import load_content
from mailhub.messages import Content, Queued, Source
from mailhub_sending.models import Campaign, texts_of

FORM = {"name": "Spring", "from": "ada@example.com", "from_name": "Ada", "reply_to": "", "rate": "", "language": "en",
        "editor": "markdown", "audience": "people:3", "track_opens": "1", "subject_en": "Hi", "body_en": "Hello",
        "text_en": "", "subject_fr": "", "body_fr": "", "text_fr": ""}  # fmt: skip


def test_a_new_campaign_leads_to_its_editor(browser) -> None:
    assert "3 people" in browser.get("/campaigns/new").text
    bad = browser.post("/campaigns/new", data={"name": "", "from": "nobody", "editor": "html"})
    assert bad.status_code == 422
    assert 'value="nobody"' in bad.text
    answer = browser.post(
        "/campaigns/new", data={"name": "Spring", "from": "", "editor": "html", "audience": "people:3"}
    )
    assert answer.headers["Location"] == "/campaigns/1/edit"
    campaign = Campaign.get()
    assert (campaign.editor, campaign.include) == ("html", ["people:3"])


def test_saves_and_validates(browser, make) -> None:
    make()
    answer = browser.post("/campaigns/1/edit", data={**FORM, "subject_fr": "Salut", "body_fr": "Bonjour", "rate": "60"})
    assert answer.headers["Location"] == "/campaigns/1/edit"
    campaign = Campaign.get()
    assert (campaign.rate, campaign.track_clicks, list(texts_of(campaign))) == (60, False, ["en", "fr"])
    answer = browser.post("/campaigns/1/edit", data={**FORM, "then": "validate"})
    assert answer.headers["Location"] == "/campaigns/1"
    campaign = Campaign.get()
    assert (campaign.state, campaign.rate) == ("validated", None)
    assert "takes the mail unsigned" in browser.get("/campaigns/1").text


def test_what_is_broken_is_shown_and_kept(browser, make) -> None:
    make()
    typed = {**FORM, "body_en": "one\n{{ first_name | upcase }}", "rate": "many", "from": "nobody"}
    answer = browser.post("/campaigns/1/edit", data=typed)
    assert answer.status_code == 422
    for kept in ("{{ first_name | upcase }}", 'value="many"', 'value="nobody"'):
        assert kept in answer.text
    answer = browser.post("/campaigns/1/edit", data={**typed, "rate": "", "from": "a@example.com", "then": "validate"})
    assert answer.status_code == 422
    assert "line 2, column 17" in answer.text
    campaign = Campaign.get()
    assert campaign.state == "draft"
    assert "upcase" in texts_of(campaign)["en"].body


def test_only_a_draft_is_edited(browser, make) -> None:
    make("sending")
    answer = browser.get("/campaigns/1/edit")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/campaigns/1")
    assert "Campaign 1 is sending: you can pause or cancel it now." in browser.get("/campaigns/1").text
    browser.post("/campaigns/1/edit", data={**FORM, "name": "Other"})
    assert Campaign.get().name == "Spring"


def test_the_preview_is_what_stands_in_the_form_and_is_caged(browser, make) -> None:
    make()
    typed = {**FORM, "body_en": "Dear {{ first_name }}", "shown": "en", "contact": "p2@example.org"}
    answer = browser.post("/campaigns/1/preview", data=typed)
    assert "Dear Name2" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Hello" in browser.get("/campaigns/1/preview?shown=en").text
    assert "Nothing is written yet" in browser.get("/campaigns/1/preview?shown=fr").text
    broken = browser.post("/campaigns/1/preview", data={**typed, "body_en": "{{ a |"})
    assert broken.status_code == 200
    assert "line 1" in broken.text
    assert texts_of(Campaign.get())["en"].body.startswith("Hello")


def test_checks_while_one_types(browser, make) -> None:
    make()
    page = browser.post(
        "/campaigns/1/check", data={**FORM, "subject_en": "For {{ first_name }}", "contact": "p1@example.org"}
    ).text
    assert "For Name1" in page
    assert "3 people receive it" in page
    assert "line 1, column" in browser.post("/campaigns/1/check", data={**FORM, "body_en": "{{ x | nope }}"}).text


def test_variables_can_be_inserted(browser, make) -> None:
    make()
    page = browser.get("/campaigns/1/edit").text
    assert "{{ first_name | default(&#39;…&#39;) }}" in page


def test_sends_a_test_and_says_so(hub: Hub, browser, make) -> None:
    make()
    assert "1 test mail is on its way" in browser.post("/campaigns/1/test", data={"to": "ada@example.com"}).text
    assert (Source.get().kind, Queued.select().count()) == ("test", 1)
    assert "has no @" in browser.post("/campaigns/1/test", data={"to": "ada"}).text


def test_a_test_sends_what_stands_in_the_form_and_saves_it(hub: Hub, browser, make) -> None:
    make()
    typed = {**FORM, "subject_en": "Not saved yet", "to": "ada@example.com"}
    answer = browser.post("/campaigns/1/test", data=typed)
    assert "1 test mail is on its way" in answer.text
    assert answer.headers["HX-Trigger"] == "mailhub:saved"
    assert load_content(Content.get()).languages["en"].subject == "Not saved yet"
    assert texts_of(Campaign.get())["en"].subject == "Not saved yet"


def test_a_broken_test_is_saved_and_says_where(hub: Hub, browser, make) -> None:
    make()
    typed = {
        **FORM,
        "body_en": "Hello {{ first_name",
        "subject_fr": "{% if %}",
        "body_fr": "a",
        "to": "ada@example.com",
    }
    text = browser.post("/campaigns/1/test", data=typed).text
    assert "The English body is broken in line 1, column " in text
    assert "The French subject is broken in line 1, column " in text
    assert texts_of(Campaign.get())["en"].body == "Hello {{ first_name"
    assert Queued.select().count() == 0


def test_a_form_that_cannot_be_saved_sends_nothing(hub: Hub, browser, make) -> None:
    make()
    answer = browser.post("/campaigns/1/test", data={**FORM, "from": "nobody", "to": "ada@example.com"})
    assert "has no @" in answer.text
    assert "HX-Trigger" not in answer.headers
    assert Queued.select().count() == 0


def test_languages_are_named_in_the_readers_own(browser, make) -> None:
    make(subject_fr="Bonjour", body_fr="Bonjour")
    assert "Subject (French)" in browser.get("/campaigns/1").text
    browser.post("/language/fr")
    assert "Objet (anglais)" in browser.get("/campaigns/1").text
    assert ">Anglais</button>" in browser.get("/campaigns/1/edit").text.replace("</svg>", ">")


def test_the_examples_of_mjml_can_be_sent_as_they_are(hub: Hub, browser, make) -> None:
    make()
    page = browser.get("/campaigns/1/edit").text
    assert "What begins with &lt;mjml&gt; is laid out" in page
    examples = {code: browser.get(f"/static/sending/example.{code}.mjml").text for code in ("en", "fr")}
    for code, source in examples.items():
        assert f"example.{code}.mjml" in page
        assert source.startswith("<mjml>")
    typed = {**FORM, "editor": "mjml", "track_clicks": "1", "body_en": examples["en"]}
    typed |= {"subject_fr": "Salut", "body_fr": examples["fr"]}
    said = browser.post("/campaigns/1/check", data={**typed, "contact": "p1@example.org"}).text
    assert "broken" not in said
    assert "KB of HTML" in said
    shown = browser.post("/campaigns/1/preview", data={**typed, "shown": "fr", "contact": "p1@example.org"}).text
    assert "Bonjour Name1" in shown
    assert "vous habitez à Lyon" in shown
    assert browser.post("/campaigns/1/edit", data={**typed, "then": "validate"}).headers["Location"] == "/campaigns/1"
    frozen = load_content(Content.get())
    assert set(frozen.languages) == {"en", "fr"}
    assert frozen.links[:2] == ("https://www.example.com/first", "https://www.example.com/second")


def test_a_mail_that_gmail_cuts_off_is_told_while_one_types_and_when_it_is_validated(hub: Hub, browser, make) -> None:
    make()
    typed = {**FORM, "body_en": "word " * 25_000}
    assert "Gmail cuts off" in browser.post("/campaigns/1/check", data=typed).text
    assert "Gmail cuts off" not in browser.post("/campaigns/1/check", data=FORM).text
    browser.post("/campaigns/1/edit", data={**typed, "then": "validate"})
    assert "Gmail cuts off" in browser.get("/campaigns/1").text


def test_broken_mjml_is_told_at_its_field_and_in_the_preview(browser, make) -> None:
    make()
    typed = {**FORM, "editor": "mjml", "body_en": "<mjml>\n<mj-body><mj-text>x</mj-text></mj-body></mjml>"}
    for answer in (browser.post("/campaigns/1/preview", data=typed), browser.post("/campaigns/1/check", data=typed)):
        assert "line 2: &lt;mj-text&gt; cannot stand in &lt;mj-body&gt;: put it in &lt;mj-column&gt;" in answer.text
