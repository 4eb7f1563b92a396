"""The checkout as a command sees it, and what is left of a run: the reports and nothing else."""

import os
from dataclasses import replace
from pathlib import Path

from activities.sandbox import Runner, SandboxSpec
from tests.activities.sandbox.conftest import python, shell

LOCKED = "mkdir -p a/b; echo x > a/b/c; chmod 0 a/b/c a/b a; mkdir \"$(printf 'x\\ny \\377')\"; ln -s / link"
DEEP = "import os\nfor _ in range(3000): os.mkdir('d' * 50); os.chdir('d' * 50)"


async def test_writes_to_the_tree_are_thrown_away(runner: Runner, spec: SandboxSpec) -> None:
    ran = await runner.run(spec, shell("cat README; echo changed > README; rm -r sub; touch new; cat README"))
    assert ran.stdout == b"hellochanged\n"
    assert (spec.tree / "README").read_text() == "hello"
    assert [path.name for path in spec.tree.iterdir()] == ["README"]


async def test_every_run_starts_with_the_unchanged_checkout(runner: Runner, spec: SandboxSpec) -> None:
    await runner.run(spec, shell('touch new "$HOME/new" "$TMPDIR/new"'))
    ran = await runner.run(spec, shell('ls "$HOME" "$TMPDIR"; ls'))
    assert b"new" not in ran.stdout


async def test_kept_writes_change_the_checkout(runner: Runner, spec: SandboxSpec) -> None:
    await runner.run(replace(spec, keep_writes=True), shell("echo changed > README"))
    assert (spec.tree / "README").read_text() == "changed\n"


async def test_reports_stay(runner: Runner, spec: SandboxSpec) -> None:
    await runner.run(spec, shell('mkdir "$1/deep"; echo report > "$1/deep/r.xml"', runner.paths(spec).out))
    assert (spec.out / "deep" / "r.xml").read_text() == "report\n"


async def test_working_folder_is_the_commands(runner: Runner, spec: SandboxSpec) -> None:
    (spec.tree / "web app").mkdir()
    ran = await runner.run(spec, shell("pwd", cwd="web app"))
    assert ran.stdout.decode() == f"{runner.paths(spec).src}/web app\n"


async def test_odd_file_names_are_visible(runner: Runner, spec: SandboxSpec) -> None:
    names = [b"with space", b"with\nnewline", b"not utf-8 \xff\xfe", b"-rf", b"comma,colon:back\\slash"]
    for name in names:
        Path(os.fsdecode(os.fsencode(spec.tree) + b"/" + name)).write_text("x")
    ran = await runner.run(spec, python("import os; print(os.listdir(b'.'))"))
    assert all(repr(name).encode() in ran.stdout for name in names)


async def test_checkout_may_have_an_odd_path(runner: Runner, spec: SandboxSpec, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/sp ace,comma:colon\\back\n\xff"))
    tree, out = odd / "tree", odd / "out"
    tree.mkdir(parents=True)
    out.mkdir()
    ran = await runner.run(replace(spec, tree=tree, out=out), shell("echo x > y; cat y"))
    assert (ran.stdout, ran.stderr) == (b"x\n", b"")
    assert [path.name for path in odd.iterdir()] == ["tree", "out"] or len(list(odd.iterdir())) == 2


async def test_temporary_folders_are_removed(runner: Runner, spec: SandboxSpec) -> None:
    home = runner.paths(spec).home
    await runner.run(spec, shell(f'{LOCKED}; cd "$1"; {LOCKED}', home))
    await runner.run(spec, python(DEEP))
    assert [path.name for path in spec.out.parent.iterdir()] == ["out"]


async def test_environment_is_clean(runner: Runner, spec: SandboxSpec) -> None:
    ran = await runner.run(spec, shell("env", env={"LANG": "de_DE.UTF-8", "ODD": "a b\n=c"}))
    places = runner.paths(spec)
    assert b"LANG=de_DE.UTF-8\n" in ran.stdout
    assert b"ODD=a b\n=c\n" in ran.stdout
    assert f"HOME={places.home}\n".encode() in ran.stdout
    names = {line.split(b"=")[0] for line in ran.stdout.splitlines()} - {b"ODD", b"", b"_", b"SHLVL"}
    if runner.name == "local":  # by which its processes are found, wherever they go
        names -= {b"AUTOBUILD_RUN", b"AUTOBUILD_STARTED_BY"}
    assert names == {b"PATH", b"HOME", b"LANG", b"TMPDIR", b"CI", b"PWD"}
