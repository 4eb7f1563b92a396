"""Open pull requests and issues that concern the same as an issue: whether somebody works on it already."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from activities.github.planned_issues.issue_history import Json, login_of
from activities.model import RepoRef
from activities.planned_changes.issue_texts import plain_title
from activities.planned_changes.types import RelatedThread

if TYPE_CHECKING:
    from activities.github.client import API

_MOST_PULLS, _MOST_ISSUES = 10, 5
_MOST_PAGES = 6
_PULLS_AT_ONCE = 25
# Of all different words in two titles, how many have to be in both.
SIMILAR = 0.75
_WORD = re.compile(r"[^\W_]+")
_SMALL_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "do", "does", "for", "from", "if", "in", "into", "is", "it", "its",
    "not", "of", "on", "or", "our", "should", "so", "that", "the", "then", "there", "this", "to", "was", "we", "when",
    "where", "with",
))  # fmt: skip

_PULLS = """
query OpenPullRequests($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    id
    pullRequests(states: [OPEN], first: 50, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number
        title
        body
        headRefName
        isCrossRepository
        author { __typename login }
        closingIssuesReferences(first: 20) { nodes { number repository { id } } }
      }
    }
  }
}
"""
_ISSUES = """
query OpenIssues($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(states: [OPEN], first: 50, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number title author { __typename login } }
    }
  }
}
"""


class IssueReferences:
    """Finds where a text names one issue, as GitHub does: `#7`, `GH-7`, `octocat/hello#7` and the issue's address, and
    behind a word such as `Fixes` as what it closes."""

    def __init__(self, web_url: str, full_name: str, number: int) -> None:
        address = rf"{re.escape(web_url)}/{re.escape(full_name)}/issues/"
        name = rf"(?:{address}|(?<![\w/.-]){re.escape(full_name)}#|(?<![\w/&])(?:#|GH-)){number}(?!\w)"
        closing = rf"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?::\s*|\s+){name}"
        self._name, self._closing = re.compile(name, re.IGNORECASE), re.compile(closing, re.IGNORECASE)

    def named_in(self, text: str) -> bool:
        return bool(self._name.search(text))

    def closed_by(self, text: str) -> bool:
        return bool(self._closing.search(text))


async def related_pulls(
    api: "API", repo: RepoRef, number: int, references: IssueReferences, slug: str
) -> tuple[RelatedThread, ...]:
    """Open pull requests that close or name the issue, those that close it first, then the newest. `slug` is our
    App's."""
    found: dict[int, RelatedThread] = {}
    without_commits: dict[int, RelatedThread] = {}
    async for repository, pull in _listed(api, repo, _PULLS, "pullRequests"):
        thread, concerns = await asyncio.to_thread(_of_pull, repository, pull, number, references, slug)
        if concerns:
            found[thread.number] = thread
        # Who may push to this repository can be asked for all messages; a fork's could be of any size.
        if not thread.closes and not pull["isCrossRepository"]:
            without_commits[thread.number] = thread
    async for pull_number, messages in _commit_messages(api, repo, tuple(without_commits)):
        if references.named_in(messages):
            closes = references.closed_by(messages)
            found[pull_number] = replace(without_commits[pull_number], closes=closes)
    return tuple(sorted(found.values(), key=lambda each: (not each.closes, -each.number))[:_MOST_PULLS])


def _of_pull(
    repository: Json, pull: Json, number: int, references: IssueReferences, slug: str
) -> tuple[RelatedThread, bool]:
    """What a pull request is to the issue, and whether it concerns it at all."""
    from activities.agent_runs.shown_markdown import shown

    text = f"{pull['title']}\n\n{pull['body'] or ''}"
    if references.named_in(text):  # what its readers do not see closes nothing, as in a template's comment
        text = f"{pull['title']}\n\n{shown(str(pull['body'] or ''))}"
    linked = (pull["closingIssuesReferences"] or {}).get("nodes") or ()
    listed = any(one and one["number"] == number and one["repository"]["id"] == repository["id"] for one in linked)
    closes, own_branch = listed or references.closed_by(text), pull["headRefName"] == f"autobuild/issue-{number}"
    ours = _is_ours(pull, slug) or (own_branch and not pull["isCrossRepository"])
    thread = RelatedThread(int(pull["number"]), "pull", plain_title(str(pull["title"])), closes, ours)
    return thread, closes or (ours and own_branch) or references.named_in(text)


async def _commit_messages(api: "API", repo: RepoRef, pulls: Sequence[int]) -> AsyncIterator[tuple[int, str]]:
    """The number of each pull request, and the messages of its newest commits."""
    owner, name = api.full_name(repo).split("/")
    for start in range(0, len(pulls), _PULLS_AT_ONCE):
        some = pulls[start : start + _PULLS_AT_ONCE]
        commits = "commits(last: 50) { nodes { commit { message } } }"
        fields = " ".join(f"p{number}: pullRequest(number: {number}) {{ {commits} }}" for number in some)
        query = f"repository(owner: $owner, name: $name) {{ {fields} }}"
        query = f"query CommitMessages($owner: String!, $name: String!) {{ {query} }}"
        found = (await api.query(query, owner=owner, name=name))["repository"]
        for number in some:
            nodes = found[f"p{number}"]["commits"]["nodes"]
            yield number, "\n\n".join(str(each["commit"]["message"]) for each in nodes if each)


async def similar_issues(api: "API", repo: RepoRef, number: int, title: str, slug: str) -> tuple[RelatedThread, ...]:
    """Of the newest 300 open issues those with nearly the same title, the most similar first."""
    words = title_words(title)
    found: list[tuple[float, RelatedThread]] = []
    async for _, issue in _listed(api, repo, _ISSUES, "issues"):
        alike = similarity(words, title_words(str(issue["title"])))
        if issue["number"] != number and alike >= SIMILAR:
            shown = plain_title(str(issue["title"]))
            found.append((alike, RelatedThread(int(issue["number"]), "issue", shown, ours=_is_ours(issue, slug))))
    found.sort(key=lambda each: (-each[0], -each[1].number))
    return tuple(thread for _, thread in found[:_MOST_ISSUES])


def title_words(title: str) -> frozenset[str]:
    """The words of a title that say what it is about, all of them where none does; `fails` is `fail`."""
    words = frozenset(_WORD.findall(title.casefold()))
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words - _SMALL_WORDS or words
    )


def similarity(one: Collection[str], other: Collection[str]) -> float:
    """From 0 to 1: how many of all their different words are in both."""
    of_both, all_words = set(one) & set(other), set(one) | set(other)
    return len(of_both) / len(all_words) if all_words else 0.0


async def _listed(api: "API", repo: RepoRef, query: str, field: str) -> AsyncIterator[tuple[Json, Any]]:
    """The repository and each open thread of it, the newest first."""
    owner, name = api.full_name(repo).split("/")
    after = None
    for _ in range(_MOST_PAGES):
        repository = (await api.query(query, owner=owner, name=name, after=after))["repository"]
        page = repository[field]
        nodes: Iterable[Any] = page["nodes"]
        for one in nodes:
            if one:
                yield repository, one
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _is_ours(thread: Json, slug: str) -> bool:
    author = thread["author"]
    return bool(author) and author["__typename"] == "Bot" and login_of(author).lower() == f"{slug}[bot]".lower()
