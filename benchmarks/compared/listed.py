"""All repositories that are compared, in the order of the document."""

from .javascript_repositories import JAVASCRIPT
from .python_repositories import PYTHON

REPOSITORIES = (*PYTHON, *JAVASCRIPT)
