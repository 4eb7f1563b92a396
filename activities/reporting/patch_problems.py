"""What is wrong with an agent's patch: one sentence each, which is in a history and in a comment on GitHub."""

from activities.reporting.markdown import code

_APPROVAL = "A plan that a maintainer approved can allow it."

NEW_LINK = "The patch adds a symbolic link, which may lead anywhere. Write the file itself."
NEW_SUBMODULE = "The patch adds or moves a submodule, whose content nobody here has seen."
PROTECTED = f"This path is protected: what it says decides what runs, who reviews or what agents are told. {_APPROVAL}"
TOO_LARGE_TO_READ = "The patch is too large to be read. Ask for a smaller part of the work."
BINARY = f"The patch adds or changes a binary file, which nobody can review. {_APPROVAL}"
HIDDEN_TEXT = "This line holds characters that nobody sees, or that show it in another order. Write it without them."
CONFIG_REMOVED = f"The configuration of a check is removed. {_APPROVAL}"
CONFIG_EDITED = "The patch edits the configuration of a check. Look at what it changes."
LOCK_BY_HAND = "A lock file changed, and no file from which it is written did. Let the package manager write it."
LOCK_WITH_MANIFEST = "A lock file changed together with what it is written from."
GENERATED_BY_HAND = "Generated files changed, and nothing from which they are generated did. Change their source."
GENERATED = "A generated file changed. Make sure that its generator wrote it."
BUILD_SCRIPT = "This file runs when the project is built or installed. Look at what it does."

_LOOSER = {
    "more": "leaves out more than before",
    "fewer": "covers less than before",
    "lower": "asks for less than before",
    "higher": "permits more than before",
    "off": "is no longer on",
    "on": "permits what was not permitted before",
    "gone": "is gone",
    "words": "no longer fails for all that it failed for before",
}


def bad_path(reason: str) -> str:
    return f"No file can have this name: {reason}. Choose another one."


def too_many(count: int, most: int, what: str) -> str:
    return f"{count:,} {what} are more than the limit of {most:,}. Ask for a smaller part of the work. {_APPROVAL}"


def removed(test: str) -> str:
    return f"The test {code(test, 80)} is gone, and nothing takes its place. {_APPROVAL}"


def fewer_cases(test: str, was: int, now: int) -> str:
    return f"The test {code(test, 80)} has {now} cases instead of {was}. {_APPROVAL}"


def skipped(test: str, mark: str) -> str:
    return f"The test {code(test, 80)} no longer counts: {code(mark, 40)} was added. {_APPROVAL}"


def new_skipped(test: str, mark: str) -> str:
    return f"The new test {code(test, 80)} may never run: it has {code(mark, 40)}."


def emptied(test: str) -> str:
    return f"Nothing can make the test {code(test, 80)} fail any more. {_APPROVAL}"


def weaker(test: str, was: int, now: int) -> str:
    how = f"{now} assertions instead of {was}" if now < was else "assertions that more results pass"
    return f"The test {code(test, 80)} has {how}. {_APPROVAL}"


def other_expected(test: str) -> str:
    return f"The test {code(test, 80)} expects something else than before. Look at whether that is right."


def asserts_nothing(test: str) -> str:
    return f"Nothing is seen that could make the new test {code(test, 80)} fail."


def suppressed(marker: str) -> str:
    return f"{code(' '.join(marker.split()), 40)} hides a finding instead of fixing what it is about. {_APPROVAL}"


def looser(key: str, why: str) -> str:
    return f"{code(key, 80)} {_LOOSER[why]}. {_APPROVAL}"


def looser_line(line: str) -> str:
    return f"{code(line, 60)} in the configuration of a check may make it report less. {_APPROVAL}"


def new_hosts(hosts: str) -> str:
    return f"The lock file has packages from {code(hosts, 80)}, which it had none from before. {_APPROVAL}"


def install_script(name: str) -> str:
    return f"The script {code(name, 40)} runs when the package is installed. Look at what it does."


def dependencies(names: str) -> str:
    return f"New dependencies: {code(names, 150)}. Look at what they are."


def secret(name: str) -> str:
    return f"This looks like a secret: {code(name, 60)}. Take it out; one that is real has to be revoked."


OWN_SECRET = "This holds a secret of the bot itself. Take it out, and revoke it."  # noqa: S105
NO_SCAN = "Secrets could not be searched for on this host, so the patch is not pushed. Look at the worker's log."
