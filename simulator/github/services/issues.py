"""Deeds of talk: issues, comments, labels and reactions. Each tells the app what GitHub would tell it."""

from collections.abc import Iterable

from simulator.github import serializers
from simulator.github.serializers import pull as shapes_pull
from simulator.github.services.entities import Comment, Issue, Json, Label, Reaction, Repository, User
from simulator.github.services.repositories import Repositories


class Conversations(Repositories):
    """See the module. `login` is who does it."""

    def open_issue(
        self, full_name: str, title: str, body: str | None = "", login: str = "octocat", *,
        labels: Iterable[str] = (), assignees: Iterable[str] = (),
    ) -> Issue:  # fmt: skip
        """`opened`, then one `labeled` and one `assigned` for each."""
        repo, author = self.repository(full_name), self.add_user(login)
        issue = self.new_issue(repo, title, body, author)
        issue.labels = [self.new_label(repo, name) for name in dict.fromkeys(labels)]
        issue.assignees = [self.add_user(name) for name in dict.fromkeys(assignees)]
        self.tell_issue("opened", repo, issue, author)
        for label in issue.labels:
            self._tell_label("labeled", repo, issue, label, author)
        for person in issue.assignees:
            self.tell("assigned", repo, issue, author, {"assignee": serializers.user(self, person)})
        return issue

    def set_issues(self, full_name: str, enabled: bool) -> None:
        """Whether the repository takes issues; pull requests it takes always."""
        self.repository(full_name).has_issues = enabled
        self.changed()

    def edit_issue(
        self, full_name: str, number: int, *, title: str | None = None, body: str | None = None, login: str = "octocat"
    ) -> Issue:
        """An issue or a pull request; one `edited` event with what was there before."""
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        changes = self.reworded(issue, title, body)
        if changes:
            issue.updated_at = self.now()
            self.tell("edited", repo, issue, self.add_user(login), {"changes": changes})
        return issue

    def delete_issue(self, full_name: str, number: int, login: str = "octocat") -> None:
        """For ever, as an administrator can; its number is not given again. A pull request can only be closed."""
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        if issue.pull:
            raise ValueError(f"{full_name}#{number} is a pull request")
        del repo.issues[number]
        self.tell_issue("deleted", repo, issue, self.add_user(login))

    def lock_issue(self, full_name: str, number: int, locked: bool = True, login: str = "octocat") -> Issue:
        """Only who may write can comment then, and no app."""
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        issue.locked, issue.lock_reason = locked, None
        self.tell("locked" if locked else "unlocked", repo, issue, self.add_user(login))
        return issue

    def assign(self, full_name: str, number: int, logins: Iterable[str], login: str = "octocat") -> Issue:
        """These people and nobody else; an event for each who comes or goes."""
        repo, issue, sender = self.repository(full_name), self.issue(full_name, number), self.add_user(login)
        before, issue.assignees = issue.assignees, [self.add_user(name) for name in dict.fromkeys(logins)]
        moved = [("assigned", each) for each in issue.assignees if each not in before]
        moved += [("unassigned", each) for each in before if each not in issue.assignees]
        for action, person in moved:
            self.tell(action, repo, issue, sender, {"assignee": serializers.user(self, person)})
        return issue

    def add_comment(self, full_name: str, number: int, body: str, login: str = "octocat") -> Comment:
        repo, issue, author = self.repository(full_name), self.issue(full_name, number), self.add_user(login)
        now = self.now()
        comment = Comment(self.new_id(), author, body, now, now)
        issue.comments.append(comment)
        self._tell_comment("created", repo, (issue, comment), author)
        return comment

    def edit_comment(self, full_name: str, comment_id: int, body: str, login: str = "octocat") -> Comment:
        repo, sender = self.repository(full_name), self.add_user(login)
        issue, comment = self.comment(repo, comment_id)
        before, comment.body, comment.updated_at = comment.body, body, self.now()
        self._tell_comment("edited", repo, (issue, comment), sender, {"changes": {"body": {"from": before}}})
        return comment

    def delete_comment(self, full_name: str, comment_id: int, login: str = "octocat") -> None:
        repo = self.repository(full_name)
        issue, comment = self.comment(repo, comment_id)
        issue.comments.remove(comment)
        self._tell_comment("deleted", repo, (issue, comment), self.add_user(login))

    def add_label(self, full_name: str, number: int, name: str, login: str = "octocat") -> Label:
        """Puts a label on, making it first where the repository does not have it."""
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        label = self.new_label(repo, name)
        if label not in issue.labels:
            issue.labels.append(label)
            self._tell_label("labeled", repo, issue, label, self.add_user(login))
        return label

    def remove_label(self, full_name: str, number: int, name: str, login: str = "octocat") -> None:
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        for label in [label for label in issue.labels if label.name.lower() == name.lower()]:
            issue.labels.remove(label)
            self._tell_label("unlabeled", repo, issue, label, self.add_user(login))

    def delete_label(self, full_name: str, name: str, login: str = "octocat") -> None:
        """From the repository, and so from each issue; the events do not name it."""
        repo, sender = self.repository(full_name), self.add_user(login)
        label = repo.labels.pop(name.lower())
        for issue in [issue for issue in repo.issues.values() if label in issue.labels]:
            issue.labels.remove(label)
            issue.updated_at = self.now()
            self.tell("unlabeled", repo, issue, sender)
        self.changed()

    def set_labels(self, full_name: str, number: int, names: Iterable[str], login: str = "octocat") -> None:
        """These labels and no others."""
        wanted = {name.lower(): name for name in names}
        for label in list(self.issue(full_name, number).labels):
            if label.name.lower() not in wanted:
                self.remove_label(full_name, number, label.name, login)
        for name in wanted.values():
            self.add_label(full_name, number, name, login)

    def react(self, to: Issue | Comment, content: str, user: User) -> Reaction:
        """A person's reaction of one kind exists once."""
        found = next((r for r in to.reactions if r.user is user and r.content == content), None)
        if found is None:
            found = Reaction(self.new_id(), user, content, self.now())
            to.reactions.append(found)
            self.changed()
        return found

    def comment(self, repo: Repository, comment_id: int) -> tuple[Issue, Comment]:
        """A comment with its issue; LookupError where there is none."""
        for issue in repo.issues.values():
            for comment in issue.comments:
                if comment.id == comment_id:
                    return issue, comment
        raise LookupError(comment_id)

    def new_label(self, repo: Repository, name: str, color: str = "ededed", description: str | None = None) -> Label:
        label = repo.labels.get(name.lower()) or Label(self.new_id(), name, color, description)
        repo.labels[name.lower()] = label
        self.changed()
        return label

    def new_issue(self, repo: Repository, title: str, body: str | None, author: User) -> Issue:
        """Numbers are shared by issues and pull requests."""
        repo.numbered += 1
        now, number = self.now(), repo.numbered
        issue = repo.issues[number] = Issue(self.new_id(), number, title, body, author, now, now)
        self.changed()
        return issue

    def reworded(self, issue: Issue, title: str | None, body: str | None) -> Json:
        """Sets what is not None; gives GitHub's `changes`, empty where nothing is new."""
        changes: Json = {}
        for field, value in (("title", title), ("body", body)):
            if value is not None and value != getattr(issue, field):
                changes[field] = {"from": getattr(issue, field) or ""}
                setattr(issue, field, value)
        return changes

    def tell(self, action: str, repo: Repository, issue: Issue, sender: User, more: Json | None = None) -> None:
        """Of an issue, or of a pull request."""
        (self.tell_pull if issue.pull else self.tell_issue)(action, repo, issue, sender, more)

    def tell_issue(self, action: str, repo: Repository, issue: Issue, sender: User, more: Json | None = None) -> None:
        self.emit(
            "issues", repo, sender, {"action": action, "issue": serializers.issue(self, repo, issue), **(more or {})}
        )
        self.changed()

    def tell_pull(self, action: str, repo: Repository, issue: Issue, sender: User, more: Json | None = None) -> None:
        pull = shapes_pull.pull(self, repo, issue)
        self.emit(
            "pull_request",
            repo,
            sender,
            {"action": action, "number": issue.number, "pull_request": pull, **(more or {})},
        )
        self.changed()

    def _tell_comment(
        self, action: str, repo: Repository, talk: tuple[Issue, Comment], sender: User, more: Json | None = None
    ) -> None:
        issue, comment = talk
        issue.updated_at = self.now()
        payload = {
            "action": action,
            "issue": serializers.issue(self, repo, issue),
            "comment": serializers.comment(self, repo, issue, comment),
        }
        self.emit("issue_comment", repo, sender, {**payload, **(more or {})})
        self.changed()

    def _tell_label(self, action: str, repo: Repository, issue: Issue, label: Label, sender: User) -> None:
        issue.updated_at = self.now()
        self.tell(action, repo, issue, sender, {"label": serializers.label(self, repo, label)})
