"""`python -m mailhub` is the command `mailhub`."""

from mailhub.cli import main

main()
