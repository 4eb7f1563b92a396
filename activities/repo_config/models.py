"""The keys of `.github/autobuild.yml`, their types and their defaults. The published schema is made from this."""

from pathlib import PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from activities import defaults
from activities.globs import branch_matches

_SEGMENT: Final = r"(\.|\.{3,}|[^/\\]*[^/\\.][^/\\]*)"

# A pattern and the mend that is shown to who did not keep to it. Both pydantic and editors' schemas read them.
DURATION: Final = r"^[1-9][0-9]{0,5}[smh]$"
RELATIVE: Final = rf"^{_SEGMENT}(/{_SEGMENT})*/?$"
GLOB: Final = r"^[^!\\][^\\]*$"
BRANCH: Final = r"^!?[^!\s\\]+$"
WORD: Final = r"^[A-Za-z0-9_.-]+$"
COMMAND: Final = r"^[a-z][a-z0-9-]*$"
MENDS: Final = {
    DURATION: "write a number and its unit, such as `90s`, `15m` or `1h`",
    RELATIVE: "write a path inside the repository with forward slashes, not absolute and without `..`",
    GLOB: "write a path with `*` and `**`, such as `vendor/**`; `!` and `\\` are not read",
    BRANCH: "write a branch's name with `*` and `**`; `!` in front takes out again",
    WORD: "write a tool's name, such as `ruff`",
    COMMAND: "write a command's name without its slash, such as `retest`",
}

Text = Annotated[str, Field(min_length=1, max_length=8192)]
Path = Annotated[str, Field(pattern=RELATIVE, max_length=512)]
Glob = Annotated[str, Field(pattern=GLOB, max_length=256)]
BranchPattern = Annotated[str, Field(pattern=BRANCH, max_length=256)]
ToolName = Annotated[str, Field(pattern=WORD, max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=50)]
CommandName = Annotated[str, Field(pattern=COMMAND, max_length=40)]
Permission = Literal["read", "triage", "write", "maintain", "admin"]
Percent = Annotated[float, Field(ge=0, le=100)]
Severity = Annotated[
    Literal["notice", "warning", "error", "critical"], Field(description="Findings below this severity do not count.")
]
FailOn = Annotated[
    Literal["notice", "warning", "error", "critical", "never"],
    Field(description="The least severity of a new finding that fails the check."),
]
Timeout = Annotated[str, Field(pattern=DURATION, description="How long it may run, at most 6h.")]
Required = Annotated[bool, Field(description="Whether a change can be merged only when the check passes.")]
_WRITTEN = Field(description="What the command writes.")


class Keys(BaseModel):
    """No key that is not here, no text for a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ForProject(Keys):
    """How a check is run: by the tools found by looking, or by the repository's own command."""

    enabled: Annotated[bool, Field(description="Whether the check runs at all.")] = True
    tools: Annotated[
        tuple[ToolName, ...], Field(max_length=20, description="Only these tools. Default: found by looking.")
    ] = ()
    command: Annotated[Text, Field(description="A command instead of tools, run by `sh -c` in the project.")] = ""
    report: Annotated[
        Path, Field(description="The file the command writes, relative to the project. Default: its standard output.")
    ] = ""
    install: Annotated[Text, Field(description="Prepares the command; it alone may use the network.")] = ""


class Everywhere(Keys):
    """How a check counts, whatever number of projects it has."""

    required: Required = True
    weight: Annotated[float, Field(ge=0, le=100, description="How much its score counts in the overall score.")] = 1.0
    timeout: Timeout = "15m"


class TestsFormat(ForProject):
    """A command that runs tests."""

    format: Annotated[Literal["junit", "text"], _WRITTEN] = "junit"


class FindingsFormat(ForProject):
    """A command that finds things."""

    format: Annotated[Literal["sarif", "text"], _WRITTEN] = "sarif"


class CoverageFormat(ForProject):
    """A command that measures coverage."""

    format: Annotated[Literal["cobertura", "lcov"], _WRITTEN] = "cobertura"


class BenchmarkFormat(ForProject):
    """A command that runs benchmarks."""

    format: Annotated[Literal["pytest-benchmark"], _WRITTEN] = "pytest-benchmark"


class UnitTests(TestsFormat, Everywhere):
    """The test suite without its integration tests."""


class IntegrationTests(TestsFormat, Everywhere):
    """Tests that are marked as integration tests."""

    timeout: Timeout = "30m"


class Linting(FindingsFormat, Everywhere):
    """Style and likely mistakes."""

    timeout: Timeout = "5m"
    fail_on: FailOn = "warning"
    severity: Severity = "notice"


class Security(FindingsFormat, Everywhere):
    """Patterns of code that is not safe."""

    timeout: Timeout = "5m"
    fail_on: FailOn = "error"
    severity: Severity = "notice"


class Coverage(CoverageFormat, Everywhere):
    """How much of the change the tests run."""

    minimum: Annotated[Percent, Field(description="Percent of the changed lines that tests must run.")] = (
        defaults.COVERAGE_MINIMUM
    )
    total_minimum: Annotated[Percent, Field(description="Percent of everything that tests must run; 0: any.")] = 0.0


class Performance(BenchmarkFormat, Everywhere):
    """Benchmarks of the change and its base, in turns."""

    required: Required = False
    timeout: Timeout = "30m"
    mode: Annotated[Literal["neutral", "fail"], Field(description="Whether a slower benchmark fails the check.")] = (
        "neutral"
    )
    regression: Annotated[float, Field(gt=0, le=1000, description="How many percent slower is an alarm.")] = (
        defaults.REGRESSION_PERCENT
    )
    rounds: Annotated[
        int, Field(ge=defaults.BENCHMARK_ROUNDS, le=50, description="How often base and change run in turn.")
    ] = defaults.BENCHMARK_ROUNDS


class Dependencies(FindingsFormat, Everywhere):
    """Known vulnerabilities in what the repository depends on."""

    timeout: Timeout = "5m"
    fail_on: FailOn = "error"
    severity: Severity = "notice"
    critical_allowed: Annotated[int, Field(ge=0, le=1000, description="How many new critical ones may come.")] = (
        defaults.CRITICAL_VULNERABILITIES
    )


class StaticAnalysis(FindingsFormat, Everywhere):
    """Type errors."""

    timeout: Timeout = "10m"
    fail_on: FailOn = "error"
    severity: Severity = "notice"


class Checks(Keys):
    """One mapping a check; what is left out keeps its default."""

    unit_tests: UnitTests = UnitTests()
    integration_tests: IntegrationTests = IntegrationTests()
    linting: Linting = Linting()
    security: Security = Security()
    coverage: Coverage = Coverage()
    performance: Performance = Performance()
    dependencies: Dependencies = Dependencies()
    static_analysis: StaticAnalysis = StaticAnalysis()


class ProjectChecks(Keys):
    """What is different in this project; a check that is left out is as everywhere."""

    unit_tests: TestsFormat = TestsFormat()
    integration_tests: TestsFormat = TestsFormat()
    linting: FindingsFormat = FindingsFormat()
    security: FindingsFormat = FindingsFormat()
    coverage: CoverageFormat = CoverageFormat()
    performance: BenchmarkFormat = BenchmarkFormat()
    dependencies: FindingsFormat = FindingsFormat()
    static_analysis: FindingsFormat = FindingsFormat()


class ProjectConfig(Keys):
    """One project of a monorepo."""

    folder: Annotated[Path, Field(description="Its folder; `.` is the repository's root.")]
    checks: ProjectChecks = ProjectChecks()

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
    incident: Annotated[Label, Field(description="Looks into an incident.")] = "incident"


class RepoConfig(Keys):
    """Autobuild's configuration of one repository."""

    version: Annotated[Literal[1], Field(description="The version of this format.")] = 1
    threshold: Annotated[Percent, Field(description="The least overall score that can be merged.")] = (
        defaults.QUALITY_THRESHOLD
    )
    autofix: Annotated[
        Literal["request", "commit", "off"], Field(description="Tool-safe fixes: by a button, by themselves, or never.")
    ] = "request"
    checks: Checks = Checks()
    projects: Annotated[tuple[ProjectConfig, ...], Field(max_length=100, description="Default: found by looking.")] = ()
    ignore: Annotated[tuple[Glob, ...], Field(max_length=100, description="Paths whose findings do not count.")] = ()
    push: Annotated[Branches, Field(description="A push to these branches starts a gate.")] = Branches()
    pull_request: Annotated[Branches, Field(description="A pull request into these branches starts a gate.")] = (
        Branches()
    )
    labels: Labels = Labels()
    commands: Annotated[
        dict[CommandName, Permission],
        Field(
            max_length=100,
            description="What a person needs for a slash command. Default: what `/help` shows.",
            json_schema_extra={"additionalProperties": False},
        ),
    ] = Field(default_factory=dict)
    auto_merge: Annotated[
        bool, Field(description="Merges a pull request of the repository's own branches when its gate passes.")
    ] = False
    merge_method: Annotated[
        Literal["any", "squash", "merge", "rebase"], Field(description="How; `any` is the first the repository allows.")
    ] = "any"

    def runs_on_push(self, branch: str) -> bool:
        """Whether a push to the branch starts a gate."""
        return branch_matches(self.push.branches, branch)

    def runs_on_pull_request(self, base: str) -> bool:
        """Whether a pull request into the branch `base` starts a gate."""
        return branch_matches(self.pull_request.branches, base)
