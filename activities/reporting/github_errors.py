"""What people read when GitHub refuses something, or when something of theirs stands in the way.

Each text is Markdown and says what is wrong and what to do next. Names are quoted as code, and what GitHub itself says
is escaped, since it may repeat words of a branch, a rule or a commit.
"""

from collections.abc import Mapping, Sequence

from activities.redaction import redact
from activities.reporting.markdown import code, escape_markdown

BAD_PRIVATE_KEY = "The app's private key is not a valid PEM file. Download it again from the app's settings on GitHub."

SUSPENDED = "The app's installation is suspended. Unsuspend it in the account's settings, under GitHub Apps."
ACCOUNT_SUSPENDED = "GitHub has suspended the account. Its owner must contact GitHub Support."
BLOCKED = "GitHub has blocked this repository. Its owner must contact GitHub Support."
ARCHIVED = "The repository is archived, so it is read-only. Unarchive it in its settings."
IP_ALLOW_LIST = "The organization's IP allow list does not include this server's address. Add it there."
SINGLE_SIGN_ON = "The app is not authorized for the organization's single sign-on. An owner must authorize it."
UNKNOWN_APP = (
    "GitHub does not know this app. AUTOBUILD_APP_ID must be the number or the client ID in the app's settings, and "
    "AUTOBUILD_GITHUB_API_URL must be the GitHub that has the app."
)
CONCURRENT_REQUESTS = "Too many concurrent requests."
RATE_LIMIT_REACHED = "GitHub's rate limit is reached."
REST_IS_RESERVED = "A tenth or less of this hour's requests is left, which is kept for check runs."
ISSUES_DISABLED = "Issues are disabled in this repository. Enable them in its settings."

CONFIG_TOO_LARGE = "The file exceeds 1 MB. Shorten it."
CONFIG_IS_NO_FILE = "This is not a regular file. Replace it with a regular file."


def app_key_refused(app_id: str, reason: str) -> str:
    """For whoever runs the deployment."""
    return (
        f"GitHub does not accept the app's key ({_escaped(reason) or 'no reason given'}). "
        f"AUTOBUILD_APP_ID ({code(app_id)}) and AUTOBUILD_PRIVATE_KEY must belong to the same app. "
        "Generate a new private key in the app's settings, and check this machine's clock."
    )


def github_said(advice: str, request: str, reason: str) -> str:
    """What to do, with GitHub's own answer; `request` is "POST /repos/…"; `advice` is one of ours."""
    return f"{advice} (GitHub's answer to {code(request)}: {_escaped(reason)})"


def github_answered(status: int, request: str, reason: str) -> str:
    """An answer for which there is no advice; `status` is HTTP's."""
    return f"GitHub answered {status} to {code(request)}: {_escaped(reason) or 'no reason given'}"


def query_refused(reason: str) -> str:
    """The GraphQL API's answer."""
    return f"GitHub refused a query: {_escaped(reason)}"


def missing_permission(accepted: Sequence[str], request: str) -> str:
    """Any of the `accepted` permissions will do."""
    needed = f"the permission {' or '.join(map(code, accepted))}" if accepted else "another permission"
    return (
        f"The app needs {needed} for {code(request)}. Add it in the app's settings if it is not there, then "
        "accept it where the app is installed."
    )


def legal_reasons(reason: str) -> str:
    return f"GitHub cannot show this for legal reasons ({_escaped(reason) or 'none given'}). Contact GitHub Support."


def app_not_installed(where: str) -> str:
    """`where` is a repository's name, "" for the account."""
    return f"The app is not installed on {_place(where)}. Install it there."


def installation_suspended(where: str, page: str) -> str:
    """`page` is the address of the installation's settings, "" where it is not known."""
    return f"The app's installation on {_place(where)} is suspended. Unsuspend it {_at(page)}."


def not_selected(where: str, page: str) -> str:
    return f"The app's installation has no access to {_place(where)}. Select the repository {_at(page)}."


def not_granted(permissions: Mapping[str, str], where: str, page: str, reason: str) -> str:
    """`permissions` are those that are missing, by name, with their level."""
    shown = ", ".join(code(f"{name}: {level}") for name, level in sorted(permissions.items()))
    return (
        f"The app's installation on {_place(where)} does not grant {shown}. Request it in the app's own settings, "
        f"then have the account's owner accept it {_at(page)}. ({_escaped(reason)})"
    )


def _escaped(reason: str) -> str:
    """GitHub's own words. Secrets go first: an escaped one is not recognised any more."""
    return escape_markdown(redact(reason), 500)


def _place(where: str) -> str:
    return code(where) or "this account"


def _at(page: str) -> str:
    return f"at {page}" if page else "in the settings of the account, under GitHub Apps"


def unknown_commit(sha: str, reason: str) -> str:
    return f"{code(sha)} is not on GitHub. Was it removed by a force push? ({_escaped(reason)})"


def push_not_shown(branch: str, sha: str) -> str:
    """An event was quicker than GitHub's API; it is asked again."""
    return f"GitHub does not show yet that the branch {code(branch)} is at {code(sha)}."


def unknown_branch(repository: str, branch: str) -> str:
    return f"{code(repository)} has no branch {code(branch) or 'with an empty name'}."


def branch_exists(branch: str, at: str, base: str) -> str:
    """`at` and `base` are commits: the branch's head, and what it should contain."""
    return f"{code(branch)} exists already, at {code(at[:12])}, which does not contain {code(base[:12])}."


def branch_moved(branch: str, at: str) -> str:
    """`at` is its head now, "" where it was deleted."""
    return f"{code(branch)} {f'has moved on to {code(at[:12])}' if at else 'was deleted'}; nothing was written."


def branch_conflicts(branch: str, base: str) -> str:
    return f"{code(branch)} conflicts with {code(base)}. Merge it by hand."


def is_default_branch(branch: str) -> str:
    return f"{code(branch)} is the default branch. Open a pull request for the change instead."


def invalid_branch_name(branch: str) -> str:
    return f"{code(branch) or 'An empty name'} is not a valid branch name."


def forbidden_by_rules(branch: str, reason: str) -> str:
    return (
        f"The rules of {code(branch)} do not allow this: {_escaped(reason)} "
        "Let the app bypass the branch's rules, or use another branch."
    )


def push_refused(branch: str, reason: str) -> str:
    """A file that is too large, a workflow without the permission for it, a secret: GitHub says which."""
    return f"GitHub refused the push to {code(branch)}: {_escaped(reason)}"


def unexpected_tree(created: str, expected: str) -> str:
    """Two ids of trees that should be the same."""
    return f"GitHub created tree {code(created)}; expected {code(expected)}."


def push_failed(reason: str) -> str:
    """Without a rule or a race that explains it; `reason` is git's output or GitHub's part of it."""
    return f"GitHub refused a push: {_escaped(reason)}"


def push_lost_race(branch: str, reason: str) -> str:
    return f"{code(branch)} has moved on ({_escaped(reason)}); nothing was written."


def file_too_large(path: str, megabytes: float) -> str:
    return f"{code(path)} has {megabytes:,.0f} MB, and GitHub accepts files of up to 100 MB. Use Git LFS."


def not_utf8(shown_path: str) -> str:
    return f"The name {code(shown_path)} is not UTF-8, so GitHub's API cannot write the file."


def conversation_locked(number: int) -> str:
    return f"The conversation of #{number} is locked. Unlock it, then try again."


def deleted_before_comment(number: int) -> str:
    return f"#{number} was deleted, so no comment can be added."


def deleted_before_close(number: int) -> str:
    return f"#{number} was deleted, so there is nothing to close."


def invalid_label(label: str, longest: int) -> str:
    return f"{code(label, 80) or 'An empty name'} is not a valid label: it must have 1 to {longest} characters."


def too_many_labels(number: int, count: int, most: int) -> str:
    return f"#{number} would have {count} labels, and GitHub allows {most}."


def no_new_commits(head: str, base: str) -> str:
    return f"{code(head)} has no commit that {code(base)} lacks, so there is nothing to open a pull request for."


def unknown_pull_branch(branch: str, side: str) -> str:
    """`side` is "head" or "base"."""
    return f"GitHub has no branch {code(branch)} for a pull request's {escape_markdown(side)}. Push it first."


RELEASE_CUT = "… cut here: GitHub accepts 125,000 characters."


def body_cut(characters: int) -> str:
    """The last line of a description or comment that was too long."""
    return f"_… cut here: {characters:,} more characters exceed GitHub's limit._"


NO_DRAFTS = "GitHub's plan for this repository has no draft pull requests. Open it ready for review."


def pull_of_others(number: int) -> str:
    return f"#{number} was opened by somebody else, so it stays open."


def pull_has_commits_of_others(number: int) -> str:
    return f"#{number} has commits of other people, so it stays open. Close it by hand if it is not needed."


def pull_has_reviews_of_others(number: int) -> str:
    return f"#{number} was reviewed by other people, so it stays open. Close it by hand if it is not needed."


def pull_not_shown_yet(head: str) -> str:
    return f"A pull request of {code(head)} exists already, and GitHub does not show it yet."


def pull_has_other_head(number: int, head: str, expected: str, *, merged: bool) -> str:
    was = "was merged at" if merged else "is at"
    return f"#{number} {was} {code(head)}, not at {code(expected)}, which was to be merged. Check it again."


def pull_has_other_base(number: int, base: str, expected: str) -> str:
    return f"#{number} targets {code(base)} now, not {code(expected)}."


def pull_closed(number: int) -> str:
    return f"#{number} is closed. Reopen it to merge it."


def pull_is_draft(number: int) -> str:
    return f"#{number} is a draft. Mark it as ready for review first."


def mergeability_unknown(number: int) -> str:
    return f"GitHub has not determined yet whether #{number} can be merged."


def pull_conflicts(number: int, base: str) -> str:
    return f"#{number} conflicts with {code(base)}. Merge {code(base)} into it and resolve the conflicts."


def pull_behind(number: int, base: str) -> str:
    return (
        f"#{number} is behind {code(base)}, whose rules require it to be up to date. Merge {code(base)} into it first."
    )


def needs_merge_queue(number: int, base: str) -> str:
    return f"{code(base)} accepts changes through its merge queue only. Add #{number} to the queue."


def no_merge_method(base: str) -> str:
    return f"The repository's settings and the rules of {code(base)} allow no merge method. Allow one."


def merge_method_not_allowed(method: str, allowed: Sequence[str]) -> str:
    return f"The merge method {code(method)} is not allowed here. Use {' or '.join(map(code, allowed))}."


def checks_failed(number: int, checks: Sequence[str]) -> str:
    return f"#{number} cannot be merged: {', '.join(map(code, checks))} must pass first."


def merge_refused(number: int, reason: str) -> str:
    return f"GitHub refused to merge #{number}: {_escaped(reason)}"


def not_merged_yet(number: int, reason: str) -> str:
    return f"#{number} is not merged yet: {_escaped(reason)}"


def missing_approvals(count: int) -> str:
    """What a merge waits for."""
    return f"{count} more approval{'' if count == 1 else 's'}"


def unknown_requirement(base: str) -> str:
    """What a merge waits for where GitHub only says that it is blocked; plain text, as names of checks are."""
    return f"a review, or whatever else the rules of {base} require"
