"""Unusual and broken repositories: each gets a clear result, and every check run ends."""

from pathlib import Path

import pytest

from simulator.github import git
from simulator.github.git import Files, Symlink
from tests.deadlines import WITHIN_S
from tests.end_to_end.gates import OFFLINE, TEXT, all_ended, conclusions, config, gated, push_stream, repository, title
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINTED = config(linting={"command": "cat lint.txt", **TEXT}) | {"lint.txt": ""}
PYTHON = {"code.py": "import os\n", "test_code.py": "import code\n\n\ndef test_it() -> None:\n    assert code\n"}


async def test_repository_with_only_a_readme(stack: Stack) -> None:
    runs = await gated(stack, {"README.md": "1\n"}, {"README.md": "2\n"})
    assert {runs[name]["conclusion"] for name in runs if name != "gate"} == {"skipped"}
    assert runs["gate"]["conclusion"] == "neutral"
    assert title(runs, "unit_tests") == "The repository has no tests."
    assert "Nothing was checked" in runs["gate"]["output"]["summary"]


async def test_repository_without_tests(stack: Stack) -> None:
    runs = await gated(stack, OFFLINE, {"code.py": "x = 1\n"})
    assert title(runs, "unit_tests") == "The repository has no tests."
    assert title(runs, "coverage") == "The repository has no tests."
    assert conclusions(runs)["linting"] == conclusions(runs)["security"] == "success"


@pytest.mark.parametrize(
    ("pyproject", "said", "linting"),
    [
        ("[project\n", "pyproject.toml is not valid TOML: Expected ']'", "ruff"),
        ("[project]\nname = 3\n[tool]\nruff = 4\n", "Could not install the project itself", "ruff"),
        (
            '[project]\nname = "x"\nversion = "1"\ndependencies = ["no-such-thing-zz9"]\n',
            "no-such-thing-zz9 was not",
            "",
        ),
    ],
    ids=["not TOML", "wrong types", "a dependency that is nowhere"],
)
async def test_broken_pyproject_is_reported(stack: Stack, pyproject: str, said: str, linting: str) -> None:
    runs = await gated(stack, OFFLINE, {"pyproject.toml": pyproject, **PYTHON})
    assert runs["unit_tests"]["conclusion"] == "failure"
    assert said in title(runs, "unit_tests") + runs["unit_tests"]["output"]["summary"]
    assert (linting or "ruff is not configured in this repository, so its 1 finding is only shown") in title(
        runs, "linting"
    )
    assert runs["security"]["conclusion"] == "success"


async def test_links_out_of_the_tree_are_not_followed(stack: Stack) -> None:
    outside = {"pyproject.toml": Symlink("/etc/passwd"), "src": Symlink("/"), "tests": Symlink("../../..")}
    circles = {"setup.cfg": Symlink("setup.cfg"), "package.json": Symlink("a"), "a": Symlink("package.json")}
    more: Files = {
        "code.py": "import os\n",
        "link.py": Symlink("../../../../../etc/hostname"),
        "requirements.txt": "-r a\0b\n",
    }
    runs = await gated(stack, OFFLINE, {**outside, **circles, **more})
    assert "ruff exited with code 2" in title(runs, "linting")
    assert runs["security"]["conclusion"] == "neutral"
    # A tool quotes the file of that name that the sandbox has of its own.
    assert Path("/etc/passwd").read_text().splitlines()[0] not in str(runs)


@pytest.mark.parametrize("link", [".github", ".github/autobuild.yml"])
async def test_symlinked_configuration_is_not_followed(stack: Stack, link: str) -> None:
    runs = await gated(stack, {link: Symlink("/etc/passwd"), "etc.txt": ""}, {"a.txt": "x\n"})
    shown = str(runs)
    assert "root:" not in shown
    assert runs["gate"]["conclusion"] == "neutral"  # the change did not bring it: the defaults judge, loudly
    assert ("not a regular file" in runs["gate"]["output"]["summary"]) == (link == ".github/autobuild.yml")


async def test_unusual_paths_are_shown_unchanged(stack: Stack) -> None:
    names = ("a b", "quo\"te'", "-rf", "--help", "ü", "a\tb", "`x`", "$(x)", "<!-- x -->", "d -/ü 'x'", "\udcff\udcfe")
    lint = "".join(f"{name}:2: error: bad\n" for name in names).encode("utf-8", "surrogateescape")
    lcov = "".join(f"SF:{name}\nDA:1,1\nDA:2,0\nend_of_record\n" for name in names).encode("utf-8", "surrogateescape")
    base = LINTED | config(
        linting={"command": "cat lint.txt", **TEXT}, coverage={"command": "cat cov.info", "format": "lcov"}
    )
    files = dict.fromkeys((*names, "new\nline"), "x\ny\n")
    runs = await gated(stack, base, {**files, "lint.txt": lint, "cov.info": lcov})
    # A name that is no text cannot be said to GitHub, so such a finding is only listed.
    assert {note["path"] for note in runs["linting"]["annotations"]} == set(names[:-1])
    assert r"\xff\xfe" in runs["linting"]["output"]["summary"]
    assert "50.0 % of the changed lines" in title(runs, "coverage")
    assert {note["path"] for note in runs["coverage"]["annotations"]} == set(names[:-1])


async def test_unusual_paths_of_python_files(stack: Stack) -> None:
    names = (
        "a b.py",
        "-rf.py",
        "--help.py",
        "ü.py",
        "new\nline.py",
        "\udcff.py",
        "\udcff/pyproject.toml",
        "\udcff/x.py",
    )
    runs = await gated(stack, OFFLINE, {name: "" if "toml" in name else "import os\n" for name in names})
    assert "ruff is not configured in this repository, so its 7 findings are only shown" in title(runs, "linting")
    assert {"-rf.py", "new\nline.py"} < {note["path"] for note in runs["linting"]["annotations"]}
    assert runs["security"]["conclusion"] == "success"
    assert "unrecognized arguments" not in title(runs, "static_analysis")


async def test_a_hundred_thousand_findings(stack: Stack) -> None:
    count, files = 100_000, 100
    lint = "".join(f"src/{n % files}.txt:{n // files + 1}: error: number {n}\n" for n in range(count))
    sources = {f"src/{n}.txt": "".join(f"{n} {line}\n" for line in range(count // files)) for n in range(files)}
    repo = await repository(stack, LINTED)
    sha = await stack.push(repo, {"lint.txt": lint, **sources})
    runs = await all_ended(stack, repo, sha)
    assert title(runs, "linting") == "100,000 new errors; 0 known."
    assert len(runs["linting"]["annotations"]) == 500
    summary = runs["linting"]["output"]["summary"]
    assert "99,500 more are not" in summary
    assert len(summary) < 65_535
    comment = await stack.comment(repo, await stack.pull(repo))
    assert "100,000 new findings" in comment
    assert len(comment) < 65_535


async def test_a_huge_file(stack: Stack) -> None:
    text = "".join(f"line {number}\n" for number in range(3_000_000))
    runs = await gated(stack, LINTED, {"huge.txt": text, "lint.txt": "huge.txt:3000000: error: here\n"})
    assert title(runs, "linting") == "1 new error; 0 known."
    assert runs["linting"]["annotations"][0]["start_line"] == 3_000_000


async def test_unusual_tree_is_checked(stack: Stack) -> None:
    """A submodule, names that differ in case alone, attributes that ask for filters, five thousand files."""
    attributes = b"* filter=evil diff=evil merge=evil ident working-tree-encoding=none eol=crlf\n"
    entries = [b"M 160000 " + b"1" * 40 + b" sub/module\n", _inline("A.txt", b"1"), _inline("a.txt", b"2")]
    entries += [_inline(".gitattributes", attributes), _inline("lint.txt", b"a.txt:1: error: here\n")]
    entries += [_inline(f"many/{n % 50}/{n}.txt", b"%d" % n) for n in range(5000)]
    repo = await repository(stack, LINTED)
    sha = await push_stream(stack, repo, b"".join(entries))
    runs = await all_ended(stack, repo, sha)
    assert title(runs, "linting") == "1 new error; 0 known."


def _inline(path: str, data: bytes) -> bytes:
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)


async def test_unusual_branch_names_are_gated(stack: Stack) -> None:
    names = ("feat/ü#1", "lock.a", "x" * 200, "a@b", "a{b}", 'it\'s"quoted"', "$(x)", "a&&b;c", "a%2Fb", "heads/main")
    repo = await repository(stack, LINTED)
    shas = [await stack.push(repo, {"a.txt": f"{name}\n"}, branch=name) for name in names]
    for name, sha in zip(names, shas, strict=True):
        runs = await all_ended(stack, repo, sha)
        assert runs["gate"]["conclusion"] == "success", (name, runs["gate"]["output"]["summary"])
    number = await stack.pull(repo, branch="feat/ü#1", base="$(x)")
    assert "Conflicts with `$(x)`" in await stack.comment(repo, number)


async def test_the_first_push_to_an_empty_repository(stack: Stack) -> None:
    repo = (await stack.github.repositories.add_repository("octocat/empty")).full_name
    files = {**LINTED, "lint.txt": "a.txt:1: error: here\n", "a.txt": "x\n"}
    work = await stack.push(repo, files, branch="work")
    assert title(await all_ended(stack, repo, work), "linting") == "1 new error; 0 known."
    main = await stack.push(repo, files | {"b.txt": ""}, branch="main")
    assert (await all_ended(stack, repo, main))["gate"]["status"] == "completed"


async def test_head_removed_by_a_force_push(stack: Stack) -> None:
    repo = await repository(stack, LINTED)
    held = stack.github.webhooks.faults.hold("push", "check_suite")
    old = await stack.push(repo, {"a.txt": "1\n"})
    tips = await git.refs(stack.github.store.repository(repo).path)
    new = await stack.push(repo, {"a.txt": "2\n"}, parent=tips["refs/heads/main"], force=True)
    await _forget(stack, repo, old)
    held.release()
    assert (await all_ended(stack, repo, new))["gate"]["conclusion"] == "success"
    assert all(run["status"] == "completed" for run in stack.runs(repo, old).values())


async def test_branch_deleted_before_its_head_is_fetched(stack: Stack) -> None:
    repo = await repository(stack, LINTED)
    held = stack.github.webhooks.faults.hold("push", "check_suite")
    sha = await stack.push(repo, {"a.txt": "1\n"})
    await stack.github.pushes.delete_branch(repo, "change")
    await _forget(stack, repo, sha)
    held.waiting[:] = held.waiting[:1]  # the event of the deletion is lost
    held.release()
    asked = f"/repos/{repo}/git/ref/heads/change"
    await stack.until(lambda: any(one.path == asked for one in stack.github.requests))
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None
    assert not stack.github.check_runs(repo, sha)


async def _forget(stack: Stack, repo: str, sha: str) -> None:
    """Removes a commit that no branch has, as GitHub's own cleaning does."""
    path = stack.github.store.repository(repo).path
    await git.git(path, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")
    assert not await git.resolve(path, sha)
