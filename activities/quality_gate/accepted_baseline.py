"""Which accepted findings count on which head, and which of a result's findings can be accepted: pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from activities.fingerprints import stem_of
from activities.model import Acceptance, CheckResult, Head
from activities.quality_gate.types import AcceptableFindings

_QUEUE = re.compile(r"gh-readonly-queue/(?P<base>.+)/pr-(?P<pull>\d+)-[0-9a-f]+", re.DOTALL)


def acceptable_findings(result: CheckResult, *, needs_end: bool) -> AcceptableFindings:
    """What is new, and what is known of the same kind: of two equal findings the base may have one, and then two of
    them have to be accepted for the second to be known."""
    complete = result.check.status in ("failed", "neutral") and all(report.completed for report in result.reports)
    new = [each for each in result.findings if each.new and each.fingerprint]
    stems = {stem_of(each.fingerprint) for each in new}
    found = {each.fingerprint for each in result.findings if each.fingerprint and stem_of(each.fingerprint) in stems}
    critical = any(each.severity == "critical" for each in new)
    return AcceptableFindings(tuple(sorted(found)), needs_end or critical, complete)


def may_concern(acceptance: Acceptance, head: Head) -> bool:
    """Whether it counts on this head, or will once its pull request is merged. `head.base_ref`: where it goes into."""
    if acceptance.repo.id and head.repo.id and acceptance.repo.id != head.repo.id:
        return False  # another repository took the name of a renamed one
    own_branch = "" if head.pull or head.fork else head.branch
    if not acceptance.pull:
        return bool(own_branch) and acceptance.branch == own_branch
    return acceptance.base in (head.base_ref, own_branch)


def counts_on(acceptance: Acceptance, head: Head) -> bool:
    """What was accepted for one pull request is nothing to another one of the same commit, nor to the same one into
    another base."""
    if not may_concern(acceptance, head):
        return False
    if not acceptance.pull or acceptance.merged:
        return True
    return acceptance.base == head.base_ref and acceptance.pull in (head.pull, _queued_pull(head))


def counting_on_all(acceptances: Sequence[Acceptance], heads: Sequence[Head]) -> tuple[Acceptance, ...]:
    """A commit has one verdict, so only what was accepted for each of its pull requests counts: of each acceptance the
    findings that are. What has ended is there with all of its findings."""

    def accepted_for(head: Head) -> set[str]:
        counting = (each for each in acceptances if not each.ended and counts_on(each, head))
        return {mark for each in counting for mark in each.fingerprints}

    by_all = set.intersection(*(accepted_for(head) for head in heads))
    here = [each for each in acceptances if any(counts_on(each, head) for head in heads)]
    limited = (
        each if each.ended else replace(each, fingerprints=tuple(mark for mark in each.fingerprints if mark in by_all))
        for each in here
    )
    return tuple(each for each in limited if each.fingerprints)


def _queued_pull(head: Head) -> int:
    """The pull request that a merge queue's group adds to what is in front of it, 0 for any other head. Only GitHub's
    own event of a group gives a head without a pull request a base and the commit that it is compared with, so a branch
    of that name alone is nothing."""
    found = _QUEUE.fullmatch(head.branch)
    of_group = found and not (head.pull or head.fork) and head.base_sha and found["base"] == head.base_ref
    return int(found["pull"]) if found and of_group else 0
