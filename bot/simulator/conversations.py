"""Deeds of talk: issues, comments, labels and reactions. Each tells the app what GitHub would tell it."""

from bot.simulator import shapes, shapes_pull
from bot.simulator.repositories import Repositories
from bot.simulator.state import Comment, Issue, Json, Label, Reaction, Repository, User


class Conversations(Repositories):
    """See the module. `login` is who does it."""

    def open_issue(self, full_name: str, title: str, body: str | None = "", login: str = "octocat") -> Issue:
        repo, author = self.repository(full_name), self.add_user(login)
        issue = self.new_issue(repo, title, body, author)
        self.tell_issue("opened", repo, issue, author)
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
        number, now = len(repo.issues) + 1, self.now()
        issue = repo.issues[number] = Issue(self.new_id(), number, title, body, author, now, now)
        self.changed()
        return issue

    def tell_issue(self, action: str, repo: Repository, issue: Issue, sender: User, more: Json | None = None) -> None:
        self.emit("issues", repo, sender, {"action": action, "issue": shapes.issue(self, repo, issue), **(more or {})})
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
            "issue": shapes.issue(self, repo, issue),
            "comment": shapes.comment(self, repo, issue, comment),
        }
        self.emit("issue_comment", repo, sender, {**payload, **(more or {})})
        self.changed()

    def _tell_label(self, action: str, repo: Repository, issue: Issue, label: Label, sender: User) -> None:
        tell = self.tell_pull if issue.pull else self.tell_issue
        tell(action, repo, issue, sender, {"label": shapes.label(self, repo, label)})
