"""Domain names as they are kept: A-labels in lower case, and the names above one."""

import idna

from mailhub.errors import Invalid, Sentence


def clean(name: str) -> str:
    """A domain in A-labels (RFC 5890), lower case, without a final dot. Raises `Invalid` for `name`."""
    try:
        made = idna.encode(name.strip().rstrip("."), uts46=True).decode().lower()
    except idna.IDNAError:
        made = ""
    if made.count(".") < 1 or any(not part for part in made.split(".")):
        raise Invalid(
            fields={"name": Sentence("{name} is no domain name: write one such as news.example.com.", name=name)}
        )
    if made.rpartition(".")[2].isdigit():  # no such top-level domain can be (RFC 3696 section 2)
        raise Invalid(
            fields={
                "name": Sentence(
                    "{name} ends with a number, as addresses do: write a name such as news.example.com.", name=name
                )
            }
        )
    return made


def with_parents(domain: str) -> list[str]:
    """A domain and those above it, the nearest first; the last one has two labels."""
    labels = domain.split(".")
    return [".".join(labels[i:]) for i in range(len(labels) - 1)]
