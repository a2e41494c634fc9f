"""A campaign as a card of Slack's Block Kit: state in words, progress, five numbers, rate and time left, buttons.

Pure: numbers in, blocks out. https://docs.slack.dev/reference/block-kit
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mailhub.errors import Sentence
from mailhub.messages import BOUNCED, CANCELLED, DELIVERED, OUTCOMES, UNSUBSCRIBED
from mailhub_slack.voice import Voice, escape

Block = dict[str, Any]
PAUSE, RESUME, STATS, SHARE, OPEN = "campaign.pause", "campaign.resume", "campaign.stats", "campaign.share", "open"
SENDING, PAUSED, FINISHED = "sending", "paused", "finished"
OVER = (FINISHED, CANCELLED)
"""States in which a card changes no more."""
SIGNS = {SENDING: "▶️", PAUSED: "⏸️", FINISHED: "✅", CANCELLED: "🚫", "scheduled": "🗓️", "validated": "☑️", "draft": "📝"}
WIDTH = 12


def card(
    voice: Voice, stats: Mapping[str, Any], account: tuple[int, str], url: str, private: bool = False
) -> list[Block]:
    """The blocks. `stats` as `campaigns.stats` answers, `account` its number and name, `url` the campaign's page.

    A private card can be asked for its newest numbers, and posted for all.
    """
    value = f"{account[0]}:{stats['number']}"
    title = f"{stats['number']} {stats['name']}"
    blocks: list[Block] = [
        {"type": "header", "text": _plain(title, 150)},
        _section(
            f"{SIGNS.get(stats['state'], '•')} *{escape(voice.word(stats['state']))}* – {voice.mark(stats['sentence'])}"
        ),
    ]
    if stats["planned"]:
        blocks += [_section(_progress(voice, stats)), {"type": "section", "fields": _numbers(voice, stats)}]
    blocks.append({"type": "context", "elements": [_marked(_pace(voice, stats, account[1]))]})
    blocks.append({"type": "actions", "elements": _buttons(voice, stats, value, url, private)})
    return blocks


def summary(voice: Voice, stats: Mapping[str, Any]) -> str:
    """The card in one line, for notifications and screen readers."""
    return f"{stats['number']} {escape(stats['name'])}: {voice.mark(stats['sentence'])}"


def digest(blocks: list[Block]) -> str:
    """What a card shows, in a few letters: a card that would look the same is not sent again."""
    return hashlib.blake2b(json.dumps(blocks, sort_keys=True).encode(), digest_size=12).hexdigest()


def resume_question(voice: Voice, stats: Mapping[str, Any]) -> Block:
    """The dialog before a campaign goes on: who resumes, sends mail."""
    left = max(0, int(stats["planned"]) - settled(stats))
    question = Sentence(
        "Campaign {number} goes on: {count} recipients are still to come.",
        number=stats["number"],
        count=voice.number(left),
    )
    return {
        "title": _plain(voice.say(Sentence("Resume the campaign?")), 100),
        "text": _plain(voice.say(question), 300),
        "confirm": _plain(voice.say(Sentence("Resume")), 30),
        "deny": _plain(voice.say(Sentence("Cancel")), 30),
    }


def settled(stats: Mapping[str, Any]) -> int:
    """How many messages of a campaign have their outcome."""
    return sum(int(stats[kind]) for kind in OUTCOMES)


def button(text: str, action: str, value: str, **more: Any) -> Block:
    """A button. `value` comes back with the press."""
    return {"type": "button", "text": _plain(text, 75), "action_id": action, "value": value, **more}


def state_button(voice: Voice, stats: Mapping[str, Any], value: str) -> list[Block]:
    """The button that a campaign's state allows: pause, or resume after a question."""
    if stats["state"] == SENDING:
        return [button("⏸ " + voice.say(Sentence("Pause")), PAUSE, value)]
    if stats["state"] == PAUSED:
        return [
            button(
                "▶ " + voice.say(Sentence("Resume")),
                RESUME,
                value,
                style="primary",
                confirm=resume_question(voice, stats),
            )
        ]
    return []


def _buttons(voice: Voice, stats: Mapping[str, Any], value: str, url: str, private: bool) -> list[Block]:
    found = state_button(voice, stats, value)
    if private:
        found.append(button("↻ " + voice.say(Sentence("Refresh")), STATS, value))
        if stats["state"] in (SENDING, PAUSED):
            found.append(button(voice.say(Sentence("Show it here to all")), SHARE, value))
    return [
        *found,
        {"type": "button", "text": _plain(voice.say(Sentence("Open in MailHub")), 75), "action_id": OPEN, "url": url},
    ]


def _progress(voice: Voice, stats: Mapping[str, Any]) -> str:
    done, planned = settled(stats), int(stats["planned"])
    full = min(WIDTH, done * WIDTH // planned)
    said = voice.mark(
        Sentence("{done} of {planned}", done=voice.number(done), planned=voice.number(planned)),
    )
    return f"{'▰' * full}{'▱' * (WIDTH - full)}  *{voice.share(min(done, planned), planned)}*  {said}"


def _numbers(voice: Voice, stats: Mapping[str, Any]) -> list[Block]:
    delivered = int(stats[DELIVERED])
    of_all, of_delivered = settled(stats), delivered
    rows = (
        (Sentence("Delivered"), delivered, of_all),
        (Sentence("Opened"), int(stats["opened"]), of_delivered),
        (Sentence("Clicked"), int(stats["clicked"]), of_delivered),
        (Sentence("Bounced"), int(stats[BOUNCED]), of_all),
        (Sentence("Unsubscribed"), int(stats[UNSUBSCRIBED]), of_delivered),
    )
    return [
        _marked(f"*{voice.say(word)}*\n{voice.number(count)}{_share(voice, count, of)}") for word, count, of in rows
    ]


def _share(voice: Voice, count: int, whole: int) -> str:
    return f"  ({voice.share(count, whole)})" if whole else ""


def _pace(voice: Voice, stats: Mapping[str, Any], account: str) -> str:
    parts = [escape(account)]
    if stats["rate"]:
        parts.append(voice.mark(Sentence("{rate} a minute", rate=voice.number(stats["rate"]))))
    if stats["seconds_left"]:
        parts.append(voice.mark(Sentence("{time} left", time=voice.duration(stats["seconds_left"]))))
    return "  ·  ".join(parts)


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": text if len(text) <= most else text[: most - 1] + "…", "emoji": True}


def _marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text[:2900]}


def _section(text: str) -> Block:
    return {"type": "section", "text": _marked(text)}
