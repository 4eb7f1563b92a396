"""Log lines grouped to templates: what stays the same in lines that one statement of a program wrote.

After Drain (He et al., ICWS 2017): a tree of fixed depth by number of words and first words, then the most similar
template of a leaf. It only sees each masked line once: a million lines are some thousands of these.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from activities.incident_logs.masks import WILDCARD, masked

if TYPE_CHECKING:
    import polars as pl

SIMILAR: Final = 0.5
"""The least share of equal words in two lines of one template."""

_TELLS: Final = re.compile(r"\d|(?:Error|Exception)\b|^\W?(?:FATAL|ERROR|WARN|WARNING|INFO|DEBUG)\b")
"""A status code (other digits are masked), the name of an error, a level."""

_MOST_WORDS: Final = 60
_MOST_IN_LEAF: Final = 100
_MOST_DISTINCT: Final = 60_000
_BEGINNING: Final = re.compile(r"^(?:[\[(|<]*<\*>[\])|>]*[\s,:|-]*)+")
_AFTER_KEPT: Final = re.compile(r"(?<=\d)<\*>")
_REPEATED: Final = re.compile(r"<\*>(?:[\s,;:=/|&-]*<\*>)+")


@dataclass
class _Cluster:
    id: int
    words: list[str]


@dataclass
class TemplateTree:
    """Takes masked lines one after the other; `texts` are the templates so far, by their ids."""

    _leaves: dict[tuple[int, tuple[str, ...]], list[_Cluster]] = field(default_factory=dict)
    _known: list[_Cluster] = field(default_factory=list)

    def add(self, line: str) -> int:
        """The id of this line's template."""
        plain = _REPEATED.sub(WILDCARD, _AFTER_KEPT.sub("", _BEGINNING.sub("", line)))
        words = plain.split(None, _MOST_WORDS)[:_MOST_WORDS] or [WILDCARD]
        leaf = self._leaves.setdefault((len(words), _leading(words)), [])
        best, most = None, 0.0
        for cluster in leaf:
            share = _likeness(cluster.words, words)
            if share > most:
                best, most = cluster, share
        if best is None or (most < SIMILAR and len(leaf) < _MOST_IN_LEAF):
            best = _Cluster(len(self._known), words)
            leaf.append(best)
            self._known.append(best)
        elif most < 1:
            best.words = [one if one == other else WILDCARD for one, other in zip(best.words, words, strict=True)]
        return best.id

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(" ".join(cluster.words) for cluster in self._known)


def _leading(words: list[str]) -> tuple[str, ...]:
    """The words that choose a leaf: the first two where they do not vary, and those that no template may leave open."""
    return (*(WILDCARD if WILDCARD in word else word for word in words[:2]), *filter(_TELLS.search, words[2:]))


def _likeness(template: list[str], words: list[str]) -> float:
    """The share of equal words. A wildcard says nothing, so it counts half; what differs in a wildcard's place too."""
    points = 0.0
    for one, other in zip(template, words, strict=True):
        if one == other:
            points += 1
        elif one == WILDCARD:
            points += 0.5
    return points / len(words)


def templates_of(lines: "pl.Series") -> "tuple[pl.Series, tuple[str, ...]]":
    """One service's lines: the template's id of each, and the templates by id. The commonest lines make the templates;
    beyond sixty thousand different ones, the rest are grouped by their first words alone."""
    import polars as pl

    short = masked(lines).alias("masked").to_frame().with_row_index("row")
    counts = short.group_by("masked").len().sort(["len", "masked"], descending=[True, False])
    tree = TemplateTree()
    distinct: list[str] = counts["masked"].to_list()
    ids = [tree.add(line) for line in [*distinct[:_MOST_DISTINCT], *_shortened(distinct[_MOST_DISTINCT:])]]
    found = counts.with_columns(pl.Series("template", ids, dtype=pl.UInt32))
    joined = short.join(found.select("masked", "template"), on="masked", how="left", maintain_order="left")
    return joined["template"], tree.texts


def _shortened(lines: Iterable[str]) -> Iterable[str]:
    return (" ".join([*line.split(None, 3)[:3], WILDCARD]) for line in lines)
