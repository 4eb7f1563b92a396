"""`path:line[:column]: message`, one finding a line, as most compilers and linters print it.

The words `error`, `warning` and `note` at the message's start give the severity (`warning` without one).
The rule is a code at the message's start (`E501 …`) or its end (`… [-Wunused]`). Other lines are left out.
Colours are removed first.
"""

import re

from activities.model import Finding, Severity
from activities.reports import (
    MAX_REPORT,
    BadReport,
    Contents,
    Format,
    decoded,
    non_negative,
    path_of,
    valid_unicode,
    without_colours,
)

_LINE = re.compile(
    r"(?P<path>(?:[A-Za-z]:[\\/])?[^:\s][^:]{0,1000}?):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?(?::|\s-\s)\s*"
    r"(?P<message>\S.*)"
)
_WORD = re.compile(r"(?:fatal )?(error|warning|note|info|notice)\b\s*:?\s*", re.IGNORECASE)
_CODE = re.compile(r"\[?([A-Z]{1,10}-?\d{1,6})\]?(?:[:\s]+|$)")
_CODE_AT_END = re.compile(r"[\[(]([A-Za-z][\w./@-]{1,80}|-W[\w=+-]{1,80})[\])]$")
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning"}
_LONGEST = 10_000


class TextFormat(Format):
    name = "text"
    gives = "findings"
    also_for = ("tests",)

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        if len(data) > MAX_REPORT:
            raise BadReport(f"The text report is larger than {MAX_REPORT // 1024**2} MiB.")
        text = decoded(data)
        if "\0" in text:
            raise BadReport("The text report holds binary data.")
        lines = without_colours(text).splitlines()
        return Contents(findings=tuple(found for line in lines if (found := _finding(line, tool, check))))


def _finding(line: str, tool: str, check: str) -> Finding | None:
    match = _LINE.fullmatch(line[:_LONGEST].strip())
    # A clock in a log line ("12:30:45: started") is not a place.
    if match is None or match["path"].isdigit():
        return None
    message, rule = valid_unicode(match["message"]), ""
    severity: Severity = "warning"
    if word := _WORD.match(message):
        severity = _SEVERITIES.get(word[1].lower(), "notice")
        message = message[word.end() :] or message
    if first := _CODE.match(message):
        rule, message = first[1], message[first.end() :] or message
    elif last := _CODE_AT_END.search(message):
        rule, message = last[1], message[: last.start()].rstrip() or message
    return Finding(
        check=check,
        tool=tool,
        rule=rule,
        path=path_of(match["path"]),
        line=non_negative(match["line"]),
        column=non_negative(match["column"] or 0),
        message=message,
        severity=severity,
    )


text = TextFormat()
