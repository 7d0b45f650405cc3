"""Words of an error that are the same from one run to the next."""

from harness.measure.worker.words import MOST_LETTERS, digest, words

URL = "http://127.0.0.1:40123/secret/7.jpg"


class Mute(Exception):  # noqa: N818 - of a test
    """Cannot be told."""

    def __str__(self) -> str:
        raise ValueError


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


def test_nothing_of_one_server_is_in_them() -> None:
    assert words(ValueError(f"cannot get {URL}"), URL) == "cannot get URL"
    assert words(ValueError("no /secret/7.jpg at 127.0.0.1:40123"), URL) == "no /IMAGE at HOST"
    assert words(ValueError("<Pool object at 0x7f00c0ffee>, port=40123"), URL) == "<Pool object>, port=PORT"
    assert words(ValueError("two\n lines"), URL) == "two lines"


def test_what_the_system_said_stands_behind() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    assert words(raised(ValueError("all failed"), refused), URL) == (
        "all failed (from ConnectionRefusedError: [Errno 111] Connection refused)"
    )
    assert words(raised(ValueError("[Errno 111] Connection refused"), refused), URL) == (
        "[Errno 111] Connection refused"
    )
    assert words(raised(ValueError("all failed"), KeyError("x")), URL) == "all failed"


def test_they_are_bounded_and_whole_whatever_the_error() -> None:
    assert words(Mute(), URL) == ""
    assert len(words(ValueError("x" * 1_000), URL)) == MOST_LETTERS
    words(ValueError("half \ud800 a sign"), URL).encode()


def test_a_digest_is_of_bytes_alone() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (digest("text"), digest(None)) == ("str", "NoneType")
