"""All that can be asked, from the modules that answer it."""

from simulator.github.rest import (
    Endpoint,
    app,
    checks,
    comments,
    contents,
    git,
    graphql,
    hook,
    issues,
    labels,
    merges,
    objects,
    pulls,
    releases,
    repos,
    reviews,
    statuses,
)

_MODULES = (
    graphql,
    app,
    checks,
    comments,
    contents,
    git,
    hook,
    issues,
    labels,
    merges,
    objects,
    pulls,
    releases,
    repos,
    reviews,
    statuses,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(endpoint for module in _MODULES for endpoint in module.endpoints)
