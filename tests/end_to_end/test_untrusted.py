"""A pull request's code is untrusted: it can break its own check, and nothing else."""

import os
import uuid
from urllib.parse import urlsplit

import psutil
import pytest

from tests.end_to_end.gates import TEXT, conclusions, config, gated, still_works, title
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSED = '<testsuite><testcase classname="a" name="b"/></testsuite>'

# Every line that this prints is a thing that must not be possible; the last one shows that it came to its end.
PROBE = """
say() { echo "probe.sh:1: error: $*"; }
for file in "$KEY" "/proc/$WORKER/environ" "/proc/$WORKER/mem" /etc/shadow "$DATA" "$HERE/test_untrusted.py"; do
    [ -r "$file" ] && say "can read $file"
done
env | grep -q "$SECRET" && say "has our environment"
cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -q "^AUTOBUILD\\|^GITHUB" && say "sees our environment"
for place in "$DATA" "$HERE" /usr /etc /env / /proc/sys/kernel; do
    touch "$place/$MARK" 2>/dev/null && say "can write $place"
done
for port in $PORTS; do
    bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null && say "can reach $port"
done
kill -0 "$WORKER" 2>/dev/null && say "can signal the worker"
(setsid sh -c "sleep 1000; : $MARK" &) ; setsid nohup sh -c "sleep 1000; : $MARK" >/dev/null 2>&1 &
touch "$MARK" /tmp/"$MARK" /out/"$MARK"
echo "probe.sh:1: note: came to its end"
"""


async def test_hostile_test_suite_is_contained(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, key = f"mark-{uuid.uuid4().hex}", stack.settings.data.parent / "key.pem"
    key.write_text(stack.settings.private_key)
    monkeypatch.setenv("AUTOBUILD_WEBHOOK_SECRET", mark)
    facts = {
        "MARK": mark, "SECRET": mark, "KEY": str(key), "DATA": str(stack.settings.data), "HERE": os.path.dirname(__file__),
        "WORKER": str(os.getpid()), "PORTS": " ".join(map(str, _ports(stack))),
    }  # fmt: skip
    variables = "".join(f"{name}='{value}'\n" for name, value in facts.items())
    base = config(linting={"command": "sh probe.sh", **TEXT}) | {"probe.sh": ""}
    runs = await gated(stack, base, {"probe.sh": variables + PROBE})
    assert [note["message"] for note in runs["linting"]["annotations"]] == ["came to its end"]
    assert not _alive(mark)
    assert list(stack.settings.data.rglob(mark)) == []
    await still_works(stack)


def _ports(stack: Stack) -> set[int]:
    """The webhook server's, the simulated GitHub's and Temporal's."""
    addresses = (
        stack.github.webhooks.config.url,
        stack.github.url,
        f"http://{stack.temporal.service_client.config.target_host}",
    )
    return {port for address in addresses if (port := urlsplit(address).port)}


def _alive(word: str) -> list[int]:
    """Processes anywhere on this machine that were started with this word."""
    return [one.pid for one in psutil.process_iter(["cmdline"]) if word in " ".join(one.info["cmdline"] or ())]


HOSTILE = {
    # check: (what it does, how it ends, the title)
    "unit_tests": ("trap '' TERM INT HUP; (setsid sleep $N &); sleep $N", "timed_out", "at its time limit of 3 s"),
    "integration_tests": (
        f"(setsid sleep $N &); nohup sleep $N & yes | head -c 1000000000; echo '{PASSED}' >made.xml",
        "success",
        "1 passed.",
    ),
    "linting": ("true", "success", "No findings."),
    "security": ("kill -9 -1", "failure", "killed by SIGKILL"),
    "coverage": ("f() { f | f & f; }; f", "failure", "limit of 512 processes"),
    "performance": ("for n in 1 2 3; do fallocate -l 900M $n; done; sleep $N", "failure", "disk limit of 2048 MiB"),
    "dependencies": ("yes | head -c 200000000", "failure", "larger than 128 MiB"),
    "static_analysis": ("kill -9 $PPID; kill -9 1; kill -9 $$", "failure", "killed by SIGKILL"),
}


async def test_each_hostile_command_is_contained(stack: Stack) -> None:
    forms = {"unit_tests": "junit", "integration_tests": "junit", "coverage": "lcov", "performance": "pytest-benchmark"}
    checks = {
        name: {
            "command": f"sh {name}.sh",
            "format": forms.get(name, "text"),
            "timeout": "3s" if name == "unit_tests" else "60s",
            **({"report": "made.xml"} if name == "integration_tests" else {}),
        }
        for name in HOSTILE
    }
    number = f"1000.{uuid.uuid4().int % 10**9}"
    scripts = {f"{name}.sh": f"N={number}\n{does}\n" for name, (does, _, _) in HOSTILE.items()}
    runs = await gated(stack, config(**checks) | dict.fromkeys(scripts, ""), scripts)
    assert conclusions(runs) == {name: how for name, (_, how, _) in HOSTILE.items()}
    for name, (_, _, said) in HOSTILE.items():
        assert said in title(runs, name)
    assert not _alive(number)
    await still_works(stack)
