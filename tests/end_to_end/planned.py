"""A repository with real tests that run in a moment, and scripted agents for planned changes of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.end_to_end.repos import configured

RUN_PY = """\
import glob, importlib.util, sys
from xml.sax.saxutils import quoteattr

sys.path.insert(0, ".")
rows = []
for path in sorted(glob.glob("tests/test_*.py")):
    spec = importlib.util.spec_from_file_location(path.replace("/", ".")[:-3], path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        rows.append((path, "import", repr(error)))
        continue
    for name in sorted(dir(module)):
        if name.startswith("test_"):
            try:
                getattr(module, name)()
                rows.append((path, name, ""))
            except Exception as error:
                rows.append((path, name, repr(error)))
print("<testsuite>")
for path, name, problem in rows:
    inner = f"<failure message={quoteattr(problem)}/>" if problem else ""
    print(f"<testcase classname={quoteattr(path)} name={quoteattr(name)} file={quoteattr(path)}>{inner}</testcase>")
print("</testsuite>")
"""
FILES = configured(
    {"unit_tests": "python3 run.py"},
    **{
        "run.py": RUN_PY,
        "numbers_.py": "def half(x):\n    return x / 3\n",
        "tests/test_old.py": "def test_old():\n    assert 1 == 1\n",
    },
)


def module(name: str) -> str:
    """The path of a module of a task, and its content."""
    return f"def {name}(x):\n    return '{name}' + x\n"


def case(name: str) -> str:
    """Tests of it."""
    return f"from {name}_ import {name}\n\n\ndef test_{name}():\n    assert {name}('!') == '{name}!'\n"


def edits(**contents: str) -> list[dict[str, str]]:
    """Path with `__` for each slash and without `.py` → content."""
    return [{"path": f"{path.replace('__', '/')}.py", "content": text} for path, text in contents.items()]


def task(title: str, *files: str, needs: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """One of a planner's list."""
    text = f"Do {title.upper()}."
    return {"title": title, "task": text, "files": list(files), "needs": list(needs), "tests": "its tests", **more}


def design(when: str, kind: str = "feature", **more: Any) -> dict[str, Any]:
    """An architect's answer to the issue that holds `when`."""
    said = {"kind": kind, "summary": f"This designs {when}.", "design": f"## How\n\nBy {when.lower()}.", **more}
    return {"roles": ["architect"], "when": when, "answer": json.dumps(said), "dollars": 0.03, "input_tokens": 700}


def plan(when: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    """A planner's answer to the issue that holds `when`."""
    answer = json.dumps(list(tasks))
    return {"roles": ["planner"], "when": when, "answer": answer, "dollars": 0.02, "input_tokens": 800}


def coder(when: str, changes: Sequence[dict[str, str]] = (), **more: Any) -> dict[str, Any]:
    """A coder's answer to the task that holds `when`."""
    given = {"edits": list(changes), "dollars": 0.05, "input_tokens": 900, "answer": f"This did {when}."}
    return {"roles": ["coder"], "when": when, **given, **more}


def write(name: str, when: str = "", **more: Any) -> dict[str, Any]:
    """A coder that adds the module `name` with its tests."""
    changes = edits(**{f"{name}_": module(name), f"tests__test_{name}": case(name)})
    return coder(when or f"Do {name.upper()}.", changes, **more)


def files_of(name: str) -> tuple[str, str]:
    """The files of such a task."""
    return f"{name}_.py", f"tests/test_{name}.py"


def agents(folder: Path, answers: Sequence[dict[str, Any]], **models: Sequence[dict[str, Any]]) -> str:
    """The file of a deployment whose model `usual` has these answers; `models` are more."""
    found = {}
    for name, said in {"usual": answers, **models}.items():
        script = folder / f"{name}.yml"
        script.write_text(yaml.safe_dump({"answers": list(said)}))
        found[name] = {"backend": "scripted", "script": str(script)}
    (folder / "agents.yml").write_text(yaml.safe_dump({"models": found}))
    return str(folder / "agents.yml")


REVIEWED = {"roles": ["reviewer"], "answer": "No findings.", "dollars": 0.01}
