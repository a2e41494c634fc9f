from mailhub.smtp_server.visits import PER_ADDRESS, Visits


def test_an_address_has_so_many_connections_and_no_more() -> None:
    visits = Visits()
    assert all(visits.enter("192.0.2.1") for _ in range(PER_ADDRESS))
    assert not visits.enter("192.0.2.1")
    assert visits.enter("192.0.2.2")
    visits.leave("192.0.2.1")
    assert not visits.enter("192.0.2.1")
    visits.leave("192.0.2.1")
    visits.leave("192.0.2.1")
    assert visits.enter("192.0.2.1")


def test_nothing_is_kept_of_who_left() -> None:
    visits = Visits()
    visits.enter("192.0.2.1")
    visits.leave("192.0.2.1")
    assert not visits._open
