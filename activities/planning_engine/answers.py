"""What architects, planners and reviewers answer, read strictly: each mistake is a sentence that the agent is sent back
with. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from activities.planned_changes.types import MOST_TASKS, ChangeKind, Risk
from activities.reporting.markdown import one_line

M = TypeVar("M", bound=BaseModel)

_MOST_FILES = 40
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL)
_FINDING = re.compile(
    r"^\s*(?:[-*]\s+)?`?(?P<path>[^\s:`]+)`?:(?P<line>\d+)(?:-\d+)?`?:\s*\**(?P<severity>must|should|may)\**\s*:\s*(?P<text>.+)$",
    re.IGNORECASE,
)
_NO_FINDINGS = re.compile(r"^\W*no findings\W*$", re.IGNORECASE | re.MULTILINE)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class AnswerProblem(Exception):
    """The answer cannot be used; the text says why, to the agent that wrote it."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class DesignAnswer(_Answer):
    """What an architect answers."""

    kind: ChangeKind = "feature"
    summary: Line
    design: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60_000)] = ""
    questions: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    nothing: bool = False


class TaskAnswer(_Answer):
    """One task of a planner's list. `needs` are titles."""

    title: Line
    task: Prose
    files: Annotated[tuple[str, ...], Field(min_length=1, max_length=_MOST_FILES)]
    needs: Annotated[tuple[str, ...], Field(max_length=MOST_TASKS)] = ()
    tests: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    risk: Risk = "low"
    repository: Annotated[str, StringConstraints(max_length=140)] = ""


class _TasksAnswer(_Answer):
    tasks: Annotated[tuple[TaskAnswer, ...], Field(min_length=1, max_length=MOST_TASKS)]


@dataclass(frozen=True)
class ReviewFinding:
    """One line of a review."""

    path: str
    line: int
    severity: Literal["must", "should", "may"]
    text: str


def read_design(text: str) -> DesignAnswer:
    """Raises AnswerProblem."""
    found = _json(text, "{")
    if not isinstance(found, Mapping):
        raise AnswerProblem("Answer with one JSON object.")
    return _valid(DesignAnswer, found)


def read_plan(text: str, repositories: Sequence[str] = ()) -> tuple[TaskAnswer, ...]:
    """The tasks, each after those that it needs; of two that touch one file the later needs the earlier. `repositories`
    are the other ones in which there may be tasks. Raises AnswerProblem."""
    found = _json(text, "[{")
    if isinstance(found, Mapping):
        found = found.get("tasks", found)
    tasks = _valid(_TasksAnswer, {"tasks": found}).tasks
    titles = [one.title.casefold() for one in tasks]
    for title in titles:
        if titles.count(title) > 1:
            raise AnswerProblem(f"Two tasks have the title {one_line(title, 80)!r}: give each its own.")
    known = {one.casefold(): one for one in repositories}
    checked = []
    for one in tasks:
        if one.repository and one.repository.casefold() not in known:
            allowed = ", ".join(repositories) or "none"
            raise AnswerProblem(
                f"The repository {one_line(one.repository, 80)!r} cannot be changed. Others: {allowed}."
            )
        for need in one.needs:
            if need.casefold() not in titles:
                raise AnswerProblem(f"A task needs {one_line(need, 80)!r}, and no task has that title.")
        files = tuple(dict.fromkeys(_path(path) for path in one.files))
        update = {"files": files, "repository": known.get(one.repository.casefold(), "")}
        checked.append(one.model_copy(update=update))
    return tuple(_in_sequence(_in_order(checked)))


def read_review(text: str) -> tuple[ReviewFinding, ...]:
    """The findings that can be read, the most important first. Raises AnswerProblem where there is none, and the review
    does not say so."""
    found = []
    for line in text.splitlines():
        if one := _FINDING.match(line):
            severity: Any = one["severity"].lower()
            found.append(ReviewFinding(one["path"], int(one["line"][:9]), severity, one_line(one["text"], 500)))
    if not found and not _NO_FINDINGS.search(text):
        raise AnswerProblem("Answer with lines `path:line: must|should|may: what is wrong`, or with `No findings.`")
    order = ("must", "should", "may")
    return tuple(sorted(found, key=lambda each: order.index(each.severity)))


def overlaps(one: str, other: str) -> bool:
    """Whether two paths are the same file, or one is a folder that holds the other."""
    one, other = one.rstrip("/"), other.rstrip("/")
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _json(text: str, starts: str) -> Any:
    """The last fenced block that is JSON, or the first value in the text that begins with one of `starts`."""
    for block in reversed(_FENCE.findall(text)):
        try:
            return json.loads(block)
        except (ValueError, RecursionError):
            continue
    decoder = json.JSONDecoder()
    for at in (at for at, each in enumerate(text[:200_000]) if each in starts):
        try:
            return decoder.raw_decode(text, at)[0]
        except (ValueError, RecursionError):
            continue
    raise AnswerProblem("The answer holds no JSON that can be read. Answer with JSON and nothing else.")


def _valid(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise AnswerProblem(f"`{one_line(place, 80)}`: {one_line(first['msg'], 150)}.") from None


def _path(path: str) -> str:
    """Relative to the repository's root, with a slash at the end of a folder."""
    plain = path.strip().removeprefix("./")
    parts = plain.rstrip("/").split("/")
    wrong = not plain or plain.startswith(("/", "~")) or "\\" in plain or not plain.isprintable() or len(plain) > 300
    if wrong or any(part in ("", ".", "..") for part in parts) or parts[0].lower() == ".git":
        raise AnswerProblem(f"{one_line(path, 80)!r} is no path of a file in the repository.")
    return plain


def _in_order(tasks: Sequence[TaskAnswer]) -> list[TaskAnswer]:
    """As they were, but each after what it needs."""
    waiting, ordered = list(tasks), list[TaskAnswer]()
    while waiting:
        done = {one.title.casefold() for one in ordered}
        ready = next((one for one in waiting if all(need.casefold() in done for need in one.needs)), None)
        if ready is None:
            names = ", ".join(repr(one_line(one.title, 60)) for one in waiting)
            raise AnswerProblem(f"These tasks need each other: {names}.")
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def _in_sequence(tasks: Sequence[TaskAnswer]) -> list[TaskAnswer]:
    """Tasks that touch one file are done one after another."""
    result: list[TaskAnswer] = []
    for one in tasks:
        needs = list(one.needs)
        for earlier in result:
            same = earlier.repository == one.repository
            if same and any(overlaps(mine, other) for mine in one.files for other in earlier.files):
                needs.append(earlier.title)
        unique = {need.casefold(): need for need in needs}
        result.append(one.model_copy(update={"needs": tuple(unique.values())}))
    return result
