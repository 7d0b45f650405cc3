"""Text of others is shown by what it is, and never acted on."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import printable, printable_lines, printable_values

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
