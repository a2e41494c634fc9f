"""The page of suppressed addresses, as a browser sees it."""

from flask.testing import FlaskClient

from mailhub.addresses import Suppression


def test_addresses_are_pasted_found_and_released(browser: FlaskClient) -> None:
    assert "No address is suppressed" in browser.get("/suppressions").text
    browser.post("/suppressions", data={"addresses": "a@example.com; b@example.com", "scope": "all"})
    page = browser.get("/suppressions").text
    for words in ("2 addresses are suppressed now.", "a@example.com", "added by hand", "Ada Owner", "All mail"):
        assert words in page
    assert "a@example.com" not in browser.get("/suppressions?q=b@").text
    assert "Not suppressed" in browser.get("/suppressions?q=zz").text
    browser.post("/suppressions/release", data={"address": "a@example.com", "scope": "all"})
    assert [each.address for each in Suppression.select()] == ["b@example.com"]


def test_what_was_pasted_stays_when_it_is_wrong(browser: FlaskClient) -> None:
    answer = browser.post("/suppressions", data={"addresses": "a@example.com nobody", "scope": "bulk"})
    assert answer.status_code == 422
    assert "a@example.com nobody" in answer.text
    assert "nobody: The address has no @." in answer.text


def test_what_suppresses_by_itself_is_chosen(browser: FlaskClient) -> None:
    text = browser.get("/suppressions").text
    assert 'name="soft_limit"' in text
    assert 'value="5"' in text
    assert (
        browser.post(
            "/suppressions/rules", data={"soft_limit": "3", "soft_days": "30", "complaints": "all"}
        ).status_code
        == 303
    )
    text = browser.get("/suppressions").text
    assert 'value="3"' in text
    assert 'value="30"' in text
    wrong = browser.post("/suppressions/rules", data={"soft_limit": "many", "soft_days": "30", "complaints": "all"})
    assert wrong.status_code == 422
    assert 'id="error-soft_limit"' in wrong.text
