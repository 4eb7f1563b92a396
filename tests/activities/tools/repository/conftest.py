"""The workbench of the Python tools serves those of a whole repository as well."""

from tests.activities.tools.python.conftest import bench, project

__all__ = ["bench", "project"]
