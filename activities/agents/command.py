"""Any command-line agent (Claude Code, Codex, Gemini CLI, opencode, aider, qwen-code, …) by a template."""

import asyncio
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from activities.agent_runs.backend import AgentBackend, AgentBench, BackendEnd, ModelUnavailable
from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.prices import unknown_price
from activities.egress import LOCAL_SERVICE
from activities.reports import valid_unicode
from activities.sandbox import ProcessResult, ResourceLimits, SandboxCommand
from activities.untrusted_files import UntrustedFolder

if TYPE_CHECKING:
    from activities.agent_gateway.gateway import ModelGateway

KEY: Final = "the-real-key-is-elsewhere"
"""What the agent has for a key."""

_PLACES: Final = ("{prompt_file}", "{task_file}", "{model}", "{url}")
_PACKAGE = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*@\d+\.\d+\.\d+[A-Za-z0-9.+-]*")
_LONGEST_OUTPUT: Final = 10_000
_GRACE_S: Final = 10.0
_LEAST_S: Final = 1.0
_OUTPUT: Final = 256 * 1024

# The package's programs come last on the PATH, and so does our node: commands of the repository find their own first.
# A script of the package is started by our node all the same.
_START: Final = (
    'PATH="$PATH:$0:$1"; export PATH; node="$1/node"; program="$0/$2"; shift 2; '
    'if [ ! -e "$program" ]; then program=$(command -v "${program##*/}") || exit 127; fi; '
    'if [ "$(head -c 2 -- "$program")" = "#!" ]; then case "$(head -n 1 -- "$program")" in *node*) '
    'exec "$node" "$program" "$@";; esac; fi; exec "$program" "$@"'
)


class CommandBackend(AgentBackend):
    """The program works in the sandbox, on the private copy; of the network it has the model alone, by a gateway that
    holds the key and asks the run's limits."""

    needs_key = True

    def problem(self, model: ModelSettings) -> str:
        if not model.command:
            return "A `command` model needs a `command`, the words of its command line."
        if not model.model:
            return "A `command` model needs a `model`, the provider's name of what it asks."
        if model.package and not _PACKAGE.fullmatch(model.package):
            return f"The package `{model.package}` needs an exact version: write `name@1.2.3`."
        return unknown_price(model)

    async def run(self, bench: AgentBench) -> BackendEnd:
        """Raises LimitReached, ModelUnavailable and UserError."""
        from activities.agent_gateway.gateway import model_gateway

        packages = await bench.install(bench.model.package) if bench.model.package else None
        task = bench.tree.root.parent / "task"
        await asyncio.to_thread(_write_task, task, bench)
        async with model_gateway(bench) as gateway:
            result = await _until_limit(bench, _command(bench, task, packages, gateway), gateway)
            output = _text(result.stdout) if result else ""
            facts = {"exit_code": result.exit_code, "stopped": result.stopped} if result else {}
            errors = _text(result.stderr) if result else ""
            bench.transcript.add("command", output=_ends(output), errors=_ends(errors), **facts)
            if gateway.spending.reached:
                raise gateway.spending.reached
            assert result
            return _end(bench, gateway, result, output.strip(), errors)


backend = CommandBackend()


async def _until_limit(bench: AgentBench, command: SandboxCommand, gateway: "ModelGateway") -> ProcessResult | None:
    """The command's result; None where a limit was reached and it did not end soon after."""
    running = asyncio.ensure_future(bench.run(command))
    limit = asyncio.ensure_future(gateway.spending.limit.wait())
    try:
        await asyncio.wait((running, limit), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await asyncio.wait((running,), timeout=_GRACE_S)
        return await running if running.done() else None
    finally:
        limit.cancel()
        if not running.done():
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def _write_task(folder: Path, bench: AgentBench) -> None:
    """The folder is shown to the program, read-only."""
    folder.mkdir()
    folder.chmod(0o755)
    task = bench.task
    files = "\n".join(f"- {path}" for path in task.files)
    parts = (bench.prompt, task.rules, f"Files of interest:\n{files}" if files else "", task.text)
    whole = "\n\n".join(part.strip() for part in parts if part.strip())
    for name, text in (("prompt.md", whole), ("task.md", task.text)):
        UntrustedFolder(folder).write(name, f"{text}\n".encode("utf-8", "replace"))


def _command(bench: AgentBench, task: Path, packages: Path | None, gateway: "ModelGateway") -> SandboxCommand:
    """The program gets the prompt on standard input where its command line names no file with it."""
    from activities.languages.javascript.programs import node_home

    model = bench.model
    values = dict(
        zip(_PLACES, (str(task / "prompt.md"), str(task / "task.md"), model.model, LOCAL_SERVICE), strict=True)
    )

    def filled(text: str) -> str:
        return re.sub("|".join(map(re.escape, _PLACES)), lambda found: values[found[0]], text)

    argv = tuple(map(filled, model.command))
    if packages:
        argv = ("/bin/sh", "-c", _START, f"{packages}/node_modules/.bin", str(node_home() / "bin"), *argv)
    asks_for_file = any(
        place in word for word in (*model.command, *model.environment.values()) for place in _PLACES[:2]
    )
    return SandboxCommand(
        argv,
        env={**_provider_variables(), **{name: filled(text) for name, text in model.environment.items()}},
        limits=ResourceLimits(wall_s=max(bench.meter.seconds_left, _LEAST_S), output=_OUTPUT),
        stdin=b"" if asks_for_file else (task / "prompt.md").read_bytes(),
        service=gateway.serve,
        read_only=(task, *((packages, node_home()) if packages else ())),
    )


def _provider_variables() -> dict[str, str]:
    """What most agents read to find their model: an address and a key."""
    return {
        "ANTHROPIC_BASE_URL": LOCAL_SERVICE,
        **dict.fromkeys(("OPENAI_BASE_URL", "OPENAI_API_BASE"), f"{LOCAL_SERVICE}/v1"),
        "GOOGLE_GEMINI_BASE_URL": LOCAL_SERVICE,
        **dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"), KEY),
    }


def _end(bench: AgentBench, gateway: "ModelGateway", result: ProcessResult, output: str, errors: str) -> BackendEnd:
    """By what ended the program, what the model's host said last, and the exit code."""
    if result.stopped == "time":
        return BackendEnd("out_of_time", bench.meter.limits.time_is_up, output)
    if result.stopped:
        return BackendEnd("backend_failed", f"The agent was ended: it used too much of its {result.stopped}.", output)
    if gateway.refused:
        return BackendEnd("refused_by_model", "The model declined the task.", output)
    if result.exit_code == 0 and (gateway.answers or not gateway.failure):
        return BackendEnd("done", _last_line(output), output)
    if gateway.failure:
        sentence = _failure(bench, gateway)
        if gateway.status in (0, 408, 429) or gateway.status >= 500:
            raise ModelUnavailable(sentence, gateway.retry_after)
        return BackendEnd("backend_failed", sentence, output)
    return _failed_program(bench, gateway, result, _last_line(errors) or _last_line(output), output)


def _failed_program(
    bench: AgentBench, gateway: "ModelGateway", result: ProcessResult, said: str, output: str
) -> BackendEnd:
    program = os.path.basename(bench.model.command[0])
    if result.exit_code == 127 and not gateway.answers:
        return BackendEnd("backend_failed", f"The program `{program}` was not found in the sandbox.", output)
    sentence = f"`{program}` ended with exit code {result.exit_code}" + (f": {said}" if said else ".")
    return BackendEnd("gave_up" if gateway.answers else "backend_failed", sentence, output)


def _failure(bench: AgentBench, gateway: "ModelGateway") -> str:
    model = bench.model
    if gateway.status in (401, 403):
        key = f"Check {model.key}." if model.key else "The model has no `key` in the deployment's file."
        return f"The model's host refused the key (status {gateway.status}). {key}"
    if gateway.status == 404:
        return f"The model's host does not know `{model.model}`. Check the model's name in the deployment's file."
    return gateway.failure


def _text(data: bytes) -> str:
    return valid_unicode(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode("utf-8", "replace")))


def _ends(text: str) -> str:
    """Head and tail."""
    if len(text) <= _LONGEST_OUTPUT:
        return text
    half = _LONGEST_OUTPUT // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
