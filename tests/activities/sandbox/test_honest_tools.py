"""What an honest build or test needs works as it does outside of the sandbox, for root's worker and for a user's."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from activities.languages.javascript.programs import node, node_home, npm
from activities.languages.python.install import UV
from activities.sandbox import ResourceLimits, Runner, SandboxSpec
from tests.activities.sandbox.conftest import python, shell

LIMITS = ResourceLimits(wall_s=100)
TESTS = """
import pathlib, subprocess, sys, tempfile, threading

def test_processes_threads_and_files(tmp_path):
    (tmp_path / "x").write_text("x")
    (tmp_path / "x").chmod(0o755)
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, check=True).stdout == b"1\\n"
    thread = threading.Thread(target=pathlib.Path("written").write_text, args=("y",))
    thread.start()
    thread.join()
    assert pathlib.Path("written").read_text() == "y" and pathlib.Path("README").read_text() == "hello"

def test_other_processes_are_listed():
    import psutil
    child = subprocess.Popen(["sleep", "30"])
    assert child.pid in {process.pid for process in psutil.process_iter()}
    assert psutil.Process(child.pid).name() == "sleep"
    child.kill()
"""
GIT = """
git init -q && git config user.email a@example.com && git config user.name a && git add README
git commit -qm first && git worktree add -q ../tmp/other && git clone -q . /tmp/clone && git -C /tmp/clone log --format=%s
"""
NODE = """
const {execFileSync} = require("child_process"), {Worker} = require("worker_threads"), fs = require("fs")
fs.promises.readFile("README", "utf8").then(text => console.log(text, execFileSync("echo", ["child"]).toString().trim()))
new Worker("console.log('worker')", {eval: true})
"""


@pytest.fixture
def tools(spec: SandboxSpec) -> SandboxSpec:
    return replace(spec, read_only=(Path(sys.base_prefix), Path(sys.prefix), node_home()))


async def test_pytest_runs(sandbox: Runner, tools: SandboxSpec) -> None:
    (tools.tree / "test_all.py").write_text(TESTS)
    command = f"{sys.prefix}/bin/python -m pytest -q -p no:cacheprovider && {sys.prefix}/bin/python -m pytest -q -n 2"
    ran = await sandbox.run(tools, shell(command, limits=LIMITS))
    assert ran.exit_code == 0, ran.stdout


async def test_git_makes_commits_clones_and_work_trees(sandbox: Runner, tools: SandboxSpec) -> None:
    ran = await sandbox.run(tools, shell(GIT, limits=LIMITS))
    assert (ran.exit_code, ran.stdout) == (0, b"first\n"), ran.stderr


async def test_node_and_npm_run(sandbox: Runner, tools: SandboxSpec) -> None:
    (tools.tree / "main.js").write_text(NODE)
    ran = await sandbox.run(tools, shell('"$@"', node(), "main.js", limits=LIMITS))
    assert sorted(ran.stdout.splitlines()) == [b"hello child", b"worker"], ran.stderr
    (tools.tree / "package.json").write_text('{"scripts": {"test": "echo tested"}}')
    path = {"PATH": f"{node_home() / 'bin'}:/usr/bin:/bin"}
    ran = await sandbox.run(tools, shell('"$@"', *npm(), "test", limits=LIMITS, env=path))
    assert ran.stdout.endswith(b"tested\n"), ran.stderr


async def test_uv_makes_an_environment(sandbox: Runner, tools: SandboxSpec) -> None:
    script = '"$1" venv -q --no-project --offline --python "$2" /tmp/venv && /tmp/venv/bin/python -c "print(1)"'
    environment = {"UV_CACHE_DIR": "/tmp/cache"}
    ran = await sandbox.run(tools, shell(script, UV, f"{sys.base_prefix}/bin/python3", limits=LIMITS, env=environment))
    assert (ran.exit_code, ran.stdout) == (0, b"1\n"), ran.stderr


async def test_terminals_shared_memory_and_asyncio_work(sandbox: Runner, tools: SandboxSpec) -> None:
    script = """
import asyncio, multiprocessing.shared_memory as shared, multiprocessing as m, os, pty, tempfile
block = shared.SharedMemory(create=True, size=10)
block.unlink()
print(pty.spawn(["true"]), m.get_context("spawn").Lock() is not None, os.path.samefile(tempfile.gettempdir(), "/var/tmp"))
async def main():
    process = await asyncio.create_subprocess_exec("echo", "asked", stdout=-1)
    print((await process.communicate())[0].decode().strip(), flush=True)
asyncio.run(main())
for name in ("/dev/stdout", "/dev/stderr"):
    with open(name, "w") as opened:
        opened.write(name)
"""
    ran = await sandbox.run(tools, python(script))
    assert (ran.stdout, ran.stderr) == (b"0 True True\nasked\n/dev/stdout", b"/dev/stderr")
