"""Issues, comments, labels and reactions. Each change sends the app the event that GitHub would send."""

from collections.abc import Iterable

from simulator.github import serializers
from simulator.github.entities import (
    Comment,
    ContentEdit,
    Json,
    Label,
    LabelEvent,
    Reaction,
    RenameEvent,
    Repository,
    SimulatedIssue,
    User,
)
from simulator.github.errors import EntityNotFound
from simulator.github.services.events import Events
from simulator.github.store import Store


class IssueService:
    """Issues, and what pull requests have in common with them. `login` is the user who acts."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    def open_issue(
        self, full_name: str, title: str, body: str | None = "", login: str = "octocat", *,
        labels: Iterable[str] = (), assignees: Iterable[str] = (),
    ) -> SimulatedIssue:  # fmt: skip
        """`opened`, then one `labeled` and one `assigned` for each."""
        repo, author = self._store.repository(full_name), self._store.add_user(login)
        issue = self.new_issue(repo, title, body, author)
        issue.labels = [self.new_label(repo, name) for name in dict.fromkeys(labels)]
        issue.assignees = [self._store.add_user(name) for name in dict.fromkeys(assignees)]
        self._events.send_issue("opened", repo, issue, author)
        for label in issue.labels:
            self._send_label("labeled", repo, issue, label, author)
        for assignee in issue.assignees:
            self._events.send_issue(
                "assigned", repo, issue, author, {"assignee": serializers.user(self._store, assignee)}
            )
        return issue

    def edit_issue(
        self, full_name: str, number: int, *, title: str | None = None, body: str | None = None, login: str = "octocat"
    ) -> SimulatedIssue:
        """An issue or a pull request; one `edited` event with the former values."""
        repo, issue = self._store.repository(full_name), self._store.issue(full_name, number)
        editor = self._store.add_user(login)
        if changes := self.set_text(issue, title, body, editor):
            issue.updated_at = self._store.now()
            self._events.send_issue("edited", repo, issue, editor, {"changes": changes})
        return issue

    def delete_issue(self, full_name: str, number: int, login: str = "octocat") -> None:
        """As an administrator can; its number is not used again. A pull request can only be closed."""
        repo, issue = self._store.repository(full_name), self._store.issue(full_name, number)
        if issue.pull:
            raise ValueError(f"{full_name}#{number} is a pull request")
        del repo.issues[number]
        self._events.send_issue("deleted", repo, issue, self._store.add_user(login))

    def transfer_issue(self, full_name: str, number: int, to: str, login: str = "octocat") -> SimulatedIssue:
        """To another repository, where it gets another number."""
        repo, issue, other = (
            self._store.repository(full_name),
            self._store.issue(full_name, number),
            self._store.repository(to),
        )
        before = serializers.issue(self._store, repo, issue)
        other.last_number += 1
        del repo.issues[number]
        issue.number = other.last_number
        other.issues[issue.number] = issue
        repo.transferred[number] = other, issue
        changes = {
            "new_issue": serializers.issue(self._store, other, issue),
            "new_repository": serializers.repository(self._store, other),
        }
        payload = {"action": "transferred", "issue": before, "changes": changes}
        self._events.send("issues", repo, self._store.add_user(login), payload)
        return issue

    def link_pull(self, full_name: str, pull: int, number: int) -> None:
        """As a person does under "Development" of the issue `number`: merging the pull request closes it."""
        self._store.issue(full_name, pull).linked.add(number)
        self._store.changed()

    def lock_issue(self, full_name: str, number: int, locked: bool = True, login: str = "octocat") -> SimulatedIssue:
        """Only users with write permission can comment on a locked issue, and no app."""
        repo, issue = self._store.repository(full_name), self._store.issue(full_name, number)
        issue.locked, issue.lock_reason = locked, None
        self._events.send_issue("locked" if locked else "unlocked", repo, issue, self._store.add_user(login))
        return issue

    def assign(self, full_name: str, number: int, logins: Iterable[str], login: str = "octocat") -> SimulatedIssue:
        """These assignees and no others; an event for each that is added or removed."""
        repo, issue, sender = (
            self._store.repository(full_name),
            self._store.issue(full_name, number),
            self._store.add_user(login),
        )
        before, issue.assignees = issue.assignees, [self._store.add_user(name) for name in dict.fromkeys(logins)]
        changes = [("assigned", each) for each in issue.assignees if each not in before]
        changes += [("unassigned", each) for each in before if each not in issue.assignees]
        for action, person in changes:
            self._events.send_issue(action, repo, issue, sender, {"assignee": serializers.user(self._store, person)})
        return issue

    def add_comment(self, full_name: str, number: int, body: str, login: str = "octocat") -> Comment:
        repo, issue, author = (
            self._store.repository(full_name),
            self._store.issue(full_name, number),
            self._store.add_user(login),
        )
        now = self._store.now()
        comment = Comment(self._store.new_id(), author, body, now, now)
        issue.comments.append(comment)
        self._send_comment("created", repo, (issue, comment), author)
        return comment

    def edit_comment(self, full_name: str, comment_id: int, body: str, login: str = "octocat") -> Comment:
        repo, sender = self._store.repository(full_name), self._store.add_user(login)
        issue, comment = self.comment(repo, comment_id)
        before, comment.body, comment.updated_at = comment.body, body, self._store.now()
        comment.edits.append(ContentEdit(self._store.new_id(), sender, comment.updated_at))
        self._send_comment("edited", repo, (issue, comment), sender, {"changes": {"body": {"from": before}}})
        return comment

    def delete_comment(self, full_name: str, comment_id: int, login: str = "octocat") -> None:
        repo = self._store.repository(full_name)
        issue, comment = self.comment(repo, comment_id)
        issue.comments.remove(comment)
        self._send_comment("deleted", repo, (issue, comment), self._store.add_user(login))

    def add_label(self, full_name: str, number: int, name: str, login: str = "octocat") -> Label:
        """Adds a label, creating it first where the repository does not have it."""
        repo, issue = self._store.repository(full_name), self._store.issue(full_name, number)
        label = self.new_label(repo, name)
        if label not in issue.labels:
            issue.labels.append(label)
            self._send_label("labeled", repo, issue, label, self._store.add_user(login))
        return label

    def remove_label(self, full_name: str, number: int, name: str, login: str = "octocat") -> None:
        repo, issue = self._store.repository(full_name), self._store.issue(full_name, number)
        for label in [label for label in issue.labels if label.name.lower() == name.lower()]:
            issue.labels.remove(label)
            self._send_label("unlabeled", repo, issue, label, self._store.add_user(login))

    def delete_label(self, full_name: str, name: str, login: str = "octocat") -> None:
        """From the repository, and so from each issue; the events do not contain it."""
        repo, sender = self._store.repository(full_name), self._store.add_user(login)
        label = repo.labels.pop(name.lower())
        for issue in [issue for issue in repo.issues.values() if label in issue.labels]:
            issue.labels.remove(label)
            issue.updated_at = self._store.now()
            self._events.send_issue("unlabeled", repo, issue, sender)
        self._store.changed()

    def set_labels(self, full_name: str, number: int, names: Iterable[str], login: str = "octocat") -> None:
        """These labels and no others."""
        by_key = {name.lower(): name for name in names}
        for label in list(self._store.issue(full_name, number).labels):
            if label.name.lower() not in by_key:
                self.remove_label(full_name, number, label.name, login)
        for name in by_key.values():
            self.add_label(full_name, number, name, login)

    def react(self, to: SimulatedIssue | Comment, content: str, user: User) -> Reaction:
        """A user's reaction of one kind exists once."""
        found = next((r for r in to.reactions if r.user is user and r.content == content), None)
        if found is None:
            found = Reaction(self._store.new_id(), user, content, self._store.now())
            to.reactions.append(found)
            self._store.changed()
        return found

    def comment(self, repo: Repository, comment_id: int) -> tuple[SimulatedIssue, Comment]:
        """A comment with its issue; raises EntityNotFound."""
        for issue in repo.issues.values():
            for comment in issue.comments:
                if comment.id == comment_id:
                    return issue, comment
        raise EntityNotFound(f"comment {comment_id}")

    def new_label(self, repo: Repository, name: str, color: str = "ededed", description: str | None = None) -> Label:
        label = repo.labels.get(name.lower()) or Label(self._store.new_id(), name, color, description)
        repo.labels[name.lower()] = label
        self._store.changed()
        return label

    def new_issue(self, repo: Repository, title: str, body: str | None, author: User) -> SimulatedIssue:
        """Numbers are shared by issues and pull requests."""
        repo.last_number += 1
        now, number = self._store.now(), repo.last_number
        issue = repo.issues[number] = SimulatedIssue(self._store.new_id(), number, title, body, author, now, now)
        self._store.changed()
        return issue

    def set_text(self, issue: SimulatedIssue, title: str | None, body: str | None, editor: User) -> Json:
        """Sets what is not None; GitHub's `changes` with the former values, empty where nothing is new."""
        changes: Json = {}
        now = self._store.now()
        if title is not None and title != issue.title:
            changes["title"] = {"from": issue.title}
            issue.events.append(RenameEvent(self._store.new_id(), editor, issue.title, title, now))
            issue.title = title
        if body is not None and body != issue.body:
            changes["body"] = {"from": issue.body or ""}
            issue.edits.append(ContentEdit(self._store.new_id(), editor, now))
            issue.body = body
        return changes

    def _send_comment(
        self,
        action: str,
        repo: Repository,
        commented: tuple[SimulatedIssue, Comment],
        sender: User,
        more: Json | None = None,
    ) -> None:
        issue, comment = commented
        issue.updated_at = self._store.now()
        payload = {
            "action": action,
            "issue": serializers.issue(self._store, repo, issue),
            "comment": serializers.comment(self._store, repo, issue, comment),
        }
        self._events.send("issue_comment", repo, sender, {**payload, **(more or {})})

    def _send_label(self, action: str, repo: Repository, issue: SimulatedIssue, label: Label, sender: User) -> None:
        issue.updated_at = self._store.now()
        issue.events.append(LabelEvent(self._store.new_id(), action, sender, label, issue.updated_at))
        self._events.send_issue(action, repo, issue, sender, {"label": serializers.label(self._store, repo, label)})
