"""What the simulated GitHub keeps and how it changes."""

from simulator.github.services.apps import AppService
from simulator.github.services.checks import CheckService
from simulator.github.services.deployments import DeploymentService
from simulator.github.services.events import Events
from simulator.github.services.installations import InstallationService
from simulator.github.services.issues import IssueService
from simulator.github.services.merging import MergeService
from simulator.github.services.protection import ProtectionService
from simulator.github.services.pulls import PullService
from simulator.github.services.pushes import PushService
from simulator.github.services.refs import RefService
from simulator.github.services.releases import ReleaseService
from simulator.github.services.repositories import RepositoryService
from simulator.github.services.review_threads import ReviewThreadService
from simulator.github.services.reviews import ReviewService
from simulator.github.services.samples import SampleService
from simulator.github.services.statuses import StatusService
from simulator.github.store import Store
from simulator.github.webhooks import Webhooks


class GitHubServices:
    """All services, on one store."""

    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        self.store, self.webhooks = store, webhooks
        outgoing = Events(store, webhooks)
        self.apps = AppService(store, webhooks)
        self.installations = InstallationService(store, outgoing)
        self.issues = IssueService(store, outgoing)
        self.statuses = StatusService(store, outgoing)
        self.deployments = DeploymentService(store, outgoing)
        self.checks = CheckService(store, outgoing)
        self.protection = ProtectionService(store)
        self.pulls = PullService(store, outgoing, self.issues)
        self.reviews = ReviewService(store, outgoing)
        self.review_threads = ReviewThreadService(store, outgoing)
        self.refs = RefService(store, outgoing, self.protection, self.checks, self.pulls)
        self.merging = MergeService(store, outgoing, self.protection, self.pulls, self.refs)
        self.releases = ReleaseService(store, outgoing, self.refs)
        self.pushes = PushService(store)
        self.repositories = RepositoryService(store, outgoing, self.installations, self.pulls)
        self.samples = SampleService(store, self.repositories, self.pushes, self.pulls, self.issues)
