"""All that can be asked, from the modules that answer it."""

from bot.simulator import (
    graphql,
    rest_app,
    rest_checks,
    rest_comments,
    rest_contents,
    rest_git,
    rest_hook,
    rest_issues,
    rest_labels,
    rest_merges,
    rest_objects,
    rest_pulls,
    rest_releases,
    rest_repos,
    rest_reviews,
    rest_statuses,
)
from bot.simulator.rest import Endpoint

_MODULES = (
    graphql,
    rest_app,
    rest_checks,
    rest_comments,
    rest_contents,
    rest_git,
    rest_hook,
    rest_issues,
    rest_labels,
    rest_merges,
    rest_objects,
    rest_pulls,
    rest_releases,
    rest_repos,
    rest_reviews,
    rest_statuses,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(endpoint for module in _MODULES for endpoint in module.endpoints)
