"""What the tools refuse, and how a miss is answered."""

from pathlib import Path

import pytest

from activities.agent_chat.edits import Editor, ToolProblem, checked_path
from activities.agent_chat.fenced import read_call
from activities.agent_chat.limits import head_and_tail
from activities.agent_chat.looking import list_folder, search_files, show_file
from activities.agent_chat.tools import BadCall
from activities.untrusted_files import UntrustedFolder


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(UntrustedFolder(tmp_path))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/hooks/x", "a\0b"])
def test_paths_that_lead_out(path: str) -> None:
    with pytest.raises(ToolProblem):
        checked_path(path)


def test_links_binaries_and_large_files_are_neither_shown_nor_changed(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "latin").write_bytes(b"\xe9t\xe9")
    (tmp_path / "large").write_bytes(b"x" * (1024**2 + 1))
    for path in ("link", "folder/passwd", "binary", "latin", "large"):
        with pytest.raises(ToolProblem):
            show_file(editor.tree, path)
        with pytest.raises(ToolProblem):
            editor.edit(path, "x", "y")
        with pytest.raises(ToolProblem):
            editor.write(path, "y")
    assert (tmp_path / "link").is_symlink()


def test_an_edit_keeps_how_the_file_is_written(editor: Editor, tmp_path: Path) -> None:
    file = tmp_path / "a.bat"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    file.chmod(0o755)
    assert editor.edit("a.bat", "one\ntwo", "1\n2") == "Changed a.bat at line 1."
    assert file.read_bytes() == b"\xef\xbb\xbf1\r\n2\r\n"
    assert file.stat().st_mode & 0o100
    (tmp_path / "mixed").write_bytes(b"a\r\nb\nc\r\n")
    editor.edit("mixed", "b\n", "B\n")
    assert (tmp_path / "mixed").read_bytes() == b"a\r\nB\nc\r\n"


def test_a_miss_names_the_nearest_lines_and_the_second_one_wants_the_whole_file(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n\n\ndef total(one, two):\n    return one + two\n")
    with pytest.raises(ToolProblem, match=r"(?s)does not stand in a.py.* 4  def total\(one, two\):\n +5  "):
        editor.edit("a.py", "def total(one,  two):", "x")
    with pytest.raises(ToolProblem, match=r"(?s)Write the whole file.*import os"):
        editor.edit("a.py", "def sum():", "x")
    with pytest.raises(ToolProblem, match="Write the whole file"):
        editor.edit("a.py", "import os", "import re")
    editor.write("a.py", "import re\n")
    editor.edit("a.py", "import re", "import os")
    with pytest.raises(ToolProblem, match=r"stands 2 times in a.py \(lines 1, 1\)"):
        editor.edit("a.py", "o", "x")


def test_a_large_file_is_not_written_anew_at_once(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("word\n" * 6000)
    with pytest.raises(ToolProblem, match=r"large \(6,000 lines\)"):
        editor.write("a.txt", "short\n")


def test_looking(tmp_path: Path) -> None:
    tree = UntrustedFolder(tmp_path)
    for path in ("b/c.py", "node_modules/x.js", ".git/config", "a.py"):
        tree.write(path, b"def total(x):\n    return x\n")
    assert list_folder(tree) == "a.py\nb/\nnode_modules/"
    assert search_files(tree, r"def \w+\(") == "a.py:1: def total(x):\nb/c.py:1: def total(x):"
    assert search_files(tree, "total(", "b") == "b/c.py:1: def total(x):"
    assert show_file(tree, "a.py", 2, 9) == "a.py, lines 2 to 2 of 2:\n     2      return x"
    assert "No line fits" in search_files(tree, "nothing")
    tree.write("evil", b"a" * 5000 + b"!")
    assert "was ended" in search_files(tree, r"^(a|aa)+$", "evil", seconds=0.2)
    assert head_and_tail("x" * 20_000).count("x") == 10_000 + "characters left out: ask for less".count("x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```read a b.py 3-9\n```", ("read", {"path": "a b.py", "start": 3, "end": 9})),
        ("Text.\n```read a.py\n```\n", ("read", {"path": "a.py", "start": 1, "end": 0})),
        ("````write a.md\n```python\nx\n```\n````", ("write", {"path": "a.md", "content": "```python\nx\n```\n"})),
        ("```search src\ndef f\\(\n```", ("search", {"pattern": "def f\\(", "path": "src"})),
        ("```edit a\n<<<<<<< SEARCH\na\n\n=======\n>>>>>>> REPLACE\n```", ("edit", {"path": "a", "search": "a\n", "replace": ""})),
        ("```done\n[1]\n```", ("done", {"text": "[1]"})),
    ],
)  # fmt: skip
def test_the_protocol_in_text(text: str, expected: object) -> None:
    assert read_call(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "Done.", "```\nx\n```", "```python\nx\n```", "```read a", "```read a\n```\nmore", "```list\n```\n```list\n```",
        "```edit a\nx\n```", "```fly\n```",
    ],
)  # fmt: skip
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadCall):
        read_call(text)
