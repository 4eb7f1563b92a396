"""What has to be looked at: which service an alert is about, its neighbours, its repository, and from when to when."""

from collections.abc import Awaitable, Callable

from activities import diagnosers
from activities.errors import UserError
from activities.incidents import texts
from activities.incidents.acting import ReadScopeInput, ReadScopeResult
from activities.incidents.deployment import IncidentDeployment, connected, seconds_of, service_named
from activities.incidents.types import IncidentInput, IncidentScope
from activities.model import RepoRef

FindRepo = Callable[[str], Awaitable[RepoRef]]
"""The repository of a full name, with the installation of this App. Raises UserError where there is none."""

_MOST_SERVICES = 50
_AFTER_S = 15 * 60.0
_OLDEST_S = 30 * 24 * 3600.0


class IncidentScoper:
    """`queue` is the task queue of this host; `find_repo` is None where there is no GitHub."""

    def __init__(self, deployment: IncidentDeployment, queue: str, find_repo: FindRepo | None = None) -> None:
        self._deployment = deployment
        self._queue = queue
        self._find_repo = find_repo

    async def read(self, asked: ReadScopeInput) -> ReadScopeResult:
        """Never fails for what an alert or the deployment's file says."""
        input, file = asked.input, self._deployment.file
        repo = input.repo or input.alert.repo
        named = self._service_name(input, repo)
        service = service_named(named, file.services) if named else ""
        settings = file.services.get(service)
        problem = ""
        if repo is None and settings and settings.repository and self._find_repo:
            try:
                repo = await self._find_repo(settings.repository)
            except UserError as error:
                problem = str(error)
        known = bool(service or repo or input.folder or input.prometheus)
        name = service or named or (repo.name if repo else "")
        onset = min(max(input.alert.starts_at or asked.now, asked.now - _OLDEST_S), asked.now)
        if input.folder and input.alert.starts_at:
            onset = input.alert.starts_at  # old data is as good
        around = connected(service, file.services, _MOST_SERVICES) if service else ()
        scope = IncidentScope(
            asked.incident, name, (name, *around)[:_MOST_SERVICES], onset, onset - seconds_of(file.before),
            max(min(onset + _AFTER_S, asked.now), onset), repo, input.folder, input.prometheus, self._queue,
        )  # fmt: skip
        if not known:
            problem = texts.unknown_service(named)
        known_ones = diagnosers.registry()
        first = tuple(name for name, one in known_ones.items() if not one.after_logs)
        later = tuple(name for name, one in known_ones.items() if one.after_logs)
        return ReadScopeResult(
            scope, known, first, later, settings.paths if settings else (),
            settings.environment if settings else "", problem,
        )  # fmt: skip

    def _service_name(self, input: IncidentInput, repo: RepoRef | None) -> str:
        """What the alert calls it; else the one service of its repository, "" where that is not known."""
        alert, file = input.alert, self._deployment.file
        if alert.service:
            return alert.service
        if label := next((alert.labels[each] for each in file.labels if alert.labels.get(each)), ""):
            return label
        here = repo.full_name.casefold() if repo else ""
        of_repo = [name for name, each in file.services.items() if here and each.repository.casefold() == here]
        return of_repo[0] if len(of_repo) == 1 else ""
