"""What runs the tests: the dependency on pytest, commands, and which files are tests."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from activities.migration.python.places import Edit, addition, line_of, replaced
from activities.migration.python.requirements import requirements
from activities.migration.python.toml_places import toml_places
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover

MANIFESTS = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "Makefile",
    "*.txt",
    "*.in",
    "*.yml",
    "*.yaml",
    "*.py",
)
_FOR_TESTS = ("test", "tests", "testing", "dev", "develop", "development", "ci", "all")
_FILES = re.compile(
    r"(?:.*/)?(?:(?:dev|test|tests|testing|ci)[-_.]?requirements|requirements[-_./](?:dev|test|tests|testing|ci))\.(?:txt|in)"
)
_COMMAND = re.compile(
    r"(?P<python>\{envpython\}|python[\d.]*|\$\(PYTHON\)|coverage run(?: [^\n]{0,200}?)?)"
    r"[ \t]+-m[ \t]+unittest(?P<rest>[^\r\n&|;\"']*)"
)
_PLAIN = re.compile(
    r"(?:\s+discover)?(?P<verbose>\s+(?:-v|--verbose))?"
    r"(?:\s+(?:-s\s+|--start-directory[= ])?(?P<folder>[\w./-]+))?(?P<after>\s+(?:-v|--verbose))?\s*"
)


_INI = ("pytest.ini", "tox.ini", "setup.cfg")


def use_pytest(tree: SourceTree, to: str) -> Iterator[Leftover]:
    if not any(True for _ in requirements(tree, "pytest")) and not next(_add(tree), ""):
        reason = "No manifest was found that says what tests need."
        yield Leftover("pyproject.toml", 0, reason, "Require pytest for development.")
    for path in tree.named("tox.ini", "Makefile", "*.yml", "*.yaml", "pyproject.toml", "setup.cfg"):
        if not path.endswith((".yml", ".yaml")) or ".github/" in path or ".travis" in path or ".gitlab" in path:
            yield from _commands(tree, path)
    yield from _test_files(tree)


def _add(tree: SourceTree) -> Iterator[str]:
    """The file that has pytest then: the first place for what tests need."""
    for path in tree.named("pyproject.toml"):
        text = tree.read(path) or ""
        if (edits := _in_toml(text)) is not None:
            tree.write(path, replaced(text, edits))
            yield path
            return
    for path in (each for each in tree.named("*.txt", "*.in") if _FILES.fullmatch(each)):
        text = tree.read(path) or ""
        newline = "\r\n" if "\r\n" in text else "\n"
        tree.write(path, text + ("" if not text or text.endswith("\n") else newline) + f"pytest{newline}")
        yield path
        return
    for path in tree.named("tox.ini"):
        text = tree.read(path) or ""
        match = re.search(r"^deps[ \t]*=[ \t]*(?:\r?\n([ \t]+))?", text, re.MULTILINE)
        if match and match[1]:
            tree.write(path, text[: match.end()] + f"pytest\n{match[1]}" + text[match.end() :])
            yield path
            return


def _in_toml(text: str) -> list[Edit] | None:
    """Into a group, an extra or a table of poetry; a new group where the project has none."""
    places = toml_places(text)
    if places is None:
        return None
    for group in _FOR_TESTS:
        for table in (
            ("dependency-groups",),
            ("project", "optional-dependencies"),
            ("tool", "pdm", "dev-dependencies"),
        ):
            keys = (*table, group)
            found = [each for each in places if each.keys[:-1] == keys and isinstance(each.keys[-1], int)]
            if found:
                return [addition(text, found[-1], '"pytest"')]
        for keys in (("tool", "poetry", "group", group, "dependencies"), ("tool", "poetry", f"{group}-dependencies")):
            named = [each for each in places if each.keys[:-1] == keys and each.kind == "text"]
            if named:
                return [(named[-1].end, named[-1].end, '\npytest = "*"')]
    if not any(each.keys[:1] == ("project",) for each in places):
        return None
    if any(each.keys[:1] == ("dependency-groups",) for each in places):
        return None
    end = "" if text.endswith("\n") else "\n"
    return [(len(text), len(text), f'{end}\n[dependency-groups]\ndev = ["pytest"]\n')]


def _commands(tree: SourceTree, path: str) -> Iterator[Leftover]:
    text = tree.read(path)
    if text is None or "unittest" not in text or len(text) > 300_000:
        return
    edits: list[Edit] = []
    for match in _COMMAND.finditer(text):
        plain = _PLAIN.fullmatch(match["rest"])
        folder = (plain["folder"] or "") if plain else ""
        if plain is None or (folder and "." in folder.replace("./", "") and "/" not in folder and folder != "."):
            fix = "Write it as a command of pytest."
            yield Leftover(path, line_of(text, match.start()), "It starts unittest with options of its own.", fix)
            continue
        verbose = " -v" if plain["verbose"] or plain["after"] else ""
        place = f" {folder}" if folder and folder != "." else ""
        end = match["rest"][len(match["rest"].rstrip()) :]
        edits.append((*match.span(), f"{match['python']} -m pytest{verbose}{place}{end}"))
    for match in re.finditer(r"setup\.py test\b", text):
        fix = "Write `python -m pytest`."
        yield Leftover(path, line_of(text, match.start()), "It starts the tests by setup.py.", fix)
    if not edits:
        return
    new = replaced(text, edits)
    if path.endswith("tox.ini"):
        new = _tox_needs_pytest(new)
    elif path.endswith((".yml", ".yaml")) and not re.search(
        r"(?:install|requirements|extra|group)[^\n]*(?:pytest|dev|test)", text
    ):
        fix = "Let the job install pytest, or what is for development."
        yield Leftover(path, line_of(text, edits[0][0]), "The job runs pytest now, and is not seen to install it.", fix)
    tree.write(path, new)


def _tox_needs_pytest(text: str) -> str:
    """Each environment that runs pytest has it among its `deps`."""
    parts = re.split(r"(?m)^(?=\[)", text)
    for number, part in enumerate(parts):
        if "-m pytest" not in part or re.search(r"(?m)^\s*pytest\b", part):
            continue
        newline = "\r\n" if "\r\n" in part else "\n"
        listed = re.search(r"(?m)^deps[ \t]*=[ \t]*\r?\n([ \t]+)", part)
        single = re.search(r"(?m)^(deps[ \t]*=[ \t]*)(\S[^\r\n]*)", part)
        if listed:
            parts[number] = f"{part[: listed.end()]}pytest{newline}{listed[1]}{part[listed.end() :]}"
        elif single:
            lines = f"deps ={newline}    {single[2]}{newline}    pytest"
            parts[number] = part[: single.start()] + lines + part[single.end() :]
        else:
            commands = part.index("commands")
            parts[number] = f"{part[:commands]}deps = pytest{newline}{part[commands:]}"
    return "".join(parts)


def _test_files(tree: SourceTree) -> Iterator[Leftover]:
    """unittest looks for test*.py, pytest for test_*.py and *_test.py."""
    odd = []
    for path in tree.named("test*.py"):
        name = path.rpartition("/")[2]
        if not (fnmatchcase(name, "test_*.py") or fnmatchcase(name, "*_test.py")):
            data = tree.content(path) or b""
            if b"TestCase" in data:
                odd.append(path)
    if not odd or _says_files(tree):
        return
    path = next((each for each in ("pyproject.toml",) if each in tree.paths), "")
    text = tree.read(path) if path else None
    configured = text is not None and "[tool.pytest" in text
    ini = next(
        (
            each
            for each in ("pytest.ini", "tox.ini", "setup.cfg")
            if "[pytest]" in (tree.read(each) or "") or "[tool:pytest]" in (tree.read(each) or "")
        ),
        "",
    )
    if configured or ini:
        fix = 'Add python_files = ["test*.py", "*_test.py"] to the configuration of pytest.'
        yield Leftover(ini or path, 0, f"pytest does not look into files such as {odd[0]}.", fix)
    elif text is not None and toml_places(text) is not None:
        end = "" if text.endswith("\n") or not text else "\n"
        tree.write(path, f'{text}{end}\n[tool.pytest.ini_options]\npython_files = ["test*.py", "*_test.py"]\n')
    else:
        tree.write("pytest.ini", "[pytest]\npython_files = test*.py *_test.py\n")


def _says_files(tree: SourceTree) -> bool:
    files = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg")
    return any(
        re.search(r"^\s*python_files\s*=", tree.read(path) or "", re.MULTILINE) for path in files if path in tree.paths
    )
