"""DNS servers as the configuration writes them. Asking them is left to `dns`."""

import re
from ipaddress import ip_address

from mailhub.errors import UserError

_written = re.compile(r"\[([^\[\]]+)\](?::(\d+))?|([^:\[\]]+):(\d+)|([^\[\]]+)").fullmatch


def read_resolver(text: str) -> tuple[str, int]:
    """An entry of `dns.resolvers`, such as "127.0.0.1" or "[::1]:5353", as address and port (53 where none stands).

    Raises `UserError`.
    """
    match = _written(text.strip())
    six, six_port, four, four_port, alone = match.groups() if match else (None,) * 5
    try:
        address = str(ip_address(six or four or alone or ""))
        port = int(six_port or four_port or 53)
        if not 0 < port < 65536:
            raise ValueError
    except ValueError as error:
        raise UserError(
            "The configuration's dns.resolvers has {text}: write addresses such as 127.0.0.1 or [::1]:5353.",
            text=repr(text),
        ) from error
    return address, port
