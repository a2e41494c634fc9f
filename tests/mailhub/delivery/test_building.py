"""Mails are built together: each keeps its own bytes, its own signature and its own error."""

from pathlib import Path

from mailhub import metrics
from mailhub.delivery.building import Builder, Draft, Ready, ToSign
from mailhub.delivery.mime import join
from mailhub.dkim import Signer, Unsigned, dns_record, generate_keys
from mailhub.dkim_check import verify
from mailhub.messages import Waiting
from mailhub.metrics import Slot

KEYS = {domain: generate_keys("m") for domain in ("one.example", "two.example")}
SIGNERS = {domain: Signer(domain, keys) for domain, keys in KEYS.items()}
RECORDS = {
    f"{name}.{domain}".encode(): value.encode()
    for domain, keys in KEYS.items()
    for name, value in map(dns_record, keys)
}


def _ready(number: int, domain: str = "") -> Ready:
    body = b"Mail %d\r\n" % number
    headers = [(b"From", b"a@" + (domain or "none.example").encode()), (b"Subject", b"%d" % number)]

    def draft() -> Draft:
        if not domain:
            return join(headers, body)
        return ToSign(SIGNERS[domain], Unsigned(headers, body, True), lambda signature: join(headers, body, signature))

    return Ready(Waiting(number, 0, f"u{number}@example.com", number, "example.com"), "b@example.org", True, draft)


def _failing(error: Exception) -> Ready:
    def draft() -> Draft:
        raise error

    return Ready(Waiting(0, 0, "u@example.com", 0, "example.com"), "", True, draft)


def test_each_mail_has_the_signatures_of_its_own_domain_and_text() -> None:
    domains = [("one.example", "two.example", "")[number % 3] for number in range(20)]
    made = Builder().build([_ready(number, domain) for number, domain in enumerate(domains)])
    for number, (mail, domain) in enumerate(zip(made, domains, strict=True)):
        assert isinstance(mail, bytes)
        assert mail.endswith(b"\r\n\r\nMail %d\r\n" % number)
        verdicts = verify(mail, RECORDS.get)
        assert [(each.domain, each.passed) for each in verdicts] == [(domain, True)] * (2 if domain else 0)


def test_an_error_costs_only_its_own_mail() -> None:
    fault = KeyError("a bug")
    made = Builder().build([_ready(1, "one.example"), _failing(fault), _ready(2)])
    assert made[1] is fault
    assert [isinstance(each, bytes) for each in made] == [True, False, True]


def test_a_signer_that_fails_costs_its_mails_and_no_others() -> None:
    class Broken(Signer):
        def sign_all(self, mails: object, *, now: int | None = None) -> list[bytes]:
            raise RuntimeError("not made right")

    def draft() -> Draft:
        return ToSign(Broken("one.example", []), Unsigned([], b""), lambda signature: signature)

    broken = Ready(Waiting(9, 0, "u@example.com", 9, "example.com"), "", True, draft)
    made = Builder().build([broken, _ready(1, "two.example"), broken])
    assert [type(each) for each in made] == [RuntimeError, bytes, RuntimeError]


def test_what_was_built_is_counted_once(tmp_path: Path) -> None:
    metrics.keep_in(tmp_path / "metrics")
    builder = Builder()
    builder.build([_ready(number, "one.example") for number in range(5)])
    builder.build([_ready(9)])
    builder.report()
    builder.report()
    counted = metrics.read(tmp_path / "metrics")
    assert [counted[Slot("counted", "mailhub_messages", word)] for word in ("rendered", "signed")] == [6, 5]
    assert counted[Slot("spent", "mailhub_cpu_seconds", "sign")] > 0
    metrics.keep_in(tmp_path / "left")
