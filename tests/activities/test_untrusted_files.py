"""Files as hostile code leaves them: links, pipes, devices, races, sizes and names."""

import os
import socket
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from activities.untrusted_files import TreeLimits, UntrustedFileError, UntrustedFolder, remove_tree

LIMIT = 1000


@pytest.fixture
def folder(tmp_path: Path) -> UntrustedFolder:
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    return UntrustedFolder(tmp_path / "root")


def following(folder: UntrustedFolder) -> UntrustedFolder:
    return UntrustedFolder(folder.root, follow_links=True)


def put(folder: UntrustedFolder, path: str, text: str = "text") -> Path:
    place = folder.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


def link(folder: UntrustedFolder, path: str, target: str | Path) -> None:
    (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
    (folder.root / path).symlink_to(target)


def reason(read: Callable[[], object]) -> str:
    with pytest.raises(UntrustedFileError) as caught:
        read()
    return caught.value.reason


@pytest.mark.parametrize("name", ["a", "a b/c/d", "./a", "new\nline", os.fsdecode(b"\xff\xfe"), "-rf", "\u202ea"])
def test_regular_file_is_read(folder: UntrustedFolder, name: str) -> None:
    put(folder, name)
    for each in (folder, following(folder)):
        assert each.read_bytes(name, LIMIT) == b"text"
        assert each.is_file(name)
        assert not each.is_folder(name)


def test_text_is_valid_and_has_one_kind_of_line_end(folder: UntrustedFolder) -> None:
    (folder.root / "a").write_bytes(b"one\r\ntwo\rthree\xff\n")
    assert folder.read_text("a", LIMIT) == "one\ntwo\nthree\ufffd\n"


@pytest.mark.parametrize("follow_links", [False, True])
@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "a/..", "..", "/etc/passwd", "//etc/passwd"])
def test_path_that_leads_out_is_refused(folder: UntrustedFolder, path: str, follow_links: bool) -> None:
    put(folder, "a/b")
    each = UntrustedFolder(folder.root, follow_links)
    assert reason(lambda: each.read_bytes(path, LIMIT)) == "leads out of its folder"
    assert reason(lambda: each.write(path, b"")) == "leads out of its folder"
    assert not each.is_folder(path)
    assert each.names(path) == ()


@pytest.mark.parametrize("path", ["", ".", "a", "a/b", "a/b\0", "\ud800", "x" * 300, "a/" * 3000 + "b"])
def test_no_file_is_an_error(folder: UntrustedFolder, path: str) -> None:
    (folder.root / "a").mkdir()
    assert reason(lambda: folder.read_bytes(path, LIMIT))
    assert not folder.is_file(path)


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "real", "self", "../outside/secret", "nowhere"])
def test_link_is_not_followed(folder: UntrustedFolder, target: str) -> None:
    put(folder, "real")
    link(folder, "self", target)
    assert reason(lambda: folder.read_bytes("self", LIMIT)) == "is behind a link"
    assert not folder.is_file("self")


@pytest.mark.parametrize("target", ["../../outside", "{outside}", "../real", "."])
def test_link_in_the_middle_is_not_followed(folder: UntrustedFolder, tmp_path: Path, target: str) -> None:
    put(folder, "real/secret")
    link(folder, "deep/link", target.format(outside=tmp_path / "outside"))
    assert reason(lambda: folder.read_bytes("deep/link/secret", LIMIT)) == "is behind a link"
    assert reason(lambda: folder.write("deep/link/new", b"evil")) == "is behind a link"
    assert folder.names("deep/link") == ()
    assert not folder.is_folder("deep/link")
    assert not (tmp_path / "outside" / "new").exists()


def test_link_inside_the_folder_is_followed_where_that_is_allowed(folder: UntrustedFolder) -> None:
    put(folder, "real/deep/file")
    link(folder, "folder", "./real//deep/")
    link(folder, "real/up", "../real/deep/../deep/file")
    link(folder, "again", "folder/file")
    link(folder, "back", "real/deep/../..")
    each = following(folder)
    for path in ("folder/file", "real/up", "again", "back/again"):
        assert each.read_text(path, LIMIT) == "text"
    assert each.is_folder("folder")
    assert each.names("folder") == ("file",)
    assert each.is_folder("back")


@pytest.mark.parametrize(
    "target",
    ["../secret", "real/../../secret", "/etc/passwd", "{root}/real/file", "out", "loop", "loop/x", "folder/secret"],
)
def test_followed_link_never_leads_outside(folder: UntrustedFolder, tmp_path: Path, target: str) -> None:
    put(folder, "real/file")
    link(folder, "folder", tmp_path / "outside")
    link(folder, "out", "real/../../outside/secret")
    link(folder, "loop", "loop")
    link(folder, "link", target.format(root=folder.root))
    assert reason(lambda: following(folder).read_bytes("link", LIMIT)) in (
        "leads out of its folder", "is behind a link",
    )  # fmt: skip


@pytest.mark.parametrize("follow_links", [False, True])
def test_only_regular_files_are_opened(tmp_path: Path, folder: UntrustedFolder, follow_links: bool) -> None:
    os.mkfifo(folder.root / "pipe")
    (folder.root / "folder").mkdir()
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder.root)  # the address of a socket must be short
    try:
        server.bind("socket")
    finally:
        os.chdir(here)
    with closing(server):
        for name in ("pipe", "folder", "socket"):
            each = UntrustedFolder(folder.root, follow_links)
            assert reason(lambda each=each, name=name: each.read_bytes(name, LIMIT)) == "is not a regular file"  # type: ignore[misc]
            assert not each.is_file(name)
    assert (
        reason(lambda: UntrustedFolder(Path("/dev"), follow_links).read_bytes("zero", LIMIT)) == "is not a regular file"
    )


@pytest.mark.parametrize("follow_links", [False, True])
def test_many_are_read_as_one_is(tmp_path: Path, folder: UntrustedFolder, follow_links: bool) -> None:
    each = UntrustedFolder(folder.root, follow_links)
    for name in ("a", "sub/b", "sub/c", "sub/deeper/d", "z"):
        put(folder, name, name)
    put(folder, "sub/large", "x" * (LIMIT + 1))
    os.mkfifo(folder.root / "sub" / "pipe")
    link(folder, "sub/inside", "b")
    link(folder, "sub/outside", tmp_path / "secret")
    link(folder, "behind", tmp_path / "outside")
    odd = [
        "behind/secret",
        "sub",
        "../secret",
        "sub/../../secret",
        str(tmp_path / "secret"),
        "nul\0",
        "",
        "sub/",
        "gone/x",
    ]
    names = [f"sub/{name}" for name in ("b", "pipe", "c", "inside", "outside", "large", "gone", "deeper/d")]
    paths = ["a", *names, *odd, "z"]

    def alone(path: str) -> bytes | None:
        try:
            return each.read_bytes(path, LIMIT)
        except UntrustedFileError:
            return None

    assert list(each.read_each(paths, LIMIT)) == [(path, alone(path)) for path in paths]


def test_opening_a_pipe_does_not_wait_for_its_other_end(folder: UntrustedFolder) -> None:
    """Also one that took the place of a file after the look at it; the same flags open both."""
    os.mkfifo(folder.root / "pipe")
    reading = threading.Thread(target=lambda: folder.is_file("pipe"), daemon=True)
    reading.start()
    reading.join(20)
    assert not reading.is_alive()


def test_file_beyond_the_limit_is_refused(folder: UntrustedFolder) -> None:
    put(folder, "a", "x" * LIMIT)
    assert len(folder.read_bytes("a", LIMIT)) == LIMIT
    assert reason(lambda: folder.read_bytes("a", LIMIT - 1)) == "is larger than 999 bytes"
    with (folder.root / "hole").open("wb") as file:
        file.truncate(1 << 40)
    assert reason(lambda: folder.read_bytes("hole", 5 * 1024**2)) == "is larger than 5 MiB"


def test_missing_root_is_an_error(folder: UntrustedFolder) -> None:
    nowhere = UntrustedFolder(folder.root / "nowhere")
    assert reason(lambda: nowhere.read_bytes("a", LIMIT)) == "is missing"
    assert nowhere.names() == ()
    assert list(nowhere.files()) == []


def test_root_may_be_behind_a_link(folder: UntrustedFolder, tmp_path: Path) -> None:
    put(folder, "a")
    (tmp_path / "link").symlink_to(folder.root)
    assert UntrustedFolder(tmp_path / "link").read_bytes("a", LIMIT) == b"text"


def test_names_and_files_are_listed_and_links_are_not_walked(folder: UntrustedFolder, tmp_path: Path) -> None:
    odd = os.fsdecode(b"odd\xff")
    for path in ("b", "a/c", "a/skipped/d", odd):
        put(folder, path)
    link(folder, "a/link", tmp_path / "outside")
    os.mkfifo(folder.root / "a" / "pipe")
    assert folder.names() == ("a", "b", odd)
    assert folder.names("a") == ("c", "link", "pipe", "skipped")
    assert list(folder.files(enter=lambda path: path != "a/skipped")) == ["b", odd, "a/c"]
    assert list(folder.files("a")) == ["a/c", "a/skipped/d"]
    assert list(following(folder).files("a")) == ["a/c", "a/link", "a/skipped/d"]


def test_what_is_replaced_between_listing_and_opening_is_not_opened(folder: UntrustedFolder, tmp_path: Path) -> None:
    put(folder, "a/file")
    put(folder, "b/file")
    found = sorted(folder.files())
    (folder.root / "a").rename(folder.root / "moved")
    link(folder, "a", tmp_path / "outside")
    (folder.root / "b" / "file").unlink()
    link(folder, "b/file", tmp_path / "secret")
    assert [reason(lambda path=path: folder.read_bytes(path, LIMIT)) for path in found] == ["is behind a link"] * 2  # type: ignore[misc]


@pytest.mark.parametrize("follow_links", [False, True])
def test_links_that_are_swapped_in_never_lead_outside(
    folder: UntrustedFolder, tmp_path: Path, follow_links: bool
) -> None:
    """A file and a folder are replaced by links to the outside and back as fast as possible."""
    put(folder, "plain/secret", "ours")
    for name in ("file", "folder"):
        link(folder, f"{name}.link", tmp_path / ("secret" if name == "file" else "outside"))
    put(folder, "file.plain", "ours")
    put(folder, "folder.plain/secret", "ours")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for name in ("file", "folder"):
                for kind in ("plain", "link"):
                    os.rename(folder.root / f"{name}.{kind}", folder.root / name)
                    os.rename(folder.root / name, folder.root / f"{name}.{kind}")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        each = UntrustedFolder(folder.root, follow_links)
        for _ in range(2000):
            for path in ("file", "folder/secret"):
                try:
                    assert each.read_text(path, LIMIT) == "ours"
                except UntrustedFileError:
                    continue
    finally:
        stop.set()
        swapping.join()


@pytest.mark.parametrize("kind", ["nothing", "file", "link", "pipe"])
def test_writing_replaces_what_has_the_name(folder: UntrustedFolder, tmp_path: Path, kind: str) -> None:
    match kind:
        case "file":
            put(folder, "a/b", "old")
        case "link":
            link(folder, "a/b", tmp_path / "secret")
        case "pipe":
            (folder.root / "a").mkdir()
            os.mkfifo(folder.root / "a" / "b")
    for each in (folder, following(folder)):
        each.write("a/b", b"new")
        assert (folder.root / "a" / "b").read_bytes() == b"new"
    assert not (folder.root / "a" / "b").is_symlink()
    assert (tmp_path / "secret").read_text() == "secret"


def test_writing_replaces_no_folder(folder: UntrustedFolder) -> None:
    put(folder, "a/b")
    assert reason(lambda: folder.write("a", b"new"))
    assert reason(lambda: folder.write("a/b/c", b"new"))
    assert (folder.root / "a" / "b").read_text() == "text"


def test_copying_and_moving_keep_mode_and_time_and_follow_no_link(folder: UntrustedFolder, tmp_path: Path) -> None:
    target = UntrustedFolder(tmp_path / "target")
    target.root.mkdir()
    for name in ("copied", "moved"):
        put(folder, f"a/{name}").chmod(0o751)
        os.utime(folder.root / "a" / name, (1000, 2000))
    folder.copy("a/copied", target)
    folder.move("a/moved", target)
    assert folder.names("a") == ("copied",)
    for name in ("copied", "moved"):
        facts = (target.root / "a" / name).stat()
        assert (stat.S_IMODE(facts.st_mode), facts.st_mtime) == (0o751, 2000)
    link(folder, "link", tmp_path / "secret")
    link(target, "b", tmp_path / "outside")
    put(folder, "b/secret", "evil")
    for take in (folder.copy, folder.move):
        assert reason(lambda take=take: take("link", target)) in ("is behind a link", "is not a regular file")  # type: ignore[misc]
        assert reason(lambda take=take: take("b/secret", target)) == "is behind a link"  # type: ignore[misc]
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert target.names() == ("a", "b")


def test_only_readable_regular_files_are_kept(folder: UntrustedFolder, tmp_path: Path) -> None:
    put(folder, "a/locked/file").chmod(0)
    (folder.root / "a" / "locked").chmod(0)
    link(folder, "link", tmp_path / "outside")
    link(folder, "a/link", tmp_path / "secret")
    os.mkfifo(folder.root / "a" / "pipe")
    put(folder, os.fsdecode(b"odd\n\xff"))
    folder.keep_regular_files()
    assert sorted(folder.files()) == ["a/locked/file", os.fsdecode(b"odd\n\xff")]
    assert folder.names("a") == ("locked",)
    assert stat.S_IMODE((folder.root / "a" / "locked").stat().st_mode) == 0o700
    assert (tmp_path / "outside" / "secret").exists()


def test_what_is_too_deep_is_not_opened_and_not_kept(folder: UntrustedFolder) -> None:
    deep = "d/" * 200
    put(folder, f"{deep}file")
    put(folder, f"{deep}d/too-deep")
    assert folder.read_bytes(f"{deep}file", LIMIT) == b"text"
    assert reason(lambda: folder.read_bytes(f"{deep}d/too-deep", LIMIT)) == "is nested too deeply"
    folder.keep_regular_files()
    assert list(folder.files()) == [f"{deep}file"]
    assert folder.names(deep) == ("file",)


def test_a_tree_deeper_than_a_path_can_name_is_removed(folder: UntrustedFolder, tmp_path: Path) -> None:
    handle = os.open(folder.root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d" * 60, dir_fd=handle)
        below = os.open("d" * 60, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    folder.keep_regular_files()
    assert list(folder.files()) == []
    link(folder, "link", tmp_path / "outside")
    remove_tree(folder.root)
    assert not folder.root.exists()
    assert (tmp_path / "outside" / "secret").exists()
    remove_tree(folder.root)


@pytest.mark.parametrize("kind", ["link", "file", "pipe"])
def test_a_link_in_the_place_of_a_tree_is_removed_and_not_what_it_leads_to(
    folder: UntrustedFolder, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "outside").chmod(0o500)
    match kind:
        case "link":
            link(folder, "tree", tmp_path / "outside")
        case "file":
            put(folder, "tree")
        case _:
            os.mkfifo(folder.root / "tree")
    remove_tree(folder.root / "tree")
    assert folder.names() == ()
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert stat.S_IMODE((tmp_path / "outside").stat().st_mode) == 0o500


def test_permissions_of_what_is_behind_a_link_stay(folder: UntrustedFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").chmod(0o400)
    (tmp_path / "outside").chmod(0o500)
    put(folder, "tree/locked/file").chmod(0)
    (folder.root / "tree" / "locked").chmod(0)
    link(folder, "tree/file", tmp_path / "secret")
    link(folder, "tree/folder", tmp_path / "outside")
    folder.keep_regular_files()
    link(folder, "tree/file", tmp_path / "secret")
    link(folder, "tree/folder", tmp_path / "outside")
    folder.remove("tree")
    assert folder.names() == ()
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o400
    assert stat.S_IMODE((tmp_path / "outside").stat().st_mode) == 0o500


def test_removal_never_leads_outside_while_folders_are_swapped(folder: UntrustedFolder, tmp_path: Path) -> None:
    """A folder below is replaced by a link to the outside and back as fast as possible while the tree is removed."""
    stop, removed = threading.Event(), 0

    def swap() -> None:
        while not stop.is_set():
            for name in ("plain", "link"):
                try:
                    os.rename(folder.root / "tree" / "a" / name, folder.root / "tree" / "a" / "b")
                    os.rename(folder.root / "tree" / "a" / "b", folder.root / "tree" / "a" / name)
                except OSError:
                    continue

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(300):
            put(folder, "new/a/plain/c/file")
            link(folder, "new/a/link", tmp_path / "outside")
            (folder.root / "new").rename(folder.root / "tree")
            remove_tree(folder.root / "tree")
            removed += not (folder.root / "tree").exists()
            while (folder.root / "tree").exists():  # what the other thread put back in between
                remove_tree(folder.root / "tree")
    finally:
        stop.set()
        swapping.join()
    assert removed
    assert (tmp_path / "outside" / "secret").read_text() == "secret"


def test_a_tree_is_copied_without_what_is_no_file_folder_or_link(folder: UntrustedFolder, tmp_path: Path) -> None:
    target = UntrustedFolder(tmp_path / "target")
    target.root.mkdir()
    odd = os.fsdecode(b"odd\n\xff")
    put(folder, "a/b/file", "text").chmod(0o4755)
    put(folder, f"a/{odd}")
    link(folder, "a/out", tmp_path / "outside")
    link(folder, "loop", "loop")
    os.mkfifo(folder.root / "a" / "pipe")
    (folder.root / "empty").mkdir()
    with (folder.root / "hole").open("wb") as file:
        file.truncate(3 * 1024**2)
    folder.copy_tree(target)
    assert sorted((entry.path, entry.kind) for entry in target.walk()) == [
        ("a", "folder"), ("a/b", "folder"), ("a/b/file", "file"), (f"a/{odd}", "file"), ("a/out", "link"),
        ("empty", "folder"), ("hole", "file"), ("loop", "link"),
    ]  # fmt: skip
    assert stat.S_IMODE((target.root / "a/b/file").stat().st_mode) == 0o755
    assert (target.root / "a/b/file").stat().st_mtime_ns == (folder.root / "a/b/file").stat().st_mtime_ns
    assert target.link_target("a/out") == str(tmp_path / "outside")
    assert target.read_bytes("hole", 4 * 1024**2) == bytes(3 * 1024**2)


def test_a_tree_beyond_its_limits_is_not_copied(folder: UntrustedFolder, tmp_path: Path) -> None:
    target = UntrustedFolder(tmp_path / "target")
    target.root.mkdir()
    for number in range(5):
        put(folder, f"a/{number}", "12345")
    folder.copy_tree(target, TreeLimits(entries=6, size=25))
    for limits in (TreeLimits(entries=5), TreeLimits(size=24)):
        assert "holds more than" in reason(lambda limits=limits: folder.copy_tree(target, limits))  # type: ignore[misc]


def test_looking_at_a_link_sees_the_link(folder: UntrustedFolder, tmp_path: Path) -> None:
    put(folder, "real/file").chmod(0o755)
    link(folder, "link", "real")
    link(folder, "out", tmp_path / "outside")
    for each in (folder, following(folder)):
        found = {path: entry.kind for path in ("real", "real/file", "link", "out", "no") if (entry := each.look(path))}
        assert found == {"real": "folder", "real/file": "file", "link": "link", "out": "link"}
        assert each.look("out/secret") is None
    assert folder.look("link/file") is None
    inside = following(folder).look("link/file")
    assert inside
    assert inside.executable


@pytest.mark.parametrize("path", ["link", "link/new", "pipe", "file", "file/new"])
def test_no_folder_is_made_behind_a_link_or_over_a_file(folder: UntrustedFolder, tmp_path: Path, path: str) -> None:
    link(folder, "link", tmp_path / "outside")
    put(folder, "file")
    os.mkfifo(folder.root / "pipe")
    assert reason(lambda: folder.make_folder(path))
    folder.make_folder("a/b")
    folder.make_folder("a/b")
    assert folder.is_folder("a/b")
    assert sorted(path.name for path in (tmp_path / "outside").iterdir()) == ["secret"]
