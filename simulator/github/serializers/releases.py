"""Releases and tags as GitHub's JSON."""

import zlib
from urllib.parse import quote

from simulator.github.entities import Json, Release, Repository
from simulator.github.serializers import node, user
from simulator.github.store import Store


def release(store: Store, repo: Repository, it: Release) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}"
    page = f"{store.url}/{repo.full_name}/releases"
    return {
        "url": f"{api}/releases/{it.id}",
        "assets_url": f"{api}/releases/{it.id}/assets",
        "upload_url": f"{api}/releases/{it.id}/assets{{?name,label}}",
        "html_url": f"{page}/tag/{'untagged-' + str(it.id) if it.draft else quote(it.tag)}",
        "id": it.id,
        "node_id": node("Release", it.id),
        "tag_name": it.tag,
        "target_commitish": it.target,
        "name": it.name,
        "body": it.body,
        "draft": it.draft,
        "prerelease": it.prerelease,
        "created_at": it.created_at,
        "published_at": it.published_at,
        "author": user(store, it.author),
        "assets": [],
        **_archives(api, it.tag, of_draft=it.draft),
    }


def tag(store: Store, repo: Repository, name: str, sha: str) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}"
    return {
        "name": name,
        "node_id": node("Ref", zlib.crc32(name.encode())),
        "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
        **_archives(api, name),
    }


def _archives(api: str, name: str, *, of_draft: bool = False) -> Json:
    kinds = ("tarball", "zipball")
    return {f"{kind}_url": None if of_draft else f"{api}/{kind}/{quote(name)}" for kind in kinds}
