"""How a deployment ended, one sentence each."""

from activities.reporting.markdown import code, escape_markdown
from activities.reporting.wording import plural


def description(sha: str, *, rollback: bool) -> str:
    """What GitHub shows beside the deployment, at most 140 characters."""
    return f"Roll back to {sha[:7]}" if rollback else f"Try the fix of an incident: {sha[:7]}"


def deployed(sha: str, environment: str) -> str:
    """It succeeded."""
    return f"{code(sha[:7])} was deployed to {code(environment)}."


def failed(sha: str, environment: str, said: str) -> str:
    """`said` is the description of its status."""
    sentence = f"The deployment of {code(sha[:7])} to {code(environment)} failed"
    return f"{sentence}: {escape_markdown(said, 140)}" if said.strip() else f"{sentence}."


def replaced(sha: str, environment: str) -> str:
    """Its status is `inactive`."""
    return f"{code(sha[:7])} is not in {code(environment)} any more: another deployment replaced it."


def not_begun(sha: str, environment: str, minutes: int) -> str:
    """Nobody deploys there."""
    waited = plural(minutes, "minute")
    return (
        f"Nothing deployed {code(sha[:7])} to {code(environment)} within {waited}: the deployment got no status. A"
        " workflow of the repository for the event `deployment`, or another program, has to do that."
    )


def not_ended(sha: str, environment: str, minutes: int, state: str) -> str:
    """It takes too long."""
    waited = plural(minutes, "minute")
    return f"The deployment of {code(sha[:7])} to {code(environment)} is {code(state)} still, after {waited}."


def refused(environment: str, reason: str) -> str:
    """GitHub makes no such deployment."""
    return f"GitHub refuses a deployment to {code(environment)}: {escape_markdown(reason, 200)}"


def nothing_before(environment: str) -> str:
    """There is nothing to roll back to."""
    return f"No earlier deployment of another commit to {code(environment)} succeeded, so it stays as it is."
