"""The web process stays small: it imports nothing that it does not need."""

import subprocess
import sys

HEAVY = {
    "pydantic",
    "rich",
    "mypy",
    "cryptography",
    "yaml",
    "jwt",
    "markdown_it",
    "requests",
    "jinja2",
    "pygments",
    "lxml",
}

PROGRAM = """
import psutil, sys
import bot.webhook.serve, bot.webhook.server, bot.settings
print(psutil.Process().memory_info().rss // 2**20)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_web_process_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    megabytes, modules = done.stdout.splitlines()
    assert HEAVY & set(modules.split()) == set()
    assert int(megabytes) < 80
