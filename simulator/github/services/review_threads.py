"""Threads of reviews: comments on lines, and answers to them."""

from simulator.github.entities import Json, Repository, Review, ReviewComment, ReviewThread, SimulatedIssue, User
from simulator.github.errors import EntityNotFound
from simulator.github.serializers import pull as pull_json
from simulator.github.serializers import review_threads as thread_json
from simulator.github.services.events import Events
from simulator.github.store import Store


class ReviewThreadService:
    """`login` is the user who acts. Each change of a comment sends the app an event."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    def open_thread(
        self, full_name: str, number: int, path: str, line: int, body: str, login: str = "octocat"
    ) -> ReviewThread:
        """As a review with this one comment does."""
        repo, issue, pull = self._store.pull(full_name, number)
        author, now = self._store.add_user(login), self._store.now()
        review = Review(self._store.new_id(), author, "COMMENTED", "", pull.head_sha, now)
        pull.reviews.append(review)
        hunk = f"@@ -{line},1 +{line},1 @@\n+line {line}"
        thread = ReviewThread(self._store.new_id(), review, path, line, pull.head_sha, hunk)
        pull.threads.append(thread)
        self._add(repo, issue, thread, body, author)
        return thread

    def reply(self, full_name: str, number: int, thread: ReviewThread, body: str, login: str) -> ReviewComment:
        repo, issue, _ = self._store.pull(full_name, number)
        return self._add(repo, issue, thread, body, self._store.add_user(login))

    def edit(self, full_name: str, comment_id: int, body: str, login: str = "octocat") -> ReviewComment:
        repo = self._store.repository(full_name)
        issue, thread, comment = self.comment(repo, comment_id)
        before, now = comment.body, self._store.now()
        comment.body, comment.updated_at, comment.edited_at = body, now, now
        more: Json = {"changes": {"body": {"from": before}}}
        self._send("edited", repo, issue, thread, comment, self._store.add_user(login), more)
        return comment

    def resolve(self, thread: ReviewThread) -> None:
        thread.resolved = True
        self._store.changed()

    def comment(self, repo: Repository, comment_id: int) -> tuple[SimulatedIssue, ReviewThread, ReviewComment]:
        """A comment with its thread and its pull request; raises EntityNotFound."""
        for issue in repo.issues.values():
            for thread in issue.pull.threads if issue.pull else ():
                for comment in thread.comments:
                    if comment.id == comment_id:
                        return issue, thread, comment
        raise EntityNotFound(f"review comment {comment_id}")

    def _add(
        self, repo: Repository, issue: SimulatedIssue, thread: ReviewThread, body: str, author: User
    ) -> ReviewComment:
        now = self._store.now()
        comment = ReviewComment(self._store.new_id(), author, body, now, now)
        thread.comments.append(comment)
        self._send("created", repo, issue, thread, comment, author, {})
        return comment

    def _send(
        self, action: str, repo: Repository, issue: SimulatedIssue, thread: ReviewThread, comment: ReviewComment,
        sender: User, more: Json,
    ) -> None:  # fmt: skip
        issue.updated_at = self._store.now()
        self._store.changed()
        payload = {
            "action": action,
            "comment": thread_json.review_comment(self._store, repo, issue, thread, comment),
            "pull_request": pull_json.simple_pull(self._store, repo, issue),
        }
        self._events.send("pull_request_review_comment", repo, sender, {**payload, **more})
