"""The keys of `.github/autobuild.yml`, their types and their defaults. The published schema is made from this."""

from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal

from pydantic import Field, create_model

from activities import checks as check_plugins
from activities import defaults
from activities.check_options import PATTERN_HINTS, Keys, Percent, RelativePath
from activities.globs import branch_matches
from activities.repo_config.incident_settings import IncidentSettings

GLOB: Final = r"^[^!\\][^\\]*$"
BRANCH: Final = r"^!?[^!\s\\]+$"
COMMAND: Final = r"^[a-z][a-z0-9-]*$"
FULL_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
SPAN: Final = r"^[1-9][0-9]{0,2}[hd]$"
HINTS: Final = {
    **PATTERN_HINTS,
    GLOB: "write a path with `*` and `**`, such as `vendor/**`; `!` and `\\` are not supported",
    BRANCH: "write a branch's name with `*` and `**`; prefix with `!` to exclude",
    COMMAND: "write a command's name without its slash, such as `retest`",
    SPAN: "write a number of hours or days, such as `24h` or `7d`",
    FULL_NAME: "write a repository as `owner/name`, such as `octocat/hello`",
}

Glob = Annotated[str, Field(pattern=GLOB, max_length=256)]
BranchPattern = Annotated[str, Field(pattern=BRANCH, max_length=256)]
Label = Annotated[str, Field(min_length=1, max_length=50)]
CommandName = Annotated[str, Field(pattern=COMMAND, max_length=40)]
FullName = Annotated[str, Field(pattern=FULL_NAME, max_length=140)]
Permission = Literal["read", "triage", "write", "maintain", "admin"]


class ChecksConfig(Keys):
    """One mapping a check; what is left out keeps its default."""


class ProjectChecksConfig(Keys):
    """What is different in this project; a check that is left out is as everywhere."""


class ProjectConfig(Keys):
    """One project of a monorepo."""

    folder: Annotated[RelativePath, Field(description="Its folder; `.` is the repository's root.")]
    checks: ProjectChecksConfig = ProjectChecksConfig()

    @property
    def path(self) -> str:
        """The folder in its one spelling: without `./` and a last slash."""
        return PurePosixPath(self.folder).as_posix()


class Branches(Keys):
    """Which branches are meant; the last pattern that fits decides."""

    branches: Annotated[tuple[BranchPattern, ...], Field(max_length=100)] = ("**",)


class Labels(Keys):
    """Which label on an issue starts what."""

    autobuild: Annotated[Label, Field(description="Plans and writes a change.")] = "autobuild"
    incident: Annotated[Label, Field(description="Starts an incident investigation.")] = "incident"


class AutoApprove(Keys):
    """How large a plan may be that nobody has to approve."""

    files: Annotated[int, Field(ge=0, le=1000, description="So many files that it changes.")] = 10
    dollars: Annotated[float, Field(ge=0, description="So many US dollars that it is estimated to cost.")] = 5.0


class Agent(Keys):
    """What agents may do here. The deployment's own limits hold as well."""

    models: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...],
        Field(max_length=10, description="Only these of the deployment's models, from cheap to dear. Default: all."),
    ] = ()
    run: Annotated[float | None, Field(ge=0, description="US dollars for one run.")] = None
    issue: Annotated[float | None, Field(ge=0, description="US dollars for one issue or pull request.")] = None
    month: Annotated[float | None, Field(ge=0, description="US dollars for this repository in a month.")] = None
    fixes: Annotated[
        bool, Field(description="An agent fixes what tools cannot, wherever fixes are made (`autofix`).")
    ] = False
    protected_paths: Annotated[
        tuple[Glob, ...], Field(max_length=100, description="More paths that an agent may not change.")
    ] = ()
    plan_approval: Annotated[
        Literal["auto", "required"],
        Field(description="Who starts what was planned: `auto` asks a person about large plans only."),
    ] = "auto"
    auto_approve: Annotated[
        AutoApprove, Field(description="Above this a person is asked; about protected paths always.")
    ] = AutoApprove()
    candidates: Annotated[
        int, Field(ge=1, le=5, description="Attempts at each task; the best one is taken, and all are paid.")
    ] = 1
    keep_branch: Annotated[
        bool, Field(description="The best change so far stays on a branch where the work fails or is stopped.")
    ] = False
    pull_labels: Annotated[
        tuple[Label, ...], Field(max_length=10, description="Labels of the pull requests that planned changes open.")
    ] = ()
    ci_minutes: Annotated[
        int, Field(ge=0, le=1440, description="How long to wait for the repository's CI; 0 does not wait.")
    ] = 60
    repositories: Annotated[
        tuple[FullName, ...],
        Field(max_length=10, description="Other repositories of the same installation that one issue may change."),
    ] = ()


class Schedule(Keys):
    """Gates of the default branch without a push."""

    every: Annotated[
        Annotated[str, Field(pattern=SPAN)] | Literal[""],
        Field(description="Gates the default branch so often, such as `24h`. Default: never."),
    ] = ""
    fall: Annotated[
        Percent,
        Field(
            description="Opens an issue when its score is so many points below the median of the last ten; 0: never."
        ),
    ] = 5.0


_PROJECTS = Field(max_length=100, description="Default: detected.")


class RepoConfig(Keys):
    """Autobuild's configuration of one repository."""

    version: Annotated[Literal[1], Field(description="The version of this format.")] = 1
    threshold: Annotated[Percent, Field(description="Minimum overall score to merge.")] = defaults.QUALITY_THRESHOLD
    autofix: Annotated[
        Literal["request", "commit", "off"], Field(description="Tool-safe fixes: on request, automatically, or never.")
    ] = "request"
    checks: ChecksConfig = ChecksConfig()
    projects: Annotated[tuple[ProjectConfig, ...], _PROJECTS] = ()
    ignore: Annotated[tuple[Glob, ...], Field(max_length=100, description="Paths whose findings do not count.")] = ()
    push: Annotated[Branches, Field(description="A push to these branches starts a gate.")] = Branches()
    pull_request: Annotated[Branches, Field(description="A pull request into these branches starts a gate.")] = (
        Branches()
    )
    labels: Labels = Labels()
    agent: Agent = Agent()
    incidents: IncidentSettings = IncidentSettings()
    commands: Annotated[
        dict[CommandName, Permission],
        Field(
            max_length=100,
            description="Required permission of each slash command. Default: what `/help` shows.",
            json_schema_extra={"additionalProperties": False},
        ),
    ] = Field(default_factory=dict)
    schedule: Schedule = Schedule()
    auto_merge: Annotated[
        bool, Field(description="Merges a pull request of the repository's own branches when its gate passes.")
    ] = False
    merge_method: Annotated[
        Literal["any", "squash", "merge", "rebase"],
        Field(description="Merge method; `any` uses the first allowed one."),
    ] = "any"

    def runs_on_push(self, branch: str) -> bool:
        """Whether a push to the branch starts a gate."""
        return branch_matches(self.push.branches, branch)

    def runs_on_pull_request(self, base: str) -> bool:
        """Whether a pull request into the branch `base` starts a gate."""
        return branch_matches(self.pull_request.branches, base)


@cache
def config_model() -> type[RepoConfig]:
    """The model with the keys of all checks that are installed: each check brings its own."""
    plugins = check_plugins.registry().values()
    checks = _with_fields(ChecksConfig, {each.name: each.options for each in plugins})
    project_checks = _with_fields(ProjectChecksConfig, {each.name: each.kind.command for each in plugins})
    project = _with_fields(ProjectConfig, {"checks": project_checks})
    projects = Annotated[tuple[project, ...], _PROJECTS]  # type: ignore[valid-type]
    fields: dict[str, Any] = {"checks": (checks, checks()), "projects": (projects, ())}
    return create_model("RepoConfig", __base__=RepoConfig, __doc__=RepoConfig.__doc__, **fields)


def _with_fields(model: type[Keys], fields: Mapping[str, type[Keys]]) -> type[Keys]:
    """The model with a field for each of these, its default the field's own defaults."""
    given: dict[str, Any] = {name: (kind, kind()) for name, kind in fields.items()}
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **given)
