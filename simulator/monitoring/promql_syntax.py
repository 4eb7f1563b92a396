"""A small part of PromQL, read: selectors, ranges, functions, aggregations, arithmetic, comparisons and sets."""

import re
from dataclasses import dataclass

from simulator.monitoring.series import LabelMatcher

FUNCTIONS = {
    "rate", "increase", "irate", "delta", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time",
    "count_over_time", "last_over_time", "histogram_quantile", "abs", "clamp_min", "absent", "vector", "time",
}  # fmt: skip
AGGREGATIONS = {"sum", "avg", "max", "min", "count"}
_LEVELS = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/", "%"))
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_TOKEN = re.compile(
    r"\s*(?:(?P<duration>(?:\d+(?:ms|[smhdwy]))+)(?![\w.])|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    r"|\+?(?:Inf|NaN)\b)|(?P<name>[a-zA-Z_:][\w:]*)|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign>=~|!~|==|!=|>=|<=|[-+*/%(){}\[\],=<>]))"
)
_DEEPEST = 50


class BadQuery(Exception):
    """The text is what the server says of it."""


@dataclass(frozen=True)
class PromNumber:
    """A number."""

    value: float


@dataclass(frozen=True)
class PromSelector:
    """`seconds` is 0 for the newest sample of each, else the range that is looked at."""

    matchers: tuple[LabelMatcher, ...]
    seconds: float = 0.0


@dataclass(frozen=True)
class PromCall:
    """A function and its arguments."""

    name: str
    arguments: tuple["PromNode", ...]


@dataclass(frozen=True)
class PromAggregation:
    """Over all series with the same `labels`, or with the same others where `without`."""

    name: str
    labels: tuple[str, ...]
    without: bool
    of: "PromNode"


@dataclass(frozen=True)
class PromOperation:
    """`is_bool`: a comparison gives 1 or 0 instead of leaving out."""

    sign: str
    left: "PromNode"
    right: "PromNode"
    is_bool: bool = False


PromNode = PromNumber | PromSelector | PromCall | PromAggregation | PromOperation


def parse(query: str) -> PromNode:
    """Raises BadQuery."""
    reader = _QueryReader(query)
    node = reader.operation(0)
    if reader.token[1]:
        raise BadQuery(f'unexpected "{reader.token[1]}"')
    return node


def seconds_in(text: str) -> float:
    """Of `1h30m`. Raises BadQuery."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise BadQuery(f'not a valid duration string: "{text}"')
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class _QueryReader:
    """`token` is (its kind, its text), the text empty at the end."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._at = self._depth = 0
        self.token = ("", "")
        self._next()

    def _next(self) -> str:
        read = self.token[1]
        if not self._query[self._at :].strip():
            self.token = ("", "")
            return read
        found = _TOKEN.match(self._query, self._at)
        if not found or not found.lastgroup:
            raise BadQuery(f'unexpected character: "{self._query[self._at :].strip()[0]}"')
        self._at = found.end()
        self.token = (found.lastgroup, found[found.lastgroup])
        return read

    def _expect(self, text: str) -> None:
        if self._next() != text:
            raise BadQuery(f'"{text}" is missing')

    def operation(self, level: int) -> PromNode:
        """Operators of this level and of those that bind more."""
        if level == len(_LEVELS):
            return self._single()
        left = self.operation(level + 1)
        while self.token[1] in _LEVELS[level] and self.token[0] in ("sign", "name"):
            sign = self._next()
            is_bool = self.token == ("name", "bool")
            if is_bool:
                self._next()
            if self.token[1] in ("on", "ignoring", "group_left", "group_right"):
                raise BadQuery("the simulator knows no on() and ignoring()")
            left = PromOperation(sign, left, self.operation(level + 1), is_bool)
        return left

    def _single(self) -> PromNode:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadQuery("the query is too deep")
        kind, text = self.token
        if text == "-":
            self._next()
            node: PromNode = PromOperation("*", PromNumber(-1.0), self._single())
        elif text == "(":
            self._next()
            node = self.operation(0)
            self._expect(")")
        elif kind == "number":
            node = PromNumber(float(self._next()))
        elif kind == "name":
            node = self._named()
        elif text == "{":
            node = self._selector("")
        else:
            raise BadQuery(f'unexpected "{text or "end of input"}"')
        self._depth -= 1
        return node

    def _named(self) -> PromNode:
        name = self._next()
        if name in AGGREGATIONS and self.token[1] in ("(", "by", "without"):
            return self._aggregation(name)
        if self.token[1] != "(":
            return self._selector(name)
        if name not in FUNCTIONS:
            raise BadQuery(f'unknown function with name "{name}"')
        self._next()
        arguments: list[PromNode] = []
        while self.token[1] != ")":
            arguments.append(self.operation(0))
            if self.token[1] == ",":
                self._next()
        self._next()
        return PromCall(name, tuple(arguments))

    def _aggregation(self, name: str) -> PromNode:
        """`by` may stand before or after."""
        grouping = self._grouping()
        self._expect("(")
        of = self.operation(0)
        self._expect(")")
        labels, without = grouping or self._grouping() or ((), False)
        return PromAggregation(name, labels, without, of)

    def _grouping(self) -> tuple[tuple[str, ...], bool] | None:
        if self.token[1] not in ("by", "without"):
            return None
        without = self._next() == "without"
        self._expect("(")
        labels = []
        while self.token[1] != ")":
            labels.append(self._next())
            if self.token[1] == ",":
                self._next()
            if not self.token[1]:
                raise BadQuery('")" is missing')
        self._next()
        return tuple(labels), without

    def _selector(self, name: str) -> PromNode:
        matchers = [LabelMatcher("__name__", "=", name)] if name else []
        if self.token[1] == "{":
            self._next()
            while self.token[1] != "}":
                matchers.append(self._matcher())
                if self.token[1] == ",":
                    self._next()
            self._next()
        if not any(each.value and each.op in ("=", "=~") for each in matchers):
            raise BadQuery("vector selector must contain at least one non-empty matcher")
        seconds = 0.0
        if self.token[1] == "[":
            self._next()
            seconds = seconds_in(self._next())
            self._expect("]")
        return PromSelector(tuple(matchers), seconds)

    def _matcher(self) -> LabelMatcher:
        label, op = self._next(), self._next()
        kind, text = self.token
        if op not in ("=", "!=", "=~", "!~") or kind != "text":
            raise BadQuery(f'unexpected "{text or "end of input"}" in label matching')
        self._next()
        value = re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])
        if op in ("=~", "!~"):
            try:
                re.compile(value)
            except re.error as error:
                raise BadQuery(f"error parsing regexp: {error}") from None
        return LabelMatcher(label, op, value)
