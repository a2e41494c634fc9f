import pytest

from mailhub import db
from mailhub.config_sections import SmtpConfig
from mailhub.hub import Hub
from mailhub.smtp_limits import HOUR, NAMES, Limits, Used, add, limits_of, used


def test_the_names_are_keys_of_the_configuration() -> None:
    assert Limits._fields == NAMES
    assert all(getattr(SmtpConfig(), name) == 0 for name in NAMES)


@pytest.mark.parametrize(("server", "own", "expected"), [(0, 0, 0), (5, 0, 5), (0, 7, 7), (5, 7, 5), (7, 5, 5)])
def test_a_logins_own_limit_is_never_more_than_the_servers(server: int, own: int, expected: int) -> None:
    config = SmtpConfig(messages_per_hour=server)
    assert limits_of(config, {"messages_per_hour": own}) == Limits(messages_per_hour=expected)


def test_counts_of_all_processes_add_up(core: Hub) -> None:
    for _ in range(2):
        with db.transaction():
            add([Used(2, 1000, 1, 2), Used(1, 1000, 3, 4), Used(1, 999, 1, 1)])
    assert sorted(used([1, 2], 1000)) == [Used(1, 999, 2, 2), Used(1, 1000, 6, 8), Used(2, 1000, 2, 4)]
    assert used([2], 1000 + HOUR - 1) == [Used(2, 1000, 2, 4)]
    assert used([2], 1000 + HOUR) == []
