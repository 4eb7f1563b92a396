"""An installed distribution with one plug-in, as its metadata says."""

from pathlib import Path


def write_distribution(site: Path, kind: str, name: str, text: str) -> None:
    """A plug-in of a kind ("tools") in the module `autobuild_<name>`, below a folder of the path."""
    info = site / f"autobuild_{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: autobuild-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[autobuild.{kind}]\n{name} = autobuild_{name}:tool\n")
    (site / f"autobuild_{name}.py").write_text(text)
