import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.smtp_server.certificates import Certificate, load


def config(path: Path, key: Path | None = None, **changes: object) -> Config:
    smtp = replace(Config().smtp, tls_certificate=str(path), tls_key=str(key or ""))
    return replace(Config(), smtp=smtp, **changes)  # type: ignore[arg-type]


def test_without_a_certificate_there_is_none() -> None:
    assert load(Config()) is None


def test_what_cannot_be_used_at_first_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"missing.pem cannot be used \(No such file"):
        load(config(tmp_path / "missing.pem"))
    (tmp_path / "bad.pem").write_text("none")
    with pytest.raises(UserError, match=r"bad.pem cannot be used .*check smtp\.tls_certificate"):
        load(config(tmp_path / "bad.pem"))


def test_old_versions_of_tls_are_not_spoken(certificate: Path) -> None:
    assert Certificate(config(certificate)).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_path_is_taken_from_the_configurations_folder(certificate: Path, tmp_path: Path) -> None:
    (tmp_path / "mail.pem").write_bytes(certificate.read_bytes())
    assert Certificate(config(Path("mail.pem"), source=tmp_path / "config.toml")).context


@pytest.mark.parametrize("change", ["rewritten", "replaced"])
def test_a_renewed_certificate_is_shown(
    certificate: Path, make_certificate: Callable[[], bytes], tmp_path: Path, change: str
) -> None:
    path = tmp_path / "mail.pem"
    path.write_bytes(certificate.read_bytes())
    shown = Certificate(config(path))
    first = shown.context
    assert not shown.look()
    assert shown.context is first
    if change == "rewritten":
        path.write_bytes(make_certificate())
        os.utime(path, ns=(1, 1))
    else:
        (tmp_path / "new.pem").write_bytes(make_certificate())
        (tmp_path / "new.pem").replace(path)
    assert shown.look()
    assert shown.context is not first


@pytest.mark.parametrize("content", [b"", b"half a certifi", None])
def test_a_broken_one_keeps_the_old_one_and_warns_once(
    certificate: Path, tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "mail.pem"
    path.write_bytes(certificate.read_bytes())
    shown = Certificate(config(path))
    first = shown.context
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert [shown.look() for _ in range(3)] == [False] * 3
    assert shown.context is first
    assert caplog.text.count("the old one is still shown") == 1
    path.write_bytes(certificate.read_bytes())
    assert shown.look()


def test_a_key_of_its_own_is_watched_too(certificate: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(certificate.read_bytes())
    shown = Certificate(config(certificate, key))
    os.utime(key, ns=(1, 1))
    assert shown.look()
