"""The version of a project that a checkout without its git history cannot find out."""

import re

from activities.languages.python.dependencies import project_name
from activities.languages.python.workspace import workspace_members
from activities.tooling import Project

_ASSUMED_VERSION = "9999.0.0"
"""High: some of the project's own dependencies may ask for "this project, at least 3.1"."""


def version_variables(project: Project, *, everywhere: bool) -> dict[str, str]:
    """Variables that give tools like setuptools-scm the version that a checkout without its git history cannot find
    out: that of PKG-INFO (a source distribution), else a high one.

    `everywhere` adds the general `SETUPTOOLS_SCM_PRETEND_VERSION`, which renames dependencies that are built too.
    """
    match = re.search(r"^Version: ([0-9][\w.!+-]*)\s*$", project.read("PKG-INFO").partition("\n\n")[0], re.MULTILINE)
    version = match[1] if match else _ASSUMED_VERSION
    variables = {"POETRY_DYNAMIC_VERSIONING_BYPASS": version, "PBR_VERSION": version, "PDM_BUILD_SCM_VERSION": version}
    for name in filter(None, (project_name(one) for one in (project, *workspace_members(project)))):
        variables[f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{re.sub('[-_.]+', '_', name).upper()}"] = version
    if everywhere:
        variables["SETUPTOOLS_SCM_PRETEND_VERSION"] = version
    return variables
