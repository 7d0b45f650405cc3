"""Damage to files as strategies of hypothesis: bytes, lines, and the values of JSON."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Damage = Callable[[bytes], bytes]
Place = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 5e-324, 1e9, 1e308, -1e308, 2**53, 10**400, 1e-9),
    *(float("nan"), float("inf"), float("-inf")),
    *(
        "",
        " ",
        "here",
        "a/b/c",
        "../../x",
        "\0",
        "\x1b[31m",
        "\ud800",
        "x" * 5000,
        "=1+1",
        "<b>",
        "$x$",
        "{0}",
        "[red]",
    ),
    *("none", "nan", "(all)", "small-memory"),
    *([], {}, [[]], [None], {"": {}}, [0] * 300),
)
# What text may hold that is typed by hand into a command.
PIECES = (
    *(
        "here",
        "python3.11",
        ",",
        "==",
        "@",
        "git+",
        "file://",
        "-",
        "--",
        "a",
        "1.0",
        "/",
        "..",
        "=",
        "TOKEN=x",
    ),
    *(" ", "\x1b", "é", "*"),
)


def _places(value: Any, here: Place = ()) -> list[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for name, part in inner for place in _places(part, (*here, name)))]


def _changed(value: Any, place: Place, new: Any, *, drop: bool) -> Any:
    if not place:
        return new
    copy: Any = value.copy()
    if len(place) == 1 and drop:
        del copy[place[0]]
    else:
        copy[place[0]] = _changed(copy[place[0]], place[1:], new, drop=drop)
    return copy


@st.composite
def of_json(draw: st.DrawFn) -> Damage:
    """One value of a JSON text becomes another, is another's, or goes."""
    at, other = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
    kind, new = draw(st.sampled_from(["new", "swap", "drop"])), draw(st.sampled_from(ODD))

    def damage(data: bytes) -> bytes:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return data
        places = _places(value)
        place = places[at % len(places)]
        found: Any = value
        for step in places[other % len(places)]:
            found = found[step]
        return json.dumps(
            _changed(value, place, found if kind == "swap" else new, drop=kind == "drop")
        ).encode()

    return damage


@st.composite
def of_bytes(draw: st.DrawFn) -> Damage:
    """A byte becomes another, some go, some come, or the rest is missing."""
    at, size = draw(st.integers(0, 10**6)), draw(st.integers(1, 20))
    new, kind = draw(st.binary(max_size=8)), draw(st.sampled_from(["cut", "replace", "insert", "drop"]))

    def damage(data: bytes) -> bytes:
        place = at % (len(data) + 1)
        if kind == "cut":
            return data[:place]
        return (
            data[:place]
            + (b"" if kind == "drop" else new)
            + data[place + (0 if kind == "insert" else size) :]
        )

    return damage


@st.composite
def of_lines(draw: st.DrawFn, *, inner: st.SearchStrategy[Damage]) -> Damage:
    """A line is doubled, lost, moved, or damaged itself."""
    at, to = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
    kind, within = draw(st.sampled_from(["double", "lose", "move", "damage", "damage"])), draw(inner)

    def damage(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        if not lines:
            return data
        line = lines.pop(at % len(lines))
        place = to % (len(lines) + 1)
        if kind == "damage":
            mark, _, rest = line.partition(b",")
            line = mark + b"," + within(b"{" + rest.rstrip(b"\n"))[1:] + b"\n"
            place = at % (len(lines) + 1)
        if kind == "double":
            lines.insert(at % (len(lines) + 1), line)
        if kind != "lose":
            lines.insert(place, line)
        return b"".join(lines)

    return damage


RUN_FILE = st.lists(st.one_of(of_json(), of_json(), of_bytes()), max_size=3)
LINES = st.lists(st.one_of(of_lines(inner=of_json()), of_lines(inner=of_json()), of_bytes()), max_size=3)
SIGNS = st.characters(
    exclude_characters="\0", exclude_categories=["Cs"]
)  # no argument of a command holds a zero
TEXT = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text(SIGNS, max_size=30))
JSON = st.recursive(
    st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def applied(data: bytes, damages: list[Damage]) -> bytes:
    """The data with all of the damage."""
    for damage in damages:
        data = damage(data)
    return data
