"""eslint's JSON report, which xo writes too."""

from collections.abc import Iterator

from activities.model import Finding
from activities.reports import BadReport, non_negative, parse_json, valid_unicode
from activities.tooling import Workbench


def eslint_findings(data: bytes, tool: str, bench: Workbench) -> Iterator[Finding]:
    """A message without a rule is a file that cannot be parsed, or a needless `eslint-disable`. Raises `BadReport`."""
    files = parse_json(data, f"{tool}'s report")
    if not isinstance(files, list):
        raise BadReport(f"{tool}'s report is not a list.")
    for file in files:
        messages = file.get("messages") if isinstance(file, dict) else None
        for message in messages if isinstance(messages, list) else []:
            rule = message.get("ruleId") or ("parse-error" if message.get("fatal") else tool)
            yield Finding(
                check="linting",
                tool=tool,
                rule=valid_unicode(str(rule)),
                path=bench.relative(valid_unicode(str(file.get("filePath", "")))),
                line=non_negative(message.get("line")),
                column=non_negative(message.get("column")),
                end_line=non_negative(message.get("endLine")),
                message=valid_unicode(str(message.get("message", ""))),
                severity="error" if message.get("severity") == 2 else "warning",
                fixable="fix" in message,
            )
