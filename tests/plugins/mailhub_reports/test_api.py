"""Reports under /api/v1."""

import gzip

from mailhub.web.api import create_api
from tests.mailhub.reports.samples import DETAIL, FAILURE, aggregate, policy, record, tls

from .conftest import World


def test_given_and_looked_at(sqlite_world: World) -> None:
    hub = sqlite_world.hub
    asked, headers = create_api(hub).test_client(), {}
    for actor in (sqlite_world.acme, sqlite_world.other):
        headers[actor] = {"Authorization": f"Bearer {hub.call(actor, 'api_keys.create', name='x')['token']}"}
    mine, others = headers[sqlite_world.acme], headers[sqlite_world.other]
    for content in (gzip.compress(aggregate(record())), tls(policy("acme.example", 4, 2, DETAIL)), FAILURE):
        assert asked.post("/reports", headers=mine, data=content).json["new"] == 1  # type: ignore[index]
    again = asked.post("/reports", headers=mine, data=FAILURE)
    assert (again.status_code, again.json) == (201, {"later": False, "new": 0, "known": 1, "mails": 0})
    wrong = asked.post("/reports", headers=others, data=aggregate(record()))
    assert wrong.status_code == 422
    assert "acme.example" in wrong.text
    (domain,) = asked.get("/reports?days=7", headers=mine).json["domains"]  # type: ignore[index]
    assert (domain["mails"], domain["passed"], domain["p"], domain["reported_at"][:10]) == (3, 3, "none", "2026-09-23")
    (source,) = asked.get("/reports/acme.example/sources", headers=mine).json["sources"]  # type: ignore[index]
    assert (source["source"], source["fate"], source["reporters"]) == ("192.0.2.1", "unaligned", ["Receiver Ltd"])
    told = asked.get("/reports/acme.example/tls?days=7", headers=mine).json
    assert told is not None
    assert (told["failures"][0]["type"], told["days"]["times"][4]) == (
        "certificate-expired",
        "2026-09-21T00:00:00.000Z",
    )
    (failure,) = asked.get("/reports/acme.example/failures", headers=mine).json["failures"]  # type: ignore[index]
    assert failure["at"] == "2026-09-21T10:00:00.000Z"
    assert asked.get("/reports", headers=others).json == {"days": 30, "domains": []}
    assert asked.get("/reports/acme.example/sources", headers=others).status_code == 404
