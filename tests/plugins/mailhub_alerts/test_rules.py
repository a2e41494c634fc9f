"""Rules depend on names of events alone."""

from mailhub_alerts.rules import BOUNCES, HELD, LANE, RULES, offered


def test_a_rule_is_offered_when_all_its_kinds_are_told(hub) -> None:
    assert set(offered(hub, 1)) == set(RULES)
    del hub.event_kinds["credit.low"]
    assert set(RULES) - set(offered(hub, 1)) == {"credit.low"}
    del hub.event_kinds["campaign.started"]
    assert not {HELD, BOUNCES, "campaign.started"} & set(offered(hub, 1))


def test_what_is_about_the_server_is_offered_to_its_operator_alone(hub) -> None:
    assert set(offered(hub, 1)) - set(offered(hub, 2)) == {LANE}
