"""Fields as they are written, and as they should have been."""

from mailhub.parts.header import MOST_FIELDS, Field, Header, header_end, parameters


def test_fields_keep_their_order_and_are_asked_for_in_any_case() -> None:
    header = Header(b"To: a@x.example\r\nSubject: one\r\n two\r\nTO:b@x.example\r\nX-Empty:\r\n")
    assert header.fields[1:3] == [Field("Subject", "one two"), Field("TO", "b@x.example")]
    assert header.all("to") == ["a@x.example", "b@x.example"]
    assert (header.get("x-empty"), "X-Empty" in header, "X-None" in header) == ("", True, False)


def test_a_line_that_is_no_field_is_passed_over() -> None:
    assert Header(b"A: 1\n>From nobody\nB: 2\n").fields == [Field("A", "1"), Field("B", "2")]


def test_no_more_than_a_thousand_fields_are_read() -> None:
    assert len(Header(b"A: b\n" * 5000).fields) == MOST_FIELDS


def test_where_a_header_ends() -> None:
    assert header_end(b"A: b\r\n\r\nbody") == (5, 8)
    assert header_end(b"\nbody: 1\n\n") == (0, 1)
    assert header_end(b"no field here\n\nbody") == (0, 0)
    assert header_end(b"not one\nA: b\n\nbody") == (12, 14)
    assert header_end(b"A: b") == (4, 4)


def test_kinds() -> None:
    assert Header(b"Content-Type: TEXT/HTML ; Charset=UTF-8").kind() == ("text/html", {"charset": "UTF-8"})
    assert Header(b"Content-Type: text").kind() == ("text/plain", {})
    assert Header(b"").kind("message/rfc822") == ("message/rfc822", {})


def test_parameters_are_joined_and_decoded() -> None:
    assert parameters(r'a="x\"y"; b = c ; a=2; name*0="one "; name*1=two; e="=?utf-8?q?=C3=A9?="; open="abc') == {
        "a": 'x"y', "b": "c", "e": "é", "open": "abc", "name": "one two",
    }  # fmt: skip


def test_a_file_name_is_that_of_the_disposition() -> None:
    header = Header(b"Content-Type: a/b; name=one\nContent-Disposition: attachment; filename=two")
    assert header.file_name() == "two"
    assert Header(b"Content-Type: a/b; name=one\nContent-Disposition: inline").file_name() == "one"
