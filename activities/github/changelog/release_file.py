"""`.github/release.yml`, as GitHub's generated release notes read it: untrusted, so only what is known of it counts."""

from collections.abc import Mapping

from activities.github.changelog.grouping import ReleaseCategory, ReleaseExclusion, ReleaseFile
from activities.reporting.markdown import one_line

PATHS = (".github/release.yml", ".github/release.yaml")
LONGEST = 64_000
_MOST = 50
NOT_READABLE = "`.github/release.yml` is no valid YAML, so labels and prefixes group the changes."
NOT_KNOWN = "`.github/release.yml` has no `changelog` with `categories` or `exclude`, so labels and prefixes group."
TOO_LARGE = "`.github/release.yml` is larger than 64 kB, so labels and prefixes group the changes."


def read_release_file(text: bytes) -> ReleaseFile:
    """One that cannot be used says why in its `problem`."""
    import yaml

    if len(text) > LONGEST:
        return ReleaseFile(problem=TOO_LARGE)
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ReleaseFile(problem=NOT_READABLE)
    changelog = data.get("changelog") if isinstance(data, Mapping) else None
    if not isinstance(changelog, Mapping):
        return ReleaseFile(problem=NOT_KNOWN)
    found = changelog.get("categories")
    listed = found[:_MOST] if isinstance(found, list) else []
    categories = tuple(
        ReleaseCategory(one_line(str(one["title"]), 100), _names(one.get("labels")), _exclusion(one.get("exclude")))
        for one in listed
        if isinstance(one, Mapping) and isinstance(one.get("title"), str) and one["title"].strip()
    )
    return ReleaseFile(_exclusion(changelog.get("exclude")), categories)


def _exclusion(found: object) -> ReleaseExclusion:
    if not isinstance(found, Mapping):
        return ReleaseExclusion()
    return ReleaseExclusion(_names(found.get("labels")), _names(found.get("authors")))


def _names(found: object) -> frozenset[str]:
    listed = found[:_MOST] if isinstance(found, list) else [found] if isinstance(found, str) else []
    return frozenset(str(one).casefold() for one in listed if isinstance(one, str | int))
