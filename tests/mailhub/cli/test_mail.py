"""The group knows its commands without loading any."""

import subprocess
import sys

from click.testing import CliRunner

from mailhub.cli import main
from mailhub.cli.mail import mail


def test_help_names_every_command() -> None:
    answer = CliRunner().invoke(mail, ["--help"])
    assert answer.exit_code == 0
    assert all(f"\n  {name} " in answer.stdout for name in ("check", "classify", "report"))


def test_it_is_a_command_of_mailhub_and_an_unknown_word_is_a_wrong_use() -> None:
    assert CliRunner(env={"MAILHUB_CONFIG": ""}).invoke(main, ["mail", "birds"]).exit_code == 2


def test_its_help_loads_neither_pages_nor_database() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from mailhub.cli import main\n"
        "assert CliRunner().invoke(main, ['mail', '--help']).exit_code == 0\n"
        "print([each for each in ('flask', 'peewee', 'mailhub.delivery') if each in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "[]\n"
