"""Deterministic answers from a file: for demonstrations, and for tests of everything around an agent."""

import asyncio
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from activities.agent_runs.backend import AgentBackend, AgentBench, BackendEnd
from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.types import AgentEnding, Role
from activities.check_options import Keys
from activities.sandbox import ResourceLimits, SandboxCommand
from activities.untrusted_files import UntrustedFileError

_LARGEST = 20 * 1024**2
_LIMITS = ResourceLimits(wall_s=60)
_LONGEST_OUTPUT = 10_000


class ScriptedEdit(Keys):
    """Writes a file: `content` as a whole, or `find` replaced by `replace`; neither removes it."""

    path: str
    content: str | None = None
    find: str = ""
    replace: str = ""


class ScriptedAnswer(Keys):
    """What an agent does whose role is one of `roles` and whose task contains `when`; the first that fits is
    taken."""

    roles: tuple[Role, ...] = ()
    when: str = ""
    commands: Annotated[tuple[str, ...], Field(description="Lines for a shell in the sandbox, before the edits.")] = ()
    edits: tuple[ScriptedEdit, ...] = ()
    answer: str = ""
    ending: AgentEnding = "done"
    dollars: Annotated[float, Field(ge=0)] = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: Annotated[float, Field(ge=0, le=600, description="How long it takes.")] = 0.0


class Script(Keys):
    """The file: answers in the order in which they are tried."""

    answers: tuple[ScriptedAnswer, ...]


class ScriptedBackend(AgentBackend):
    async def run(self, bench: AgentBench) -> BackendEnd:
        """Does what the first answer says that fits the task."""
        script = _read(bench.model)
        found = next((one for one in script.answers if _fits(one, bench)), None)
        if found is None:
            return BackendEnd("gave_up", "The script has no answer to this task.")
        bench.meter.before_call(found.dollars)
        await asyncio.sleep(found.seconds)
        bench.meter.after_call(bench.model_name, found.input_tokens, found.output_tokens, found.dollars)
        bench.transcript.add("answer", text=found.answer, edits=[edit.path for edit in found.edits])
        for command in found.commands:
            done = await bench.run(SandboxCommand(("/bin/sh", "-c", command), limits=_LIMITS))
            said = (done.stdout + done.stderr)[-_LONGEST_OUTPUT:].decode("utf-8", "replace")
            bench.transcript.add("command", command=command, exit_code=done.exit_code, output=said)
        if bench.task.writes:
            for edit in found.edits:
                if problem := _apply(bench, edit):
                    return BackendEnd("gave_up", problem, found.answer)
        return BackendEnd(found.ending, found.answer[:300], found.answer)

    def problem(self, model: ModelSettings) -> str:
        if not model.script:
            return "A `scripted` model needs a `script`, the file with its answers."
        try:
            _read(model)
        except (OSError, ValueError) as error:
            return f"The script {model.script} cannot be used: {error}."
        return ""


backend = ScriptedBackend()


def _read(model: ModelSettings) -> Script:
    import yaml

    try:
        return Script.model_validate(yaml.safe_load(Path(model.script).read_text(encoding="utf-8")), strict=False)
    except (ValidationError, yaml.YAMLError) as error:
        raise ValueError(str(error).partition("\n")[0]) from None


def _fits(answer: ScriptedAnswer, bench: AgentBench) -> bool:
    return (not answer.roles or bench.task.role in answer.roles) and answer.when in bench.task.text


def _apply(bench: AgentBench, edit: ScriptedEdit) -> str:
    """Why the edit cannot be made, "" where it was."""
    try:
        if edit.content is not None:
            bench.tree.write(edit.path, edit.content.encode())
        elif not edit.find:
            bench.tree.remove(edit.path)
        else:
            text = bench.tree.read_text(edit.path, _LARGEST)
            if text.count(edit.find) != 1:
                return f"{edit.path} holds the text to replace {text.count(edit.find)} times instead of once."
            bench.tree.write(edit.path, text.replace(edit.find, edit.replace).encode())
    except UntrustedFileError as error:
        return str(error)
    return ""
