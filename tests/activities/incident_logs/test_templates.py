"""Lines that one statement wrote are one template, whatever kind of log they are from."""

import random

import polars as pl
import pytest

from activities.incident_logs.masks import kind_of
from activities.incident_logs.templates import templates_of


def grouped(lines: list[str]) -> list[list[int]]:
    """The numbers of the lines that share a template."""
    ids, _texts = templates_of(pl.Series(lines))
    groups: dict[int, list[int]] = {}
    for at, each in enumerate(ids):
        groups.setdefault(each, []).append(at)
    return sorted(groups.values())


KINDS = {
    "json": (['{"a": 1, "request_id":"ab-12"}', '{"a": 2, "request_id":"cd-34"}'], ['{"failed": true, "why": "x"}']),
    "logfmt": (
        ['ts=2023-11-14T00:00:01Z level=info msg="order placed" user=17', 'ts=2023-11-14T00:00:09Z level=info msg="order placed" user=4'],
        ['ts=2023-11-14T00:00:01Z level=error msg="cannot place order" user=17'],
    ),
    "nginx": (
        ['10.0.0.1 - - [14/Nov/2023:22:13:20 +0000] "GET /a/1 HTTP/1.1" 200 12 "-" "curl/8"',
         '10.0.0.2 - bob [14/Nov/2023:22:13:21 +0000] "GET /a/2 HTTP/1.1" 200 9 "-" "Mozilla/5.0 (X; y)"'],
        ['10.0.0.1 - - [14/Nov/2023:22:13:20 +0000] "GET /a/1 HTTP/1.1" 502 12 "-" "curl/8"'],
    ),
    "java": (
        ["2023-11-14 22:13:20,123 INFO [http-nio-8080-exec-7] com.example.shop.Pay - order 17 paid",
         "2023-11-14 22:13:21,456 INFO [http-nio-8080-exec-12] com.example.shop.Pay - order 4 paid"],
        ["2023-11-14 22:13:21,456 ERROR [http-nio-8080-exec-12] com.example.shop.Pay - no money left"],
    ),
    "go": (
        ["I1114 22:13:20.000001 7 main.go:12] handled job a7", "I1114 22:13:21.000001 7 main.go:12] handled job b9"],
        ["E1114 22:13:21.000001 7 main.go:99] cannot handle the job"],
    ),
    "python": (
        ["INFO cleaned <app.Order object at 0x7f01>", "INFO cleaned <app.Order object at 0x7fee>"],
        ["ERROR lost <app.Order object at 0x7f01> for ever"],
    ),
    "windows": (
        ["2016-09-28 04:30:30, Info    CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\a\\cbscore.dll",
         "2016-09-28 04:30:31, Info    CBS    Loaded Servicing Stack v6.1.7601.2 with Core: C:\\Windows\\winsxs\\b\\cbscore.dll"],
        ["2016-09-28 04:30:31, Error    CBS    Failed to open the package"],
    ),
    "openstack": (
        ["nova.api 25746 INFO [req-38101a0b-2096-447d-96ea-a692162415ae 113d3 - - -] took 0.2477829 s",
         "nova.api 25743 INFO [req-9bc36dd9-91c5-4314-898a-47625eb93b09 55a - - -] took 0.9 s"],
        ["nova.api 25743 ERROR [req-9bc36dd9-91c5-4314-898a-47625eb93b09 55a - - -] no valid host was found"],
    ),
    "proxy": (
        ["[10.30 16:49:06] chrome.exe - proxy.example.com:5070 close, 0 bytes sent, 0 bytes received, lifetime <1 sec",
         "[10.30 16:49:08] chrome.exe *64 - a.example.org:443 close, 451 bytes (4.5 KB) sent, 8 bytes received, lifetime 00:12"],
        ["[10.30 16:49:06] chrome.exe - proxy.example.com:5070 error : Could not connect through proxy"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "proxy"])
def test_lines_of_a_kind_are_grouped_by_what_they_say(kind: str) -> None:
    same, other = KINDS[kind]
    assert grouped([*same, *other]) == [[0, 1], [2]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_log_is_known_by_its_lines(kind: str) -> None:
    same, other = KINDS[kind]
    assert kind_of([*same, *other]) == kind


def test_status_codes_tell_lines_apart() -> None:
    lines = [f"INFO GET /orders/{each} returned {code} in {each} ms" for each in range(20) for code in (200, 500)]
    _ids, texts = templates_of(pl.Series(lines))
    assert sorted(texts) == ["INFO GET <*> returned 200 in <*>", "INFO GET <*> returned 500 in <*>"]


def test_words_that_vary_become_wildcards() -> None:
    names = ["anna", "bert", "carl", "dora", "emil", "fred"]
    _ids, texts = templates_of(pl.Series([f"INFO user {name} has logged in from the office" for name in names]))
    assert texts == ("INFO user <*> has logged in from the office",)


def test_a_stack_trace_is_its_first_line_and_its_error() -> None:
    lines = [
        f'ERROR request {each} failed\n  File "/a.py", line {each}, in f\n{name}: {each}'
        for each in range(5)
        for name in ("KeyError", "ValueError")
    ]
    _ids, texts = templates_of(pl.Series(lines))
    assert sorted(texts) == ["ERROR request <*> failed | KeyError: <*>", "ERROR request <*> failed | ValueError: <*>"]


def test_hostile_lines_end_in_a_bounded_number_of_templates() -> None:
    this = random.Random(7)
    words = ["".join(this.choices("abcdefghij", k=6)) for _ in range(5000)]
    lines = [" ".join(this.choices(words, k=this.randrange(1, 8))) for _ in range(20_000)]
    lines += [
        "",
        " ",
        "<*>" * 1000,
        "\n\n\n",
        "\x00",
        '"' * 4000,
        "(" * 4000,
        "a " * 2048,
        "0" * 4096,
        "é" * 4096,
        "\ud7ff",
    ]
    ids, texts = templates_of(pl.Series(lines))
    assert len(ids) == len(lines)
    assert ids.null_count() == 0
    assert 0 < len(texts) < 20_000
