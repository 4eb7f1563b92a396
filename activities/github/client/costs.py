"""What a request costs by GitHub's rules, which are told in `budget.py`."""

import re
from dataclasses import dataclass

_READS = ("GET", "HEAD", "OPTIONS")
# GitHub says "content" for what people are told of: comments, pulls, issues, reviews and the like. Check runs,
# statuses and refs are writes and no content.
_CONTENT = frozenset({
    "comments", "replies", "reactions", "issues", "pulls", "reviews", "requested_reviewers", "releases",
})  # fmt: skip
_MUTATION = re.compile(r"\s*mutation\b")


@dataclass(frozen=True)
class Cost:
    """`key` tells like requests: one may go in the other's place. `resource` is whose primary limit it is, in
    GitHub's words. `lanes` are what it must find room in, with how much."""

    key: str
    resource: str
    lanes: tuple[tuple[str, int], ...]


def cost_of(method: str, path: str) -> Cost:
    """Of a REST request: a read is one point, a write five."""
    resource = "search" if "/search/" in f"{path}/" else "core"
    if method in _READS:
        return Cost(f"{method} {path}", resource, (("points", 1),))
    lanes = [("points", 5)]
    last = path.rstrip("/").rsplit("/", 1)[-1]
    if last != "access_tokens":  # the app's own business, which writes to no repository
        lanes.append(("writes", 1))
    if (method, last) == ("PUT", "merge") or (method == "POST" and last in _CONTENT):
        lanes.append(("content", 1))
    return Cost(f"{method} {path}", resource, tuple(lanes))


def cost_of_query(text: str) -> Cost:
    """Of a GraphQL request: a query is one point, a mutation five; ours are commits, which are content."""
    if _MUTATION.match(text):
        return Cost("mutation", "graphql", (("queries", 5), ("writes", 1), ("content", 1)))
    return Cost("query", "graphql", (("queries", 1),))
