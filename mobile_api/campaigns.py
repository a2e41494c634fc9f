"""Campaigns under /mobile/v1: pages of them, one with its numbers, and the four things a phone may do to one."""

import json
from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import Response, g, request

from mailhub.errors import Sentence
from mailhub.web import problems
from mailhub.web.language import translate
from mobile_api import schemas
from mobile_api.access import Changed
from mobile_api.describing import shown, summary, version, whole
from mobile_api.doorkeeper import ask, device, hub, signed_in
from mobile_api.permitted import require_write
from mobile_api.steady import carry_out

places = APIBlueprint("campaigns", __name__, tag="Campaigns", url_prefix="/campaigns")


@places.get("")
@signed_in
@places.input(schemas.Page, location="query", arg_name="page")
@places.output(schemas.Campaigns)
@places.doc(summary="List campaigns, newest first", security="device")
def index(page: dict[str, Any]) -> dict[str, Any]:
    """`next` leads to the page after; it is null at the end."""
    limit = page["limit"]
    found = ask("campaigns.list", state=page["state"], before=page["before"], limit=limit + 1)
    following = found[limit - 1]["number"] if len(found) > limit else None
    return {"campaigns": [summary(each) for each in found[:limit]], "next": following}


@places.get("/<int:number>")
@signed_in
@places.output(schemas.Campaign)
@places.doc(summary="A campaign and its statistics", security="device")
def show(number: int) -> dict[str, Any]:
    """Its ETag is what `If-Match` takes; with `If-None-Match` an unchanged campaign is 304."""
    found = whole(number)
    g.version = found["version"]
    return found


def _wish(verb: str, title: str, told: str) -> None:
    """An address at which a campaign is asked for `verb`, without more to say."""

    def view(number: int, once: dict[str, str]) -> Any:
        return _act(number, once, verb)

    view.__name__, view.__doc__ = verb, told
    documented = places.doc(summary=title, security="device")(places.output(schemas.Campaign)(view))
    asked = places.input(schemas.Once, location="headers", arg_name="once")(documented)
    places.post(f"/<int:number>/{verb}")(signed_in(asked))


_wish("pause", "Pause a campaign", "Within two seconds nothing more leaves.")
_wish("resume", "Resume a campaign", "It goes on where it was paused.")
_wish("unvalidate", "Take a campaign back to draft", "A scheduled one starts no more.")


@places.post("/<int:number>/reschedule")
@signed_in
@places.input(schemas.Once, location="headers", arg_name="once")
@places.input(schemas.When, arg_name="when")
@places.output(schemas.Campaign)
@places.doc(summary="Give a campaign another time", security="device")
def reschedule(number: int, once: dict[str, str], when: dict[str, str]) -> Any:
    """Needs If-Match (428 without): what somebody else changed meanwhile is not overwritten."""
    if not once["seen"]:
        return problems.problem(
            428, translate(Sentence("Say which state you saw: send the campaign's ETag as If-Match."))
        )
    return _act(number, once, "reschedule", **when)


def _act(number: int, once: dict[str, str], verb: str, **arguments: Any) -> Any:
    """Run the action once for its key, on the state that was seen; the campaign as it is then."""
    require_write(device())
    asked = {"number": number, "verb": verb, "seen": once["seen"], **arguments}
    answer = carry_out(hub(), device(), once["key"], asked, _doing(number, verb, arguments))
    g.version = answer["version"]
    response = Response(json.dumps(answer), content_type="application/json")
    response.set_etag(g.version)
    return response


def _doing(number: int, verb: str, arguments: dict[str, Any]) -> Callable[[], Any]:
    def run() -> Any:
        before = shown(number)
        if not _matches(version(before)):
            raise Changed(
                Sentence("Campaign {number} was changed meanwhile: look at it again, then decide.", number=number)
            )
        ask(f"campaigns.{verb}", which=str(number), **arguments)
        return schemas.Campaign().dump(whole(number))

    return run


def _matches(now: str) -> bool:
    """Whether If-Match names this version: alone, or as the first part of an ETag."""
    if not request.headers.get("If-Match") or request.if_match.star_tag:
        return True
    return now in {tag.partition(".")[0] for tag in request.if_match.as_set(include_weak=True)}
