"""The defaults are the catalogue's, and the module may be loaded where workflows run."""

import importlib
import pkgutil
import subprocess
import sys
from datetime import timedelta

import pytest
from temporalio.common import RetryPolicy

import activities
from activities import defaults
from activities.errors import UserError
from workflows.config import (
    NEVER_RETRIED,
    ActivityHeartbeats,
    ActivityTimeouts,
    RetryPolicies,
)


def test_default_thresholds() -> None:
    assert (defaults.COVERAGE_MINIMUM, defaults.QUALITY_THRESHOLD, defaults.CRITICAL_VULNERABILITIES) == (80, 85, 0)


@pytest.mark.parametrize(
    ("policy", "attempts"),
    [
        (RetryPolicies.default(), 3),
        (RetryPolicies.aggressive(), 5),
        (RetryPolicies.no_retry(), 1),
        (RetryPolicies.github_api(), 8),
        (RetryPolicies.check(), 5),
    ],
)
def test_retry_policies(policy: RetryPolicy, attempts: int) -> None:
    assert policy.maximum_attempts == attempts
    assert policy.backoff_coefficient == 2
    assert {"UserError", "ConfigError", "SandboxMissing"} <= set(policy.non_retryable_error_types or ())


def test_every_user_error_is_non_retryable() -> None:
    for module in pkgutil.walk_packages(activities.__path__, "activities."):
        importlib.import_module(module.name)
    assert _names(UserError) <= set(NEVER_RETRIED)


def test_killed_worker_costs_at_most_five_seconds() -> None:
    backoff = RetryPolicies.check().initial_interval
    lost = ActivityHeartbeats.CHECK + backoff + ActivityHeartbeats.STICKY_QUEUE
    assert lost <= timedelta(seconds=5)
    assert ActivityHeartbeats.MAX_THROTTLE < ActivityHeartbeats.CHECK / 2


def test_check_timeout_exceeds_the_commands_own() -> None:
    assert ActivityTimeouts.check(900) > timedelta(seconds=3 * 900)


def test_config_imports_only_standard_library_and_temporalio() -> None:
    # In a process of its own: here everything is loaded already.
    program = """
import sys, temporalio.workflow, temporalio.common
before = set(sys.modules)
import workflows.config, workflows.quality.scoring
print(*{name.split(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names) - {"temporalio"})
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) == {"activities", "workflows"}


def _names(kind: type[UserError]) -> set[str]:
    """Of the activities: errors of the webhook server never pass through an activity."""
    own = {kind.__name__} if kind.__module__.startswith("activities.") else set()
    return own.union(*(_names(child) for child in kind.__subclasses__()))
