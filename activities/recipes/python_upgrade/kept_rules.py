"""Which rewrites a repository has switched off for itself, in its own configuration of pyupgrade and ruff."""

import re

from activities.migration.python.toml_places import toml_places
from activities.migration.recipe import SourceTree

_KEPT = re.compile(r"--keep-(?:percent-format|mock|runtime-typing)")
_RULE = re.compile(r"UP\d{0,3}")


def kept_rules(tree: SourceTree) -> dict[str, object]:
    """`flags` of pyupgrade, and `ignored` rules of ruff."""
    flags: set[str] = set()
    ignored: set[str] = set()
    for path in tree.named(".pre-commit-config.yaml", ".pre-commit-config.yml"):
        flags.update(_KEPT.findall(tree.read(path) or ""))
    for path in tree.named("pyproject.toml", "ruff.toml", ".ruff.toml"):
        for place in toml_places(tree.read(path) or "") or ():
            names = [key for key in place.keys if isinstance(key, str)]
            in_ruff = not path.endswith("pyproject.toml") or names[:2] == ["tool", "ruff"]
            if in_ruff and names and names[-1] in ("ignore", "extend-ignore") and _RULE.fullmatch(place.value):
                ignored.add(place.value)
            elif in_ruff and names and names[-1] == "keep-runtime-typing" and place.value == "true":
                flags.add("--keep-runtime-typing")
    return {"flags": sorted(flags), "ignored": sorted(ignored)}
