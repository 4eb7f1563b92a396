"""REST: repositories, branches, contents, and what a person may do."""

import base64
from urllib.parse import quote

from bot.simulator import git, shapes, shapes_git, tree
from bot.simulator.hub import Missing
from bot.simulator.rest import Answer, Call, Endpoints
from bot.simulator.state import Json

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}", "metadata:read")
async def get_repository(call: Call) -> Json:
    return shapes.full_repository(call.hub, call.repo)


@endpoints.on("GET", "/repos/{owner}/{repo}/branches", "contents:read")
async def list_branches(call: Call) -> Answer:
    repo = call.repo
    wanted = {"true": (True,), "false": (False,)}.get(call.request.query.get("protected", ""), (True, False))
    branches = [
        {
            "name": (name := ref.removeprefix("refs/heads/")),
            "commit": {"sha": sha, "url": f"{call.hub.api_url}/repos/{repo.full_name}/commits/{sha}"},
            "protected": name in repo.protected,
        }
        for ref, sha in (await git.refs(repo.path, "refs/heads")).items()
    ]
    return call.page([branch for branch in branches if branch["protected"] in wanted])


@endpoints.on("GET", "/repos/{owner}/{repo}/branches/{branch}", "contents:read")
async def get_branch(call: Call) -> Json:
    repo, name = call.repo, call.params["branch"]
    sha = (await git.refs(repo.path, "refs/heads")).get(f"refs/heads/{name}")
    if sha is None:
        raise Missing("Branch")
    url = f"{call.hub.api_url}/repos/{repo.full_name}/branches/{quote(name)}"
    commit = (await git.log(repo.path, sha, limit=1))[0]
    return {
        "name": name,
        "commit": shapes_git.commit(call.hub, repo, commit),
        "_links": {"self": url, "html": f"{call.hub.url}/{repo.full_name}/tree/{quote(name)}"},
        "protected": name in repo.protected,
        "protection": {"enabled": name in repo.protected},
        "protection_url": f"{url}/protection",
    }


@endpoints.on("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", "metadata:read")
async def get_permission(call: Call) -> Json:
    user = call.hub.users.get(call.params["username"].lower())
    if user is None:
        raise Missing("user")
    role = call.repo.level(user.login)
    shape = {**shapes.user(call.hub, user), "role_name": role}
    return {"permission": {"maintain": "write", "triage": "read"}.get(role, role), "role_name": role, "user": shape}


@endpoints.on("GET", "/repos/{owner}/{repo}/contents/{path}", "contents:read")
async def get_contents(call: Call) -> Json | list[Json]:
    """A file with its content, a link, or the list of a folder; `ref` is a branch, tag or commit."""
    repo = call.repo
    sha = await git.resolve(repo.path, call.request.query.get("ref") or repo.default_branch)
    if not sha:
        raise Missing("ref")
    entries = await tree.at(repo.path, sha, call.params["path"].strip("/"))
    if isinstance(entries, tree.Entry):
        return {**_entry(call, sha, entries), **await _content(call, entries)}
    return [_entry(call, sha, entry) for entry in entries]


async def _content(call: Call, entry: tree.Entry) -> Json:
    if entry.kind == "submodule":
        return {"submodule_git_url": f"{call.hub.url}/{call.repo.full_name}.git"}
    body = await git.git(call.repo.path, "cat-file", "blob", entry.sha)
    if entry.kind == "symlink":
        return {"target": git.show(body)}
    return {"encoding": "base64", "content": base64.encodebytes(body).decode()}


def _entry(call: Call, sha: str, it: tree.Entry) -> Json:
    api, page, path = (
        f"{call.hub.api_url}/repos/{call.repo.full_name}",
        f"{call.hub.url}/{call.repo.full_name}",
        quote(it.path),
    )
    url = f"{api}/contents/{path}?ref={sha}"
    blob = f"{api}/git/{'trees' if it.kind == 'dir' else 'blobs'}/{it.sha}"
    html = f"{page}/{'tree' if it.kind == 'dir' else 'blob'}/{sha}/{path}"
    return {
        "type": it.kind,
        "size": it.size,
        "name": it.path.rpartition("/")[2],
        "path": it.path,
        "sha": it.sha,
        "url": url,
        "git_url": blob,
        "html_url": html,
        "download_url": f"{page}/raw/{sha}/{path}" if it.kind == "file" else None,
        "_links": {"self": url, "git": blob, "html": html},
    }
