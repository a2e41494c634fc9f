"""What is thought of a server's certificate where any will do, and where none but a good one will."""

import asyncio
import ssl
from pathlib import Path

import pytest

from mailhub.delivery import tls as room
from mailhub.delivery.tls import SYSTEM, Trust
from mailhub.sink import Sink
from tests.mailhub.delivery.authority import Authority, self_signed
from tests.mailhub.delivery.smtp_scripts import deliver, failure, opened

NAME = "mx.good.example"
AUTHORITY = Authority()
STRANGER = Authority()

GOOD = {
    "its name": lambda: AUTHORITY.server([NAME]),
    "one of several": lambda: AUTHORITY.server(["x.example", NAME]),
    "a wildcard": lambda: AUTHORITY.server(["*.good.example"]),
    "TLS 1.2": lambda: AUTHORITY.server([NAME], newest=ssl.TLSVersion.TLSv1_2),
}
BAD = {
    "another name": lambda: AUTHORITY.server(["mx.evil.example"]),
    "a wildcard of another depth": lambda: AUTHORITY.server(["*.example"]),
    "run out": lambda: AUTHORITY.server([NAME], days=(-3, -1)),
    "not begun": lambda: AUTHORITY.server([NAME], days=(1, 3)),
    "by itself": lambda: self_signed([NAME]),
    "by a stranger": lambda: STRANGER.server([NAME]),
    "half a chain": lambda: AUTHORITY.server([NAME], chain=False),
    "no name": lambda: AUTHORITY.server([]),
}


def sink(context: ssl.SSLContext, implicit: bool = False) -> Sink:
    made = Sink(tls="implicit" if implicit else "starttls")
    made.context = context
    return made


@pytest.fixture
def trust() -> Trust:
    return Trust(AUTHORITY.pem)


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_certificate_is_told_as_such_in_every_mode(kind: str, trust: Trust) -> None:
    version = "TLSv1.2 verified" if kind == "TLS 1.2" else "TLSv1.3 verified"
    with sink(GOOD[kind]()) as server:
        for options in ({"tls": "opportunistic"}, {"tls": "required"}, {"tls": "opportunistic", "verify": True}):
            assert deliver(server.port, server_name=NAME, trust=trust, **options)[0].tls == version


@pytest.mark.parametrize("kind", BAD)
def test_any_other_certificate_will_do_unless_somebody_insists(kind: str, trust: Trust) -> None:
    with sink(BAD[kind]()) as server:
        for options in ({"tls": "opportunistic"}, {"tls": "required", "verify": False}):
            assert deliver(server.port, server_name=NAME, trust=trust, **options)[0].tls == "TLSv1.3"
        for options in ({"tls": "required"}, {"tls": "opportunistic", "verify": True}):
            told = failure(server.port, server_name=NAME, trust=trust, **options)
            assert (told.kind, told.temporary) == ("tls", True)
            assert told.text.startswith(f"no TLS with {NAME} [127.0.0.1]: ")
            assert "certificate" in told.text.lower()
        assert server.count == 2


def test_tls_from_the_first_octet(trust: Trust) -> None:
    with sink(AUTHORITY.server([NAME]), implicit=True) as server:
        assert deliver(server.port, tls="implicit", server_name=NAME, trust=trust)[0].tls == "TLSv1.3 verified"
    with sink(self_signed([NAME]), implicit=True) as server:
        assert deliver(server.port, tls="implicit", server_name=NAME, trust=trust, verify=False)[0].tls == "TLSv1.3"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TLS 1.1 is what is tried
@pytest.mark.parametrize("verify", [False, True])
def test_tls_older_than_1_2_is_none(trust: Trust, verify: bool) -> None:
    with sink(AUTHORITY.server([NAME], newest=ssl.TLSVersion.TLSv1_1)) as server:
        assert failure(server.port, tls="opportunistic", server_name=NAME, trust=trust, verify=verify).kind == "tls"
    assert {SYSTEM.strict.minimum_version, trust.lenient.minimum_version} == {ssl.TLSVersion.TLSv1_2}


def test_an_address_as_a_name(trust: Trust) -> None:
    with sink(AUTHORITY.server(["127.0.0.1"])) as server:
        assert deliver(server.port, tls="opportunistic", trust=trust)[0].tls == "TLSv1.3 verified"
    with sink(AUTHORITY.server(["127.0.0.2"])) as server:
        assert deliver(server.port, tls="opportunistic", trust=trust)[0].tls == "TLSv1.3"


@pytest.mark.parametrize("name", ["mx..example", "a" * 70 + ".example", ".example"])
def test_a_name_that_is_none_is_no_bug(trust: Trust, name: str) -> None:
    with sink(AUTHORITY.server([NAME])) as server:
        told = failure(server.port, tls="opportunistic", server_name=name, trust=trust)
    assert (told.kind, told.temporary) == ("tls", True)


def test_an_opinion_is_kept_for_a_while(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    verify = trust._verify
    monkeypatch.setattr(trust, "_verify", lambda chain, name: asked.append(name) or verify(chain, name))

    async def often(port: int, *names: str) -> list[str]:
        told = []
        for name in names:
            smtp = await opened(port, tls="opportunistic", server_name=name, trust=trust)
            told.append(smtp.tls)
            smtp.abort()
        return told

    with sink(AUTHORITY.server([NAME])) as server:
        told = asyncio.run(often(server.port, NAME, NAME, "other.example", NAME, "other.example"))
        assert told == [f"TLSv1.3{words}" for words in (" verified", " verified", "", " verified", "")]
        assert asked == [NAME, "other.example"]
        monkeypatch.setattr(room, "BELIEVED", 0.0)
        asyncio.run(often(server.port, NAME))
        assert asked == [NAME, "other.example", NAME]
        monkeypatch.setattr(room, "BELIEVED", 3600.0)
        monkeypatch.setattr(room, "REMEMBERED", 1)
        asyncio.run(often(server.port, NAME, "other.example", NAME))
    with sink(self_signed([NAME])) as server:
        assert asyncio.run(often(server.port, NAME)) == ["TLSv1.3"]
    assert asked[3:] == ["other.example", NAME, NAME], "one forgotten, and another certificate"


def test_octets_that_are_no_certificate_are_not_believed(trust: Trust) -> None:
    good = ssl.PEM_cert_to_DER_cert(AUTHORITY.pem)
    for chain in ([b"nonsense"], [good], [good, b""], [good[:-9]], [good.replace(b"\x55\x1d\x0e", b"\x55\x1d\x13")]):
        assert not trust._verify(chain, NAME)


def test_the_systems_authorities_are_read_also_from_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "0a1b2c3d.0").write_text(AUTHORITY.pem)
    (tmp_path / "README").write_text("no certificate")
    empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust = Trust()
    monkeypatch.setitem(trust.__dict__, "strict", empty)
    paths = ssl.get_default_verify_paths()._replace(capath=str(tmp_path))
    monkeypatch.setattr(room.ssl, "get_default_verify_paths", lambda: paths)
    with sink(AUTHORITY.server([NAME])) as server:
        assert deliver(server.port, tls="opportunistic", server_name=NAME, trust=trust)[0].tls == "TLSv1.3 verified"


def test_who_knows_no_authority_believes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    trust = Trust()
    monkeypatch.setitem(trust.__dict__, "strict", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    monkeypatch.setattr(room, "_from_folder", list)
    with sink(AUTHORITY.server([NAME])) as server:
        assert deliver(server.port, tls="opportunistic", server_name=NAME, trust=trust)[0].tls == "TLSv1.3"


def test_the_system_believes_no_authority_of_a_test() -> None:
    with sink(AUTHORITY.server([NAME])) as server:
        assert deliver(server.port, tls="opportunistic", server_name=NAME)[0].tls == "TLSv1.3"
        assert failure(server.port, tls="required", server_name=NAME).kind == "tls"
