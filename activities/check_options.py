"""The keys below `checks:` of `.github/autobuild.yml` that checks share. Each check's file adds its own."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema, core_schema

from activities import formats
from activities.reports import ReportKind

_SEGMENT: Final = r"(\.|\.{3,}|[^/\\]*[^/\\.][^/\\]*)"

# A pattern and the hint for a value that does not match it. Both pydantic and editors' schemas read the patterns.
DURATION: Final = r"^[1-9][0-9]{0,5}[smh]$"
RELATIVE: Final = rf"^{_SEGMENT}(/{_SEGMENT})*/?$"
WORD: Final = r"^[A-Za-z0-9_.-]+$"
DATE: Final = r"^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
PATTERN_HINTS: Final = {
    DATE: "write a day such as `2026-12-31`",
    DURATION: "write a number and its unit, such as `90s`, `15m` or `1h`",
    RELATIVE: "write a path inside the repository with forward slashes, not absolute and without `..`",
    WORD: "write a tool's name, such as `ruff`",
}

ONE: Final = "[one]"
MANY: Final = "[many]"
"""The two ways to write a value that may be a text or a list of texts; as steps in the place of a pydantic error."""

Text = Annotated[str, Field(min_length=1, max_length=8192)]
RelativePath = Annotated[str, Field(pattern=RELATIVE, max_length=512)]
ToolName = Annotated[str, Field(pattern=WORD, max_length=64)]
Percent = Annotated[float, Field(ge=0, le=100)]
Timeout = Annotated[str, Field(pattern=DURATION, description="How long the check may run, at most `6h`.")]
FailOn = Annotated[
    Literal["notice", "warning", "error", "critical", "never"],
    Field(description="The lowest severity of a new finding that fails the check."),
]
Required = Annotated[bool, Field(description="Whether a change can be merged only when the check passes.")]


class Keys(BaseModel):
    """No key that is not here, no text for a number."""

    # Built when first used: the names of the formats are known when all plug-ins are loaded.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class CommandOptions(Keys):
    """How a check is run: by the tools that were detected, or by the repository's own command."""

    enabled: Annotated[bool, Field(description="Whether the check runs at all.")] = True
    tools: Annotated[
        tuple[ToolName, ...],
        Field(max_length=20, description="Only these tools. Default: the tools that the project uses."),
    ] = ()
    command: Annotated[Text, Field(description="A command instead of tools, run by `sh -c` in the project.")] = ""
    report: Annotated[
        Annotated[RelativePath, Tag(ONE)]
        | Annotated[tuple[RelativePath, ...], Field(min_length=1, max_length=100), Tag(MANY)],
        Discriminator(lambda value: MANY if isinstance(value, (list, tuple)) else ONE),
        Field(description="Files the command writes, relative to the project. Default: its standard output."),
    ] = ""
    install: Annotated[Text, Field(description="Prepares the command; it alone may use the network.")] = ""


class CheckOptions(Keys):
    """How a check counts, whatever number of projects it has. A key that a check adds decides its verdict; one that
    decides what the tools do is named in `tool_keys`, and is part of a stored report's key."""

    tool_keys: ClassVar[tuple[str, ...]] = ()

    required: Required = True
    weight: Annotated[float, Field(ge=0, le=100, description="How much its score counts in the overall score.")] = 1.0
    timeout: Timeout = "15m"


@dataclass(frozen=True)
class _FormatFor:
    """The names of the formats that a command of one kind of check may write, from the registry."""

    kind: ReportKind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        able = [each.name for each in formats.registry().values() if self.kind in (each.gives, *each.also_for)]
        return core_schema.literal_schema(able)


_WRITTEN = Field(description="What the command writes.")


class FindingsCommand(CommandOptions):
    """A command that finds things."""

    format: Annotated[str, _FormatFor("findings"), _WRITTEN] = "sarif"


class TestsCommand(CommandOptions):
    """A command that runs tests."""

    __test__ = False

    format: Annotated[str, _FormatFor("tests"), _WRITTEN] = "junit"


class QuarantinedTest(Keys):
    """A test whose failure does not block until a day is over."""

    test: Annotated[
        str,
        Field(min_length=1, max_length=1000, description="Its name as shown; without its parameters, all of them."),
    ]
    until: Annotated[str, Field(pattern=DATE, description="Its last day in UTC, at most a year ahead.")]
    reason: Annotated[str, Field(min_length=1, max_length=300, description="Shown with its failures.")]


class TestsOptions(TestsCommand, CheckOptions):
    """A check that runs tests."""

    __test__ = False

    quarantine: Annotated[
        tuple[QuarantinedTest, ...],
        Field(max_length=100, description="Tests that are run and shown, and do not block for a limited time."),
    ] = ()


class CoverageCommand(CommandOptions):
    """A command that measures coverage."""

    format: Annotated[str, _FormatFor("coverage"), _WRITTEN] = "cobertura"


class BenchmarkCommand(CommandOptions):
    """A command that runs benchmarks."""

    format: Annotated[str, _FormatFor("benchmarks"), _WRITTEN] = "pytest-benchmark"


class FindingsOptions(FindingsCommand, CheckOptions):
    """A check that fails on new findings."""

    fail_on: FailOn = "warning"
    severity: Annotated[
        Literal["notice", "warning", "error", "critical"],
        Field(description="The lowest severity of a finding that counts."),
    ] = "notice"
