"""The keys below `incidents:` of `.github/autobuild.yml`: what an incident may do in this repository."""

from typing import Annotated, Literal

from pydantic import Field

from activities.check_options import Keys, RelativePath, Text


class Staging(Keys):
    """Where a fix is tried before it is merged."""

    environment: Annotated[
        str, Field(min_length=1, max_length=100, description="GitHub's environment that a deployment is made to.")
    ] = "staging"
    deploy: Annotated[bool, Field(description="Deploys a fix there, and waits until that says how it went.")] = False
    minutes: Annotated[int, Field(ge=1, le=240, description="How long to wait for it.")] = 30
    smoke: Annotated[Text | Literal[""], Field(description="The command of the smoke tests, after the deployment.")] = (
        ""
    )
    e2e: Annotated[Text | Literal[""], Field(description="The command of the end-to-end tests.")] = ""


class IncidentSettings(Keys):
    """What starts an incident here, and what may be done about one."""

    alerts: Annotated[
        tuple[Literal["deployments", "red_branch"], ...],
        Field(max_length=2, description="What of GitHub itself starts one: failed deployments, a red default branch."),
    ] = ()
    fix: Annotated[
        bool, Field(description="Opens a pull request that reverts what brought it, where that is sure enough.")
    ] = True
    merge: Annotated[
        Literal["approved", "auto"],
        Field(description="Who merges a fix that passed: `approved` waits for a person, or for `/approve`."),
    ] = "approved"
    culprit_hours: Annotated[int, Field(ge=1, le=2160, description="Nothing is reverted that is older than this.")] = 72
    fixes_per_day: Annotated[int, Field(ge=0, le=100, description="So many fixes in this repository in a day.")] = 4
    opt_out: Annotated[
        str, Field(min_length=1, max_length=50, description="Pull requests with this label are never reverted.")
    ] = "no-revert"
    wait_hours: Annotated[
        int, Field(ge=0, le=168, description="How long a fix waits to be merged before the incident ends.")
    ] = 24
    recovery_minutes: Annotated[
        int, Field(ge=0, le=240, description="How long the metrics are watched after the merge.")
    ] = 15
    postmortem: Annotated[
        Literal["issue", "file", "both", "off"],
        Field(description="Where the post-mortem goes: an issue, a file in a pull request, or both."),
    ] = "issue"
    postmortems: Annotated[RelativePath, Field(description="The folder of those files.")] = "postmortems"
    staging: Staging = Staging()
