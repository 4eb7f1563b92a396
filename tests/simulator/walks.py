"""Calls of the endpoints, part by part."""

import base64
from typing import Any

from tests.simulator.conftest import REPO, ApiClient

R = f"/repos/{REPO}"


class Walk:
    """Asks, and insists on a status."""

    def __init__(self, ask: ApiClient) -> None:
        self.ask = ask

    async def __call__(self, method: str, path: str, body: Any = None, *, who: str = "bot", status: int = 200) -> Any:
        reply = await self.ask(method, path, body, who=who)
        assert reply.status == status, (method, path, reply.status, reply.body)
        return reply.body


async def walk_contents(go: Walk) -> None:
    await go("GET", f"{R}/contents/src/hello.py?ref=feature")
    await go("GET", f"{R}/contents/src")
    file = {"message": "Put", "content": base64.b64encode(b"1\n").decode(), "branch": "other"}
    made = await go("PUT", f"{R}/contents/put.txt", file, status=201)
    await go("PUT", f"{R}/contents/put.txt", {**file, "content": "", "sha": made["content"]["sha"]})


async def walk_statuses(go: Walk, sha: str) -> None:
    status = {"state": "success", "context": "autobuild", "description": "all is well", "target_url": None}
    await go("POST", f"{R}/statuses/{sha}", status, status=201)
    await go("GET", f"{R}/commits/{sha}/status")
    await go("GET", f"{R}/commits/feature/statuses")


async def walk_deployments(go: Walk) -> None:
    body = {"ref": "main", "environment": "staging", "description": "A fix", "auto_merge": False}
    made = await go("POST", f"{R}/deployments", body, who="octocat", status=201)
    await go("GET", f"{R}/deployments?environment=staging")
    await go("GET", f"{R}/deployments/{made['id']}")
    url = f"{R}/deployments/{made['id']}/statuses"
    status = await go("POST", url, {"state": "success", "description": "It runs"}, who="octocat", status=201)
    await go("GET", url)
    await go("GET", f"{url}/{status['id']}")


async def walk_reviews(go: Walk, number: int) -> None:
    pull = f"{R}/pulls/{number}"
    who = {"reviewers": ["octocat"]}
    await go("POST", f"{pull}/requested_reviewers", who, status=201)
    await go("GET", f"{pull}/requested_reviewers")
    await go("DELETE", f"{pull}/requested_reviewers", who)
    await go("POST", f"{pull}/reviews", {"event": "COMMENT", "body": "hm"})
    [review, *_] = await go("GET", f"{pull}/reviews")
    await go("GET", f"{pull}/reviews/{review['id']}")
    first = go.ask.github.review_threads.open_thread(REPO, number, "new.py", 1, "Why?").comments[0].id
    reply = await go("POST", f"{pull}/comments/{first}/replies", {"body": "Because."}, status=201)
    await go("GET", f"{pull}/comments")
    await go("GET", f"{R}/pulls/comments/{first}")
    await go("PATCH", f"{R}/pulls/comments/{reply['id']}", {"body": "Since."})
    await go("POST", f"{R}/pulls/comments/{first}/reactions", {"content": "eyes"}, status=201)


async def walk_rulesets(go: Walk) -> None:
    fields: dict[str, Any] = {"name": "free", "target": "branch", "enforcement": "disabled"}
    fields["conditions"] = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    fields["rules"] = [{"type": "deletion"}]
    made = await go("POST", f"{R}/rulesets", fields, who="octocat", status=201)
    await go("POST", f"{R}/rulesets", fields, who="octocat", status=422)
    await go("POST", f"{R}/rulesets", fields, status=403)
    await go("GET", f"{R}/rulesets?includes_parents=false")
    await go("PUT", f"{R}/rulesets/{made['id']}", {"rules": []}, who="octocat")
    await go("GET", f"{R}/rulesets/{made['id']}", who="octocat")
    await go("GET", f"{R}/rulesets/7", status=404)


async def walk_merges(go: Walk, number: int) -> None:
    pull = f"{R}/pulls/{number}"
    await go("GET", f"{pull}/merge", status=404)
    await go("POST", f"{R}/git/refs", {"ref": "refs/heads/main2", "sha": await _tip(go, "main")}, status=201)
    file = {"message": "On main", "content": "", "branch": "main"}
    await go("PUT", f"{R}/contents/main.txt", file, status=201)
    await go("POST", f"{R}/merges", {"base": "main2", "head": "main"}, status=201)
    await go("PUT", f"{pull}/update-branch", {"expected_head_sha": await _tip(go, "feature")}, status=202)
    await go("PUT", f"{pull}/merge", {"sha": await _tip(go, "feature")})


async def _tip(go: Walk, branch: str) -> str:
    return str((await go("GET", f"{R}/git/ref/heads/{branch}"))["object"]["sha"])


async def walk_objects(go: Walk) -> None:
    blob = (await go("POST", f"{R}/git/blobs", {"content": "x = 1\n"}, status=201))["sha"]
    await go("GET", f"{R}/git/blobs/{blob}")
    entry = {"path": "x.py", "mode": "100644", "type": "blob", "sha": blob}
    tree = (await go("POST", f"{R}/git/trees", {"tree": [entry]}, status=201))["sha"]
    await go("GET", f"{R}/git/trees/{tree}?recursive=1")
    commit = {"message": "x", "tree": tree, "parents": [await _tip(go, "main")]}
    made = (await go("POST", f"{R}/git/commits", commit, status=201))["sha"]
    await go("GET", f"{R}/git/commits/{made}")


async def walk_releases(go: Walk) -> None:
    release = {"tag_name": "v1", "name": "One", "body": "what is new", "draft": False, "prerelease": False}
    made = (await go("POST", f"{R}/releases", release, status=201))["id"]
    await go("GET", f"{R}/releases")
    await go("GET", f"{R}/releases/{made}")
    await go("GET", f"{R}/releases/tags/v1")
    await go("PATCH", f"{R}/releases/{made}", {"body": "more"})
    await go("GET", f"{R}/tags")
