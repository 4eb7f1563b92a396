"""Small repositories whose checks are shell commands, so that only our own time is measured."""

QUICK = {
    ".github/autobuild.yml": ("version: 1\nchecks:\n  linting:\n    command: cat lint.txt\n    format: text\n"),
    "lint.txt": "",
}
"""One check, which takes no time."""


def slow(seconds: float) -> dict[str, str]:
    """A check that takes that long, beside the quick one."""
    tests = f"sleep {seconds:g} && cat junit.xml"
    return {
        ".github/autobuild.yml": (
            f"version: 1\nchecks:\n  linting:\n    command: cat lint.txt\n    format: text\n"
            f"  unit_tests:\n    command: {tests}\n    format: junit\n"
        ),
        "lint.txt": "",
        "junit.xml": '<testsuite name="all" tests="1"><testcase classname="all" name="waits"/></testsuite>\n',
    }
