"""The key file: made once, read for ever, never overwritten; what is sealed opens with it alone."""

import threading
from pathlib import Path

import pytest

from mailhub.errors import UserError
from mailhub.secrets import Keyring


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mailhub.key"
    first = Keyring(path).derive("tokens")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(path.read_text())) == 32
    assert Keyring(path).derive("tokens") == first
    assert list(path.parent.iterdir()) == [path]


def test_whoever_comes_first_makes_it_and_all_have_the_same(tmp_path: Path) -> None:
    path, found, barrier = tmp_path / "mailhub.key", [], threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        found.append(Keyring(path).derive("tokens"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_each_purpose_has_a_key_of_its_own(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "key")
    assert len({keyring.derive("tokens"), keyring.derive("secrets"), keyring.derive("cookies")}) == 3


def test_what_is_sealed_opens_again_and_never_looks_the_same(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "key")
    sealed = keyring.encrypt(b"password")
    assert keyring.decrypt(memoryview(sealed)) == b"password"
    assert b"password" not in sealed
    assert keyring.encrypt(b"password") != sealed


@pytest.mark.parametrize("place", [0, 5, -1])
def test_what_was_changed_does_not_open(tmp_path: Path, place: int) -> None:
    keyring = Keyring(tmp_path / "key")
    sealed = bytearray(keyring.encrypt(b"password"))
    sealed[place] ^= 1
    with pytest.raises(UserError, match="another key file"):
        keyring.decrypt(bytes(sealed))


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    sealed = Keyring(tmp_path / "one").encrypt(b"password")
    with pytest.raises(UserError, match="put back the key file that belongs to it"):
        Keyring(tmp_path / "two").decrypt(sealed)


@pytest.mark.parametrize("text", ["", "no key", "ab" * 31, "\u00e9"])
def test_a_damaged_key_file_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mailhub.key"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match="key file"):
        Keyring(path)
    assert path.read_text("utf-8") == text


def test_a_key_file_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be used"):
        Keyring(tmp_path / "file" / "mailhub.key")
