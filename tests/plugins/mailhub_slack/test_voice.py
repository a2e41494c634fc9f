"""What comes from people calls no channel and leads nowhere: Slack's markup is made harmless, in every language."""

from mailhub import Hub
from mailhub.errors import Sentence
from mailhub_slack.voice import escape, voice


def test_markup_is_made_harmless(sqlite_hub: Hub) -> None:
    assert escape("<!channel> & co") == "&lt;!channel&gt; &amp; co"
    told = voice(sqlite_hub, "en").mark(Sentence("You work in {account}.", account="<http://x|y>"))
    assert told == "You work in &lt;http://x|y&gt;."
    french = voice(sqlite_hub, "fr").mark(Sentence("You work in {account}.", account="<b>"))
    assert french == "Vous travaillez dans &lt;b&gt;."
