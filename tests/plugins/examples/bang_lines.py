"""Lines such as `a.txt!3!what is wrong`, one finding each."""

from activities.model import Finding
from activities.reports import BadReport, Contents, Format, valid_unicode


class BangLines(Format):
    name = "bang-lines"
    gives = "findings"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        rows = [line.split("!", 2) for line in valid_unicode(data.decode("utf-8", "surrogateescape")).splitlines()]
        if any(len(row) != 3 or not row[1].isdigit() for row in rows):
            raise BadReport("A line is not path!line!message.")
        return Contents(tuple(Finding(check, tool, "bang", path, int(at), text, "warning") for path, at, text in rows))


format_ = BangLines()
