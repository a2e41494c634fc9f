"""What the pages of this plugin share: sentences with their numbers, words of actions and parts, the chart's JSON."""

from typing import Any

from flask_babel import lazy_gettext

from mailhub import NotFound
from mailhub.errors import Sentence
from mailhub.moments import Moment
from mailhub.web.auth import current_account
from mailhub.web.formats import number
from mailhub.web.language import translate
from mailhub_sending.charts import DAY, KINDS, Chart
from mailhub_sending.checking import NAMES
from mailhub_sending.finding import by_number
from mailhub_sending.models import Campaign

PARTS = {
    "delivered": lazy_gettext("Delivered"),
    "opened.first": lazy_gettext("Opened"),
    "clicked.first": lazy_gettext("Clicked"),
}
TROUBLE = {"held": "held", "put_off": "slow", "unreachable": "standing still", "still": "standing still"}
"""The badge that a source's standing deserves beside the campaign's state."""
COLOURS = dict(zip(KINDS, ("blue", "green", "orange"), strict=True))

DONE = {
    "validate": lazy_gettext("The campaign is validated: it can be started or scheduled now."),
    "unvalidate": lazy_gettext("The campaign is a draft again."),
    "schedule": lazy_gettext("The campaign is scheduled."),
    "reschedule": lazy_gettext("The campaign has another time now."),
    "start": lazy_gettext("The campaign has started."),
    "pause": lazy_gettext("The campaign is paused: within two seconds nothing more leaves."),
    "resume": lazy_gettext("The campaign goes on."),
    "cancel": lazy_gettext("The campaign is cancelled."),
    "copy": lazy_gettext("This is the copy: a draft that says the same to the same audience."),
    "delete": lazy_gettext("The draft is deleted."),
}
"""What a page says when an action was done."""

BOUNCES: dict[str, Any] = {
    "hard": lazy_gettext("for good"),
    "soft": lazy_gettext("for now"),
    "block": lazy_gettext("from this server"),
}
"""The classes of a bounce, as the ledger says them behind the word "bounced"."""
LOGGED = {
    "campaigns.create": lazy_gettext("created the campaign"),
    "campaigns.change": lazy_gettext("changed it"),
    "campaigns.copy": lazy_gettext("made it as a copy"),
    "campaigns.test": lazy_gettext("sent a test"),
    "campaigns.validate": lazy_gettext("validated it"),
    "campaigns.unvalidate": lazy_gettext("took it back to draft"),
    "campaigns.schedule": lazy_gettext("scheduled it"),
    "campaigns.reschedule": lazy_gettext("gave it another time"),
    "campaigns.start": lazy_gettext("started it"),
    "campaigns.pause": lazy_gettext("paused it"),
    "campaigns.resume": lazy_gettext("resumed it"),
    "campaigns.cancel": lazy_gettext("cancelled it"),
}
"""The activity log's actions, as words after a name."""

DOORS = {
    "web": lazy_gettext("on the web"),
    "api": lazy_gettext("through the API"),
    "cli": lazy_gettext("from the command line"),
    "slack": lazy_gettext("from Slack"),
    "phone": lazy_gettext("from the phone"),
    "sms": lazy_gettext("by SMS"),
    "system": lazy_gettext("by the clock"),
}


def campaign_or_404(number: int) -> Campaign:
    """A campaign of the account worked in. Raises `NotFound`, also for another account's."""
    found = by_number(current_account().id, number)
    if found is None:
        raise NotFound("There is no campaign {which}: the Campaigns page lists those there are.", which=number)
    return found


def say(sentence: Sentence) -> str:
    """A sentence in the page's language, its numbers with that language's separators."""
    values = {name: _numbered(value) for name, value in sentence.values.items()}
    return translate(Sentence(sentence.template, **values))


def language_names() -> dict[str, str]:
    """The languages by their codes, in the page's language, to stand alone or in brackets."""
    return {code: translate(name) for code, name in NAMES.items()}


def _numbered(value: object) -> object:
    return number(int(value)) if isinstance(value, int) and not isinstance(value, Moment) else value


def drawn(chart: Chart) -> dict[str, Any]:
    """A chart as the page's script takes it."""
    series = [(str(PARTS[kind]), COLOURS[kind], chart.numbers[kind]) for kind in KINDS]
    return {"times": chart.times, "series": series, "by": "day" if chart.step == DAY else "hour"}
