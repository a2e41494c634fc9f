"""What can be asked of alerts: which there are and who is told of them, and to be told otherwise."""

from typing import Any

from marshmallow import fields, validate

from mailhub import Action, Arguments, Hub, Permission, argument
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_alerts import choices

PERMISSIONS: list[Permission] = [
    Permission("alerts.edit", "Account", "Choose which alerts one gets"),
    Permission("alerts.assign", "Account", "Choose which alerts others get"),
]


class Channels(fields.List[str]):
    """Names of channels: a list, or one text with commas between them; empty for none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.String(), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        given = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        return super()._deserialize(given, attr, data, **more)


class Whose(Arguments):
    user = argument(fields.String, "e-mail address of whose alerts; empty: one's own", load_default="")


class Change(Whose):
    rule = argument(fields.String, "the alert, such as campaign.paused", required=True)
    channels = argument(Channels, "channels it comes by, such as mail,sms; empty: none", load_default=[])
    threshold = argument(
        fields.Float,
        "percent from which it is told, where it has a threshold",
        load_default=None,
        validate=validate.Range(min=0.1, max=100, error=Sentence("The threshold is a number from 0.1 to 100.")),
    )


def _show(hub: Hub, actor: Actor, user: str) -> dict[str, Any]:
    who = choices.whose(actor, user)
    known = choices.channels(hub)
    return {
        "user": who.email,
        "channels": {name: each.reaches(hub, who.id) for name, each in known.items()},
        "alerts": {
            name: {"channels": [each for each in choice.channels if each in known], "threshold": choice.threshold}
            for name, choice in choices.of_user(hub, actor.account_id, who.id).items()
        },
    }


def _change(
    hub: Hub, actor: Actor, user: str, rule: str, channels: list[str], threshold: float | None
) -> dict[str, Any]:
    who = choices.whose(actor, user)
    chosen = choices.choose(hub, actor.account_id, who.id, rule, channels, threshold)
    return {"rule": rule, "channels": list(chosen.channels), "threshold": chosen.threshold}


ACTIONS: list[Action] = [
    Action("alerts.show", "Show which alerts a user gets", "alerts.edit", _show, Whose, changes=False),
    Action("alerts.change", "Choose how a user gets an alert", "alerts.edit", _change, Change, target="rule"),
]
