"""Text of others is shown by what it is, and never acted on."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import (
    is_secret,
    printable,
    printable_lines,
    printable_values,
    redacted,
    redacted_argument,
    syntax_of,
)

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=30)  # half surrogates too


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zürich 東京 😀", "Zürich 東京 😀"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x00b", r"a\x00b"),
        ("one\ntwo\tthree\xa0four", "one two three four"),
        ("half \ud83d of it", r"half \ud83d of it"),
        ("right \u202eto left", r"right \u202eto left"),
        ("\x9b31m", r"\x9b31m"),  # the same escape in one sign
    ],
)
def test_signs_that_a_terminal_acts_on_are_told_by_their_code(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_what_is_printable_can_be_written_anywhere(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown
    assert shown.encode().decode() == shown
    element = ET.Element("one", of=shown)
    assert ET.fromstring(ET.tostring(element)).get("of") == shown  # noqa: S314 - made here


def test_lines_stay_lines() -> None:
    assert printable_lines("if x:\n\treturn '\x1b'\r\n") == "if x:\n    return '\\x1b' \n"


def test_all_texts_of_a_value_are_made_so() -> None:
    found = printable_values({"a\x1b": ["b\x07", 1.5, None, {"c": "d\n"}]})
    assert found == {r"a\x1b": [r"b\x07", 1.5, None, {"c": "d "}]}


@pytest.mark.parametrize("source", ["def (", "a = '\0'", "a = " + "-" * 50_000 + "1"])
def test_what_is_no_python_or_too_deep_has_no_syntax(source: str) -> None:
    assert syntax_of(source) is None


def test_the_syntax_of_a_file_of_others_warns_nobody(recwarn: pytest.WarningsRecorder) -> None:
    tree = syntax_of("pattern = '\\d'\n")
    assert tree is not None
    assert len(tree.body) == 1
    assert not recwarn.list


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x @ git+https://user:TOKEN@e.invalid/x@main", "x @ git+https://***@e.invalid/x@main"),
        ("git+https://TOKEN@e.invalid/x.git: not found", "git+https://***@e.invalid/x.git: not found"),
        ("https://me:p@ss@e.invalid/x", "https://***@e.invalid/x"),
        ("git+ssh://git@e.invalid/x@v1", "git+ssh://git@e.invalid/x@v1"),
        ("git+ssh://git:word@e.invalid/x", "git+ssh://***@e.invalid/x"),
        ("https://e.invalid/x@main, http://a:b@c", "https://e.invalid/x@main, http://***@c"),
        (
            "https://e.invalid/x.zip?access_token=abc&v=1 is gone",
            "https://e.invalid/x.zip?access_token=***&v=*** is gone",
        ),
        ("https://e.invalid/x.zip?se=1&sig=a%2Bb=#egg=x", "https://e.invalid/x.zip?se=***&sig=***"),
        ("https://e.invalid/x.zip?t%6Fken=abc", "https://e.invalid/x.zip?t%6Fken=***"),
        ("git+ssh://git@word@e.invalid/x", "git+ssh://***@e.invalid/x"),
        ("http_proxy=me:word@proxy:3128", "http_proxy=***@proxy:3128"),
        ("me:word@proxy:3128", "***@proxy:3128"),
        ("thumbs:thread_pool/requests@head and x: y@z", "thumbs:thread_pool/requests@head and x: y@z"),
        ("Authorization: Basic bWU6c2VjcmV0", "Authorization: ***"),
        ("{'authorization': 'token abc'}", "{'authorization': ***"),
        ("sent Bearer abcdef.123-x twice", "sent Bearer *** twice"),
        ("GITHUB_TOKEN=abc HOME=/root", "GITHUB_TOKEN=*** HOME=/root"),
        ("token==1.0, passlib~=1.7, keyring>=2", "token==1.0, passlib~=1.7, keyring>=2"),
        ("Basic; GIT_AUTHOR_NAME=me", "Basic; GIT_AUTHOR_NAME=me"),
    ],
)
def test_secrets_are_taken_out(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert redacted(shown) == shown


@pytest.mark.parametrize(
    "text", ["x", "token", "a.b-", "me:", "=", "://", "?a", "cookie ", "TOKEN=a=", "\\,"]
)
def test_a_long_text_is_read_once(text: str) -> None:
    """Where time grew with the square of the length, this would take hours."""
    long = text * 30_000
    assert redacted_argument(f"trio,env:TOKEN=abc,{long}").startswith("trio,env:TOKEN=***")
    assert "abc" not in redacted(f"{long} TOKEN=abc")


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("API_KEY=with a space, and a comma", "API_KEY=***"),
        ("API_KEY=two\nlines", "API_KEY=***"),
        (r"trio,env:TOKEN=one\,two,env:A=b", "trio,env:TOKEN=***,env:A=b"),
        ("env:DB_PASS=one two,trio", "env:DB_PASS=***,trio"),
        ("--env=TOKEN=two words", "--env=TOKEN=***"),
        ("requests==2.25.1,env:TOKEN=two words,trio", "requests==2.25.1,env:TOKEN=***,trio"),
        ("env:HTTP_PROXY=http://me:word@proxy", "env:HTTP_PROXY=http://***@proxy"),
    ],
)
def test_a_secret_ends_with_its_part_of_an_argument(argument: str, shown: str) -> None:
    assert redacted_argument(argument) == shown


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("AWS_SECRET_ACCESS_KEY", True), ("PASSWORD", True), ("X-Api-Key", True), ("GITHUB_PAT", True),
        ("my_auth", True), ("DB_PASS", True), ("PRIVATEKEY", True), ("X-Amz-Signature", True), ("JWT", True),
        ("NO_BYPASS", False), ("KEYBOARD", False), ("PATH", False), ("HTTP_PROXY", False), ("AUTHOR", False),
    ],
)  # fmt: skip
def test_names_that_hold_secrets(name: str, secret: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_secret(name) is secret


LETTERS = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=4, max_size=12)


@given(ANY_TEXT, LETTERS, LETTERS)
def test_a_password_in_a_url_never_gets_through(around: str, name: str, word: str) -> None:
    hidden = f"{word}#!"
    for url in (f"https://{name}:{word}!{word}@host.invalid/", f"git+http://{word}!{word}@h/x"):
        assert f"{word}!{word}" not in redacted(f"{around} {url} {around}")
    assert hidden not in redacted(f"{around} {name}_TOKEN={hidden} {around}")
