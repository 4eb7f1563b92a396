"""What check runs say that end without a verdict of their own: superseded, cancelled, refused, not run."""

from activities.reporting.check_run import CheckRunOutput, Conclusion
from activities.reporting.links import Links
from activities.reporting.markdown import cut_bytes, escape_markdown, one_line

_TITLES = {
    "cancelled": "Cancelled",
    "superseded": "Superseded by a newer head",
    "refused": "A fork's head waits for a maintainer",
    "failed": "Not run: the gate failed before",
    "passed": "Not run",
    "error": "Not run: the gate itself failed",
}


def early_ending(conclusion: Conclusion, title: str, summary: str, newer_sha: str, places: Links) -> CheckRunOutput:
    """`title` is the gate's state or a sentence of our own; `summary` may hold a stranger's words."""
    if newer_sha:
        return CheckRunOutput(conclusion, f"Superseded by {newer_sha[:7]}", superseded_text(newer_sha, places))
    if title == "refused":
        return CheckRunOutput(conclusion, _TITLES[title], fork_text(places.sha))
    said = _TITLES.get(title) or one_line(title, 200) or "Not run"
    return CheckRunOutput(conclusion, said, cut_bytes(escape_markdown(summary, 5000), 60_000) or said)


def fork_text(head_sha: str) -> str:
    """What a fork's check runs say until a maintainer has looked at the head."""
    return (
        "Nothing of this head has been run, because it comes from a fork and a fork's code is a stranger's code.\n\n"
        f"After reading the change, a maintainer can comment `/ok-to-test {head_sha}`. "
        "That holds for this commit alone: a new push waits again."
    )


def superseded_text(newer_sha: str, places: Links) -> str:
    """Why an older head's run ends without a verdict."""
    return f"A newer head took its place: {places.commit(newer_sha)}. Its own check runs have the verdict."
