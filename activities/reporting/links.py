"""Where things are on GitHub's pages."""

from dataclasses import dataclass
from urllib.parse import quote

from activities.model import Finding
from activities.reporting.markdown import clean, code


@dataclass(frozen=True)
class Links:
    """`web` is `https://github.com` or an Enterprise Server's address; `sha` is the head that is spoken of."""

    web: str
    full_name: str
    sha: str

    def finding(self, finding: Finding) -> str:
        """A link to the line, as Markdown, its place alone where the file is not in the tree; "" without a path."""
        if not finding.path:
            return ""
        where = f"{finding.path}:{finding.line}" if finding.line else finding.path
        return f"[{code(where)}]({self.line(finding.path, finding.line)})" if finding.in_tree else code(where)

    def line(self, path: str, line: int = 0) -> str:
        """The address of a line of the head."""
        return f"{self._repo}/blob/{self.sha}/{quote(clean(path))}{f'#L{line}' if line else ''}"

    def run(self, run_id: int) -> str:
        """The address of a check run."""
        return f"{self._repo}/runs/{run_id}"

    def commit(self, sha: str) -> str:
        """A link to a commit, as Markdown."""
        return f"[{code(sha[:7])}]({self._repo}/commit/{quote(clean(sha))})"

    @property
    def _repo(self) -> str:
        return f"{self.web}/{self.full_name}"
