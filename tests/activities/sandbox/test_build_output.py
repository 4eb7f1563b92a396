"""What a build wrote into the tree is visible in later runs, and hides nothing of the tree."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import Runner, SandboxSpec
from tests.activities.sandbox.conftest import shell


@pytest.fixture
def building(spec: SandboxSpec, tmp_path: Path) -> SandboxSpec:
    (tmp_path / "built").mkdir()
    return replace(spec, build_output=tmp_path / "built", save_build_output=True)


def saved(spec: SandboxSpec) -> list[str]:
    assert spec.build_output
    return sorted(
        path.relative_to(spec.build_output).as_posix() for path in spec.build_output.rglob("*") if not path.is_dir()
    )


async def test_new_files_are_saved_and_visible_in_later_runs(runner: Runner, building: SandboxSpec) -> None:
    await runner.run(building, shell("mkdir -p src/pkg && echo 1.0 > src/pkg/_version.py && echo x > native.so"))
    assert saved(building) == ["native.so", "src/pkg/_version.py"]
    assert [path.name for path in building.tree.iterdir()] == ["README"]
    ran = await runner.run(
        replace(building, save_build_output=False), shell("cat src/pkg/_version.py README; echo y > more")
    )
    assert ran.stdout == b"1.0\nhello"
    assert saved(building) == ["native.so", "src/pkg/_version.py"]


async def test_tree_hides_what_was_built(runner: Runner, building: SandboxSpec) -> None:
    await runner.run(building, shell("echo changed > README; mkdir pkg; echo built > pkg/a.py; echo built > pkg/b.py"))
    (building.tree / "pkg").mkdir()
    (building.tree / "pkg" / "a.py").write_text("own\n")
    ran = await runner.run(building, shell("cat README pkg/a.py pkg/b.py"))
    assert ran.stdout == b"helloown\nbuilt\n"


async def test_only_regular_files_and_no_by_products_are_saved(runner: Runner, building: SandboxSpec) -> None:
    script = (
        "ln -s /etc/passwd link; ln -s .. around; mkfifo pipe; rm README; mkdir -p build/lib pkg/build pkg/__pycache__"
        " me.egg-info .cache; touch build/lib/a build/b pkg/build/__init__.py pkg/__pycache__/a.pyc me.egg-info/PKG-INFO"
        " .cache/x kept"
    )
    await runner.run(building, shell(script))
    assert saved(building) == ["kept", "pkg/build/__init__.py"]


async def test_file_in_the_place_of_a_folder_is_skipped(runner: Runner, building: SandboxSpec) -> None:
    await runner.run(building, shell("echo file > a"))
    assert building.build_output
    os.chmod(building.build_output / "a", 0o400)
    ran = await runner.run(
        building, shell("rm -f a; mkdir a; echo b > a/b; mkdir locked; echo c > locked/c; chmod 0 locked")
    )
    assert ran.exit_code == 0
    assert "a" in saved(building)
    (building.tree / "a").mkdir()
    assert (await runner.run(building, shell("ls -d a/"))).stdout == b"a/\n"


async def test_build_output_is_hidden_where_writes_are_kept(runner: Runner, building: SandboxSpec) -> None:
    await runner.run(building, shell("echo x > new"))
    fixing = replace(building, keep_writes=True, save_build_output=False)
    assert (await runner.run(fixing, shell("ls"))).stdout == b"README\n"
    assert [path.name for path in building.tree.iterdir()] == ["README"]


async def test_built_file_is_not_written_through_a_link_of_the_tree(
    runner: Runner, building: SandboxSpec, tmp_path: Path
) -> None:
    assert building.build_output
    (building.build_output / "pkg").mkdir()
    (building.build_output / "pkg" / "_version.py").write_text("1.0")
    (tmp_path / "outside").mkdir()
    (building.tree / "pkg").symlink_to(tmp_path / "outside")
    assert (await runner.run(building, shell("cat README"))).stdout == b"hello"
    assert not list((tmp_path / "outside").iterdir())
