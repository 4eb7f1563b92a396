"""Whoever writes to the log, and however: no credential is in what a handler shows."""

import io
import logging
from collections.abc import Iterator

import pytest

from activities.github.log_redaction import RedactingFilter, redact_logs

TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
URL = f"https://x-access-token:{TOKEN}@github.com/octocat/hello.git"


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(out: io.StringIO) -> Iterator[logging.Logger]:
    """A library's logger below the one whose handler has the filter."""
    top = logging.getLogger("autobuild-test")
    top.propagate, top.level = False, logging.DEBUG
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    top.addHandler(handler)
    redact_logs(top)
    yield top.getChild("library.module")
    top.removeHandler(handler)


def test_the_message_and_its_arguments(log: logging.Logger, out: io.StringIO) -> None:
    log.debug(f"fetching {URL}")
    log.info("fetching %s with %r of %d", URL, {"authorization": f"bearer {TOKEN}"}, 5)
    log.info("fetching %(url)s", {"url": URL})
    assert out.getvalue() == (
        "DEBUG fetching https://***@github.com/octocat/hello.git\n"
        "INFO fetching https://***@github.com/octocat/hello.git with {'authorization': 'bearer ***'} of 5\n"
        "INFO fetching https://***@github.com/octocat/hello.git\n"
    )


def test_an_objects_own_words(log: logging.Logger, out: io.StringIO) -> None:
    class Careless:
        def __repr__(self) -> str:
            return f"Careless({TOKEN})"

        __str__ = __repr__

    log.info("%s %r", Careless(), Careless())
    log.info(Careless())
    assert out.getvalue() == "INFO Careless(***) Careless(***)\nINFO Careless(***)\n"


def test_an_exception_and_what_caused_it(log: logging.Logger, out: io.StringIO) -> None:
    try:
        try:
            raise ValueError(URL)
        except ValueError as cause:
            raise RuntimeError(f"could not push with {TOKEN}") from cause
    except RuntimeError:
        log.exception("a push failed")
    assert TOKEN not in out.getvalue()
    assert "ValueError: https://***@github.com" in out.getvalue()
    assert "RuntimeError: could not push with ***" in out.getvalue()


def test_a_stack(log: logging.Logger, out: io.StringIO) -> None:
    log.info("here", stack_info=True)
    assert "test_a_stack" in out.getvalue()


def test_arguments_that_do_not_fit_are_shown_all_the_same(log: logging.Logger, out: io.StringIO) -> None:
    log.info("one %s two %s", TOKEN)  # noqa: PLE1206
    log.info("%d", TOKEN)
    assert out.getvalue() == "INFO one %s two %s ('***',)\nINFO %d ('***',)\n"


def test_what_came_as_extra() -> None:
    record = logging.makeLogRecord(
        {"msg": "x", "url": URL, "about": {"list": [TOKEN, 5], "deep": {"a": TOKEN}}, "count": 7}
    )
    assert RedactingFilter().filter(record)
    assert record.__dict__["url"] == "https://***@github.com/octocat/hello.git"
    assert record.__dict__["about"] == {"list": ["***", 5], "deep": {"a": "***"}}
    assert record.__dict__["count"] == 7


def test_an_exception_stays_for_those_who_want_more_than_its_text() -> None:
    error = ValueError(TOKEN)
    record = logging.makeLogRecord({"msg": "x", "exc_info": (ValueError, error, None)})
    RedactingFilter().filter(record)
    assert record.exc_info == (ValueError, error, None)
    assert record.exc_text == "ValueError: ***"


def test_it_is_put_there_once(log: logging.Logger) -> None:
    top = logging.getLogger("autobuild-test")
    redact_logs(top)
    assert {len(handler.filters) for handler in top.handlers} == {1}
