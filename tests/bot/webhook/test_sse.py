"""Server-sent events: what is none, what is one, and that no cut of the bytes changes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.webhook.sse import EventStream, ServerSent, TooMuch

BOM = b"\xef\xbb\xbf"


def read(*chunks: bytes, limit: int = 1000) -> list[ServerSent]:
    stream = EventStream(limit)
    return [event for chunk in chunks for event in stream.feed(chunk)]


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\n\n\n",
        b": a comment\n\n",
        b"event: ping\n\n",
        b"id: 7\n\n",
        b"data: never ended\n",
        b"data: never ended",
        b"Data: x\n\n",
        b" data: x\n\n",
        b"data : x\n\n",
        b"retry: 10\n\n",
        BOM + BOM + b"data: x\n\n",
        b"\x00\xff\xfe\n\n",
    ],
)
def test_streams_without_event(stream: bytes) -> None:
    assert read(stream) == []


@pytest.mark.parametrize(
    ("stream", "wanted"),
    [
        (b"data: x\n\n", [ServerSent(b"x")]),
        (b"data:x\r\r", [ServerSent(b"x")]),
        (b"data:x\r\n\r\n", [ServerSent(b"x")]),
        (b"data:x\n\r\n", [ServerSent(b"x")]),
        (BOM + b"data: x\n\n", [ServerSent(b"x")]),
        (b"data:  x \n\n", [ServerSent(b" x ")]),
        (b"data\n\n", [ServerSent(b"")]),
        (b"data: a: b\n\n", [ServerSent(b"a: b")]),
        (b"data: a\ndata\ndata: b\n\n", [ServerSent(b"a\n\nb")]),
        (b"event: ping\ndata: {}\n\ndata: x\n\n", [ServerSent(b"{}", "ping"), ServerSent(b"x")]),
        (b"event: ping\n\ndata: x\n\n", [ServerSent(b"x")]),
        (b":c\ndata: x\n:c\n\n", [ServerSent(b"x")]),
        ("data: é\u2028x\n\n".encode(), [ServerSent("é\u2028x".encode())]),
        (b"data: \xff\n\n", [ServerSent(b"\xff")]),
    ],
)
def test_streams_with_events(stream: bytes, wanted: list[ServerSent]) -> None:
    assert read(stream) == wanted
    assert read(*(bytes([byte]) for byte in stream)) == wanted


TEXT = st.lists(
    st.sampled_from([b"data: \xc3\xa9", b"data:", b"event: e", b"id: 1", b": c", b"\r", b"\n", b"\r\n", BOM])
)


@given(TEXT.map(b"".join), st.data())
def test_chunk_borders_change_nothing(stream: bytes, data: st.DataObject) -> None:
    at = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    cut = [stream[start:end] for start, end in zip([0, *at], [*at, len(stream)], strict=True)]
    assert read(*cut) == read(stream)


def test_last_id_survives_a_reconnect() -> None:
    stream = EventStream(1000, "4")
    assert list(stream.feed(b"data: x\n\n")) == [ServerSent(b"x")]
    assert stream.last_id == "4"
    for line in (b"id: a\0b", b"id: " + b"x" * 513):
        assert list(stream.feed(line + b"\n\n")) == []
        assert stream.last_id == "4"
    assert list(stream.feed("id: é7\n\n".encode())) == []
    assert stream.last_id == "é7"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"retry: 250", 250),
        (b"retry: -1", None),
        (b"retry: 1.5", None),
        (b"retry:", None),
        (b"retry: 9" + b"9" * 5000, None),
    ],
)
def test_retry_is_a_number_or_ignored(line: bytes, wanted: int | None) -> None:
    stream = EventStream(10_000)
    assert list(stream.feed(line + b"\n")) == []
    assert stream.retry_ms == wanted


@pytest.mark.parametrize("garbage", [b"x", b"data: x\n", b"data\n", b"\xff", b":"])
def test_endless_event_is_refused(garbage: bytes) -> None:
    with pytest.raises(TooMuch):
        read(*[garbage] * 3000)


def test_endless_stream_of_events_is_read() -> None:
    assert len(read(*[b"data: x\n\n"] * 3000)) == 3000
