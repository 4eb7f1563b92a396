"""The tools of a model: what each is called with, and what it gives. A role that does not write has those alone that
only look."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activities.agent_chat.edits import Editor, ToolProblem, checked_path
from activities.agent_chat.limits import head_and_tail
from activities.agent_chat.looking import list_folder, search_files, show_file
from activities.agent_runs.backend import AgentBench
from activities.sandbox import ResourceLimits, SandboxCommand

if TYPE_CHECKING:
    from pydantic_ai.tools import ToolDefinition

GIVE_UP: Final = "give_up"
_LONGEST_RUN_S: Final = 600
_USUAL_RUN_S: Final = 120


class BadCall(Exception):
    """A call that cannot be read: no such tool, or arguments of another form."""


class ToolArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReadArguments(ToolArguments):
    """Shows a file with the numbers of its lines: all of it, or the lines from `start` to `end`."""

    path: Annotated[str, Field(description="Relative to the repository's root.")]
    start: int = 1
    end: Annotated[int, Field(description="0: to the end of the file.")] = 0


class ListArguments(ToolArguments):
    """Lists what is in a folder."""

    path: str = "."


class SearchArguments(ToolArguments):
    """Finds lines in all files: a regular expression, in one folder or file where `path` is given."""

    pattern: str
    path: str = "."


class EditArguments(ToolArguments):
    """Replaces one place in a file: `search` has to stand in it exactly once, with the same spaces."""

    path: str
    search: str
    replace: str


class WriteArguments(ToolArguments):
    """Writes a new file, or a small one anew as a whole."""

    path: str
    content: str


class RunArguments(ToolArguments):
    """Runs a shell command in the repository, without a network, with the project's environment."""

    command: str
    folder: Annotated[str, Field(description="Where it is started.")] = "."
    seconds: Annotated[int, Field(ge=1, le=_LONGEST_RUN_S, description="How long it may take.")] = _USUAL_RUN_S


class GiveUpArguments(ToolArguments):
    """Ends without the task being done: what was tried, and what is missing."""

    reason: str


_LOOKING: Final[Mapping[str, type[ToolArguments]]] = {
    "read": ReadArguments, "list": ListArguments, "search": SearchArguments,
}  # fmt: skip
_WRITING: Final[Mapping[str, type[ToolArguments]]] = {
    "edit": EditArguments, "write": WriteArguments, "run": RunArguments,
}  # fmt: skip
_DURATION = re.compile(r"\d+(\.\d+)?\s?(s|ms|seconds?|milliseconds?)\b")


class Toolbox:
    """Of one run. `editor` remembers what was missed; `wrote`: files may be others since somebody last looked."""

    def __init__(self, bench: AgentBench, misses: Mapping[str, int] | None = None) -> None:
        self._bench = bench
        self.editor = Editor(bench.tree, dict(misses or {}))
        self.wrote = False
        self.kinds = {**_LOOKING, **_WRITING} if bench.task.writes else dict(_LOOKING)

    def definitions(self) -> "list[ToolDefinition]":
        """As a model reads them."""
        from pydantic_ai.tools import ToolDefinition

        kinds: dict[str, type[ToolArguments]] = {**self.kinds, GIVE_UP: GiveUpArguments}
        return [
            ToolDefinition(name=name, description=kind.__doc__, parameters_json_schema=_schema(kind), strict=False)
            for name, kind in kinds.items()
        ]

    async def use(self, name: str, arguments: str | Mapping[str, Any]) -> str:
        """What the tool gives, or the problem that it names. Raises BadCall, and LimitReached where the same was done
        and found too often."""
        kind = self.kinds.get(name)
        if kind is None:
            raise BadCall(f"There is no tool `{name}`: there are {', '.join(self.kinds)}.")
        try:
            plain = json.loads(arguments or "{}") if isinstance(arguments, str) else arguments
            # Half a character of an escape stands for nothing, and no file or message can hold it.
            read = kind.model_validate(json.loads(json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")))
        except ValidationError as error:
            first = error.errors()[0]
            raise BadCall(f"The arguments of `{name}` are wrong: {first['loc']}: {first['msg']}.") from None
        except ValueError as error:
            raise BadCall(f"The arguments of `{name}` are no JSON: {error}.") from None
        self.wrote = self.wrote or name in _WRITING
        try:
            result = await self._given(read)
        except ToolProblem as problem:
            result = str(problem)
        result = result.encode("utf-8", "replace").decode()
        self._bench.transcript.add("tool", name=name, arguments=read.model_dump(), result=head_and_tail(result))
        # A test's duration is different each time.
        self._bench.meter.acted(f"{name} {read.model_dump_json()}", _DURATION.sub("", result))
        return result

    async def _given(self, read: ToolArguments) -> str:
        tree, editor = self._bench.tree, self.editor
        in_thread: Callable[..., Awaitable[str]] = asyncio.to_thread
        match read:
            case ReadArguments():
                return await in_thread(show_file, tree, read.path, read.start, read.end)
            case ListArguments():
                return await in_thread(list_folder, tree, read.path)
            case SearchArguments():
                return await in_thread(search_files, tree, read.pattern, read.path)
            case EditArguments():
                return await in_thread(editor.edit, read.path, read.search, read.replace)
            case WriteArguments():
                return await in_thread(editor.write, read.path, read.content)
            case RunArguments():
                return await self._run(read)
        raise AssertionError(read)

    async def _run(self, read: RunArguments) -> str:
        folder = checked_path(read.folder)
        if not self._bench.tree.is_folder(folder):
            raise ToolProblem(f"{folder} is no folder.")
        seconds = max(1.0, min(read.seconds, self._bench.meter.seconds_left))
        ended = await self._bench.run(
            SandboxCommand(("sh", "-c", read.command), folder, limits=ResourceLimits(wall_s=seconds))
        )
        out, err = (head_and_tail(data.decode("utf-8", "replace")) for data in (ended.stdout, ended.stderr))
        how = f"ended by its limit ({ended.stopped})" if ended.stopped else f"exit code {ended.exit_code}"
        return "\n".join((how, *(f"{name}:\n{text}" for name, text in (("stdout", out), ("stderr", err)) if text)))


def _schema(kind: type[ToolArguments]) -> dict[str, Any]:
    schema = kind.model_json_schema()
    for one in (schema, *schema["properties"].values()):
        one.pop("title", None)
    schema.pop("description", None)
    return schema
