"""The configuration: files and environment come in whole, or one sentence says what is wrong where."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub import config as configuration
from mailhub.config import Config, example, load
from mailhub.config_sections import CHOICES
from mailhub.errors import UserError

SECTIONS = {each.name: each for each in fields(Config) if each.name != "source"}
_NAMES = [(section, key.name) for section in SECTIONS for key in fields(get_type_hints(Config)[section])]
_CHECKED = {("delivery", "route"), ("domains", "addresses"), ("dns", "resolvers"), ("dns", "timeout")}
_FREE = [name for name in _NAMES if name not in CHOICES and name[1] != "url" and name not in _CHECKED]
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
_WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=10)
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: st.integers(1, 60_000),
    bool: st.booleans(),
    float: st.floats(0, 1e6),
    list[str]: st.lists(_WORD, max_size=4),
}


def _kind(name: tuple[str, str]) -> Any:
    return get_type_hints(get_type_hints(Config)[name[0]])[name[1]]


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_everything_is_at_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load(None, {})
    assert config == Config()
    assert (config.data, config.key_path) == (tmp_path / "data", tmp_path / "data" / "mailhub.key")


def test_the_example_is_every_key_at_its_default(tmp_path: Path) -> None:
    config = load(_write(tmp_path, example()), {})
    assert {**asdict(config), "source": None} == {**asdict(Config()), "source": None}


def test_a_file_here_is_found_and_its_folder_is_where_paths_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, '[server]\ndata = "kept"\n')
    monkeypatch.chdir(tmp_path)
    config = load(None, {})
    assert config.source == tmp_path / "config.toml"
    monkeypatch.chdir("/")
    assert (config.data, config.key_path) == (tmp_path / "kept", tmp_path / "mailhub.key")


def test_a_key_file_is_taken_where_it_was_written(tmp_path: Path) -> None:
    config = load(_write(tmp_path, '[server]\nkey_file = "keys/one.key"\n'), {})
    assert config.key_path == tmp_path / "keys" / "one.key"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "[web]\nport = 1000\nthreads = 3\n")
    config = load(path, {"MAILHUB_WEB__PORT": "2000", "MAILHUB_CONFIG": "elsewhere", "HOME": "/root"})
    assert (config.web.port, config.web.threads) == (2000, 3)


@given(st.data())
def test_what_the_environment_says_is_what_is_read(data: st.DataObject) -> None:
    section, key = data.draw(st.sampled_from(_FREE))
    value = data.draw(_VALUES[_kind((section, key))])
    text = ",".join(value) if isinstance(value, list) else str(value)
    read = getattr(getattr(load(None, {f"MAILHUB_{section}__{key}".upper(): text}), section), key)
    assert read == value
    assert type(read) is type(value)


@given(st.sampled_from(_FREE), st.data())
def test_a_file_is_read_as_it_was_written(name: tuple[str, str], data: st.DataObject) -> None:
    section, key = name
    value = data.draw(_VALUES[_kind(name)].filter(lambda each: not isinstance(each, str) or each.isalnum()))
    table = {section: {key: value}}
    built = configuration._sections(table)
    assert getattr(built[section], key) == value
    rest = {other: built[other] for other in SECTIONS if other != section}
    assert rest == {other: getattr(Config(), other) for other in rest}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[web]\nprot = 1\n", "web.prot that does not exist: did you mean port"),
        ("[weeb]\nport = 1\n", r"section \[weeb\] that does not exist: did you mean web"),
        ("[web]\nxyzzy = 1\n", "web.xyzzy that does not exist: remove it"),
        ('[web]\nport = "80"\n', "web.port is '80': write a whole number"),
        ("[web]\nport = true\n", "web.port is True: write a whole number"),
        ("[web]\nhost = 1\n", "web.host is 1: write text"),
        ("[web]\nsecure_cookies = 1\n", "write true or false"),
        ('[plugins]\ndisabled = "a"\n', "write a list"),
        ('[smtp]\ngroup_commit = "soon"\n', "write a number"),
        ("[web]\nport = 65536\n", "web.port is no port"),
        ("web = 3\n", r"write \[web\] on a line of its own"),
        ('[delivery]\nroute = "pigeon"\n', "delivery.route is 'pigeon': write one of sandbox, smart_host, direct"),
        ('[delivery]\nroute = "smart_host"\n', "delivery.smart_host is empty"),
        (
            '[database]\nurl = "mysql://root@host/mail"\n',
            "database.url is 'host/mail': write postgresql://user@host/name, or",
        ),
        ('[database]\nurl = "redis://host/1"\n', "database.url is 'redis://host/1': write postgresql"),
        ('[engine]\nurl = "redis:/host/1"\n', "write postgresql://user@host/name or redis://host:6379/0, or"),
        ("[web\n", "is not valid TOML"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        load(_write(tmp_path, text), {})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MAILHUB_WEB__PORT", "http", "MAILHUB_WEB__PORT is 'http': write a number"),
        ("MAILHUB_WEB__PROT", "1", "web.prot that does not exist: did you mean port"),
        ("MAILHUB_WEEB__PORT", "1", "did you mean web"),
        ("MAILHUB_WEB__SECURE_COOKIES", "maybe", "write true or false"),
    ],
)
def test_a_wrong_variable_is_one_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        load(None, {name: value})


def test_a_variable_over_a_broken_section_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"write \[web\] on a line of its own"):
        load(_write(tmp_path, "web = 3\n"), {"MAILHUB_WEB__PORT": "1"})


def test_passwords_of_an_address_are_not_repeated() -> None:
    with pytest.raises(UserError) as caught:
        load(None, {"MAILHUB_DATABASE__URL": "mysql://root:secret@host/mail"})
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no configuration file at"):
        load(tmp_path / "none.toml", {})
    (tmp_path / "latin.toml").write_bytes(b'[server]\ndata = "\xe9"\n')
    with pytest.raises(UserError, match="is not valid TOML"):
        load(tmp_path / "latin.toml", {})


def test_every_key_has_its_reason() -> None:
    for section in SECTIONS:
        for key in fields(get_type_hints(Config)[section]):
            assert key.metadata["reason"], f"{section}.{key.name}"


def test_the_printed_address_follows_the_port() -> None:
    assert load(None, {"MAILHUB_WEB__PORT": "8080"}).server.public_url == "http://localhost:8080"
    assert load(None, {"MAILHUB_WEB__PORT": "0"}).server.public_url == "http://localhost:8000"
    chosen = {"MAILHUB_WEB__PORT": "8080", "MAILHUB_SERVER__PUBLIC_URL": "https://mail.example.com"}
    assert load(None, chosen).server.public_url == "https://mail.example.com"


def test_workers_are_one_for_each_core_unless_told() -> None:
    assert load(None, {"MAILHUB_ENGINE__WORKERS": "3"}).workers == 3
    assert load(None, {}).workers >= 1


def test_sending_addresses_are_addresses() -> None:
    assert load(None, {"MAILHUB_DOMAINS__ADDRESSES": "192.0.2.7,2001:db8::7"}).domains.addresses[1] == "2001:db8::7"
    with pytest.raises(UserError, match=r"domains\.addresses has 'mail\.example\.com'"):
        load(None, {"MAILHUB_DOMAINS__ADDRESSES": "mail.example.com"})


def test_dns_servers_are_addresses_and_have_time() -> None:
    given = load(None, {"MAILHUB_DNS__RESOLVERS": "127.0.0.1,[::1]:5353"})
    assert given.dns.resolvers == ["127.0.0.1", "[::1]:5353"]
    with pytest.raises(UserError, match=r"dns\.resolvers has"):
        load(None, {"MAILHUB_DNS__RESOLVERS": '["127.0.0.1:41053"]'})
    with pytest.raises(UserError, match=r"dns\.timeout must be above 0"):
        load(None, {"MAILHUB_DNS__TIMEOUT": "0"})


@pytest.mark.parametrize("key", ["price", "free_mails"])
def test_prices_and_free_mails_are_whole_numbers_from_zero(key: str) -> None:
    name = f"MAILHUB_BILLING__{key.upper()}"
    for bound in (0, 10**9):
        assert getattr(load(None, {name: str(bound)}).billing, key) == bound
    for beyond in (-1, 10**9 + 1):
        with pytest.raises(UserError, match=rf"billing\.{key} is {beyond}: write a whole number from 0 to 1,000,000,0"):
            load(None, {name: str(beyond)})
