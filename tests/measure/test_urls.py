"""A list of URLs: what it holds and what is wrong with it, by its lines."""

import pytest

from harness.measure.remote.urls import parse_urls
from harness.model import HarnessError
from harness.workload import MOST_URLS

GOOD = "# mine\nhttp://a.example/1.jpg\n\n  https://b.example:8443/2.jpg?w=3  \r\nhttp://a.example/3.jpg\n"


def test_a_list_has_a_url_a_line_and_comments() -> None:
    found = parse_urls(GOOD, "list")
    assert found.urls == (
        "http://a.example/1.jpg",
        "https://b.example:8443/2.jpg?w=3",
        "http://a.example/3.jpg",
    )
    assert (found.lines, found.empty) == ((2, 4, 5), (3,))
    assert found.hosts == ("a.example", "b.example")
    assert found.place(found.urls[1]) == "list: line 4: https://b.example:8443/2.jpg?w=***"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "list lists no URL"),
        ("# none\n\n", "list lists no URL"),
        (GOOD + "http://a.example/1.jpg", "list: line 6: http://a.example/1.jpg stands in line 2 too"),
        ("ftp://a.example/1", "list: line 1: ftp://a.example/1 has the scheme 'ftp'"),
        ("a.example/1", "has the scheme 'none'"),
        ("http:///1", "names no host"),
        ("http://a.example:99999/1", "is no URL: Port out of range"),
        ("http://a.example:0/1", "names the port 0"),
        ("http://[::1/1", "is no URL: Invalid IPv6"),
        ("http://a.example/über.jpg", "holds what no URL may hold"),
        ("http://a.example/a b.jpg", "holds what no URL may hold"),
        ("http://me:word@a.example/1", "list: line 1: http://***@a.example/1 holds a user name"),
        ("http://a.example/1#part", "has a fragment"),
        ("http://a.example/" + "1" * 8_000, "has more than 8,000 signs"),
        ("http://a.example/\x1b[2J", "holds what no URL may hold"),
    ],
)
def test_what_is_no_list_is_named_by_its_line(text: str, message: str) -> None:
    with pytest.raises(HarnessError) as caught:
        parse_urls(text, "list")
    assert message in str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_list_has_an_end() -> None:
    lines = [f"http://a.example/{number}" for number in range(MOST_URLS + 1)]
    assert len(parse_urls("\n".join(lines[:-1]), "list").urls) == MOST_URLS
    with pytest.raises(HarnessError, match=r"line 10001: more than 10,000 URLs"):
        parse_urls("\n".join(lines), "list")
