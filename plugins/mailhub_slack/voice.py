"""What Slack is answered in a person's language, with Slack's own markup made harmless in what comes from people.

By `&`, `<` and `>` a text would call a channel or lead elsewhere.
"""

from mailhub import Hub, speech


class Voice(speech.Voice):
    """Says things for plain text and for text with Slack's markup."""

    def mark(self, sentence: str) -> str:
        """A sentence for text with Slack's markup."""
        return escape(self.say(sentence))


def voice(hub: Hub, language: str, zone: str = "UTC") -> Voice:
    """The voice for a language; English where there is no translation."""
    plain = speech.voice(hub, language, zone)
    return Voice(plain.catalogue, plain.language, plain.zone)


def escape(text: str) -> str:
    """Text as it is, inside Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
