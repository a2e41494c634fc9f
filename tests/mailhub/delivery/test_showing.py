"""Each lane is shown with its state and the reason, as a sentence."""

import asyncio

from mailhub.delivery.connecting import Dialer
from mailhub.delivery.lanes import Lane, LaneKey
from mailhub.delivery.pace import Pace
from mailhub.delivery.routes import Egress, Route
from mailhub.delivery.shaping import Shape
from mailhub.delivery.showing import standing_of
from mailhub.delivery.smtp_words import Outcome

NOW = 1_800_000_000_000


def _lane(name: str, rate: int = 0) -> Lane:
    dialer = Dialer(Route(3, "direct", "direct"), Egress(4, "192.0.2.1", "mail.example"))
    pace = Pace(name, Shape("", rate=rate), 2)
    return Lane(LaneKey(3, 4, name), dialer, pace, lambda *_: None, lambda _: None, lambda: NOW)


def test_lanes_say_why_they_run_as_they_do() -> None:
    async def scene() -> None:
        at = asyncio.get_running_loop().time()
        calm, limited, slowed, dead, refused, bare = (_lane(name, 600 * (name == "limited")) for name in
                                                      ("calm", "limited", "slowed", "dead", "refused", "bare"))  # fmt: skip
        slowed.pace.slow(NOW, 1200.0, "421 too many")
        dead.block(60, Outcome("deferred", 0, "4.4.1", "nobody answers"))
        bare.block(60, Outcome("deferred", 0, "4.7.10", "no STARTTLS"))
        refused.pace.stop(NOW, "554 blocked")
        refused.block(300, Outcome("deferred", 554, "5.7.1", "blocked"), said=True)
        rows = {
            row["destination"]: row for row in standing_of([calm, limited, slowed, dead, refused, bare], 7, NOW, at)
        }
        assert {name: row["state"] for name, row in rows.items()} == {
            "calm": "ok", "limited": "ok", "slowed": "slowed", "dead": "blocked", "refused": "blocked",
            "bare": "blocked", "": "resolving",
        }  # fmt: skip
        assert "600 messages a minute" in rows["limited"]["why"]
        assert "50 of 100" in rows["slowed"]["why"]
        assert "nobody answers" in rows["dead"]["why"]
        assert rows["bare"]["why"] == "It is reached, and not with the TLS that is asked for: 4.7.10 no STARTTLS"
        assert rows["refused"]["why"].startswith("The provider refuses")
        assert rows["dead"]["until"] - NOW > 59_000
        assert rows[""]["backlog"] == 7
        assert (rows["calm"]["route_id"], rows["calm"]["egress_id"], rows["calm"]["egress"]) == (3, 4, "192.0.2.1")

    asyncio.run(scene())
