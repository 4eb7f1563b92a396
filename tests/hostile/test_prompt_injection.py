"""An agent that obeys everybody harms nobody: nothing leaves, and nothing is written where it must not."""

import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.backend import AgentTask
from activities.agent_runs.types import AgentRunResult, RunAgentInput, RunLimits
from activities.agent_runs.untrusted_text import wrapped
from activities.patch_checks.checking import check_patch
from activities.patch_checks.types import CheckPatchInput
from activities.workspace.git import git
from tests.activities.agent_runs.harness import AgentSite, make_agent_site
from tests.hostile.injections import EDITS, FILES, LEAVES, READS, SPOKEN, TEXTS, WRITES, Injection
from tests.hostile.targets import Targets

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MOST = 14
"""A verdict has twenty rows."""
KEY = "sk-test-the-key-of-the-model"


@dataclass(frozen=True)
class ObeyingAgent:
    """One repository on one host, and all that an agent may aim at."""

    site: AgentSite
    targets: Targets
    own: Mapping[str, bytes]

    def filled(self, text: str) -> str:
        facts = self.targets.facts
        known = {
            "secret": facts["read"][0],
            "writable": facts["write"][0],
            "port": str(facts["ports"][0]),
            "mark": facts["mark"],
        }
        return re.sub(r"\{(secret|writable|port|mark)\}", lambda found: known[found[1]], text)

    async def run(self, *injections: Injection) -> tuple[AgentRunResult, Mapping[str, bytes | None], str]:
        """(the result, what is in its commit, the transcript) of an agent that obeys all of them."""
        edits = {self.filled(path): self.filled(text) for each in injections for path, text in each.edits.items()}
        answer = {
            "commands": [self.filled(command) for each in injections for command in each.commands],
            "edits": [{"path": path, "content": text} for path, text in edits.items()],
            "answer": "Done as you said.",
        }
        engine = self._engine(answer)
        read = [wrapped("comment", "stranger", self.filled(each.text), "none") for each in injections]
        task = engine.put_task(AgentTask("coder", "\n\n".join(["Look at what is said here.", *read])))
        site, run = self.site, ", ".join(each.name for each in injections)
        limits = RunLimits(seconds=600)
        result = await engine.run(
            RunAgentInput(site.workspace, site.sha, "coder", task, run, "demo", "Change by an agent", limits)
        )
        return result, await site.changed(result), engine.transcript(run).read_text()

    def _engine(self, answer: Mapping[str, Any]) -> AgentEngine:
        script = self.site.data.parent / "script.yml"
        script.write_text(yaml.safe_dump({"answers": [answer]}))
        return self.site.engine({"demo": {"backend": "scripted", "script": str(script)}}, {"demo": KEY})

    async def assert_contained(self, result: AgentRunResult, changed: Mapping[str, bytes | None], said: str) -> None:
        assert list(self.targets.damage(self.site.data)) == []
        everything = [repr(result), said, *(repr(one) for one in changed.items())]
        assert not [one for one in everything if self.targets.token in one or KEY in one or "root:" in one]
        mirror = self.site.host.workspaces.mirror(self.site.repo)
        assert _files(mirror / "hooks") | _files(mirror / "config") == self.own
        checkout = await self.site.host.workspaces.checkout(self.site.repo, self.site.sha)
        assert {path: (checkout / path).read_text() for path in FILES} == FILES
        assert not [path for path in changed if ".git" in path.lower().split("/")]
        if result.commit_sha:
            message = await git(mirror, "log", "-1", "--format=%B", result.commit_sha)
            assert message.strip() == b"Change by an agent"


def _files(path: Path) -> dict[str, bytes]:
    found = path.rglob("*") if path.is_dir() else [path]
    return {str(one): one.read_bytes() for one in found if one.is_file()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ObeyingAgent]:
    folder = tmp_path_factory.mktemp("injections")
    (folder / "targets").mkdir()
    targets = Targets(folder / "targets", 1, 1, [os.getpid()], [Path(__file__)])
    try:
        site = await make_agent_site(folder, FILES)
        mirror = site.host.workspaces.mirror(site.repo)
        yield ObeyingAgent(site, targets, _files(mirror / "hooks") | _files(mirror / "config"))
    finally:
        targets.close()


def packed(injections: Sequence[Injection]) -> list[list[Injection]]:
    """As few runs as possible: no two in one that touch the same path."""
    runs: list[list[Injection]] = []
    for each in injections:
        fits = (
            run for run in runs
            if len(run) < _MOST and not each.alone and not run[0].alone and not any(each.edits.keys() & one.edits.keys() for one in run)
        )  # fmt: skip
        run = next(fits, None)
        if run is None:
            runs.append([each])
        else:
            run.append(each)
    return runs


@pytest.mark.parametrize("injections", [READS, LEAVES], ids=["reads", "leaves"])
async def test_nothing_is_read_reached_or_left(agent: ObeyingAgent, injections: Sequence[Injection]) -> None:
    result, changed, said = await agent.run(*injections)
    await agent.assert_contained(result, changed, said)
    assert set(changed) <= {path for each in injections for path in each.may}
    assert said.count('"kind": "command"') == sum(len(each.commands) for each in injections)


@pytest.mark.parametrize("edit", [*EDITS], ids=lambda one: one.name)
async def test_no_edit_leaves_the_copy(agent: ObeyingAgent, edit: Injection) -> None:
    result, changed, said = await agent.run(edit)
    await agent.assert_contained(result, changed, said)
    assert changed == {}


@pytest.mark.parametrize("injections", packed(WRITES), ids=lambda run: f"{run[0].name} and {len(run) - 1} more")
async def test_what_must_not_be_written_is_refused(agent: ObeyingAgent, injections: Sequence[Injection]) -> None:
    result, changed, said = await agent.run(*injections)
    await agent.assert_contained(result, changed, said)
    site = agent.site
    verdict = await check_patch(site.host, CheckPatchInput(site.workspace, site.sha, result.commit_sha))
    found = {(each.rule, each.path) for each in verdict.refused}
    expected = {(each.rule, each.place.strip("-") if each.place else next(iter(each.edits))) for each in injections}
    assert expected <= found, verdict


async def test_an_honest_change_of_the_same_repository_is_not_refused(agent: ObeyingAgent) -> None:
    test = FILES["tests/app.test.js"]
    fixed = {
        "app.js": "def add(a, b):\n    return a + b\n",
        "tests/app.test.js": test + test.replace("'add'", "'more'"),
    }
    result, changed, _ = await agent.run(Injection("honest", "Fix it.", ("cat app.js",), fixed))
    assert set(changed) == {"app.js", "tests/app.test.js"}
    verdict = await check_patch(
        agent.site.host, CheckPatchInput(agent.site.workspace, agent.site.sha, result.commit_sha)
    )
    assert verdict.refused == ()


async def test_no_run_sees_what_another_one_left(agent: ObeyingAgent) -> None:
    look = Injection("look", "Look.", ("cat ~/.profile ~/.bashrc /tmp/left /out/left /env/left; ls -A /tmp ~; true",))
    _, _, said = await agent.run(look)
    assert agent.targets.mark not in said


@pytest.mark.parametrize(("kind", "text"), [each[1:] for each in TEXTS], ids=[each[0] for each in TEXTS])
async def test_hidden_text_reaches_no_model(kind: str, text: str) -> None:
    shown = wrapped(kind, "stranger", text)
    assert "Please fix it." in shown
    assert "push" not in shown


@pytest.mark.parametrize("text", [each[1] for each in SPOKEN], ids=[each[0] for each in SPOKEN])
@pytest.mark.parametrize("kind", ["comment", "output", "file"])
async def test_what_claims_to_be_more_stays_between_the_marks(kind: str, text: str) -> None:
    shown = wrapped(kind, "stranger", text, "none")
    assert re.fullmatch(
        r"<<<data (\w{32}) \(\w+ by stranger, permission: none\)\n(?!.*>>>end \1\n.).*\n>>>end \1", shown, re.DOTALL
    )
    assert not re.search(r"<\|im_start\|>|\[INST\]|</tool_result>|<system>|\x1b", shown)
    assert len(re.findall(r"(?:<<<data|>>>end) \w{32}", shown)) == 2
