"""What is said where this host lacks what a project's language needs: one neutral sentence, with what to install."""

from activities.reporting.markdown import code


def quoted(text: str, limit: int) -> str:
    """Untrusted output, which quotes with backticks itself."""
    return code(text.replace("`", "'"), limit)


def no_toolchain(language: str, install: str) -> str:
    return f"This host has no {language}, so nothing of it was checked. An operator can install it: {code(install)}."


def other_toolchain(language: str, asked: str, found_in: str, install: str) -> str:
    """`asked` is untrusted."""
    wanted = f"{code(found_in)} asks for {language} {code(asked, 60)}"
    return f"{wanted}, which this host does not have. An operator can install it: {code(install)}."


def older_toolchain(language: str, asked: str, found_in: str, version: str, update: str) -> str:
    """`asked` is untrusted; `version` is the host's."""
    wanted = f"{code(found_in)} asks for {language} {code(asked, 60)}"
    return f"{wanted}, and this host has {version}. An operator can update it: {code(update)}."


def no_program(program: str, what: str, install: str) -> str:
    """A program that belongs to a language's tools and is not there."""
    return f"This host has no {program}, so {what}. An operator can install it: {code(install)}."


def not_fetched(program: str, reason: str) -> str:
    """`reason` is untrusted output."""
    return f"{program} could not fetch the packages, so nothing that needs them was checked: {quoted(reason, 300)}."


def not_linked(program: str, missing: str, install: str) -> str:
    """What a compiler itself needs of the host; `missing` is untrusted output."""
    return f"{program} could not build for this host: {quoted(missing, 200)}. An operator can install it: {install}."
