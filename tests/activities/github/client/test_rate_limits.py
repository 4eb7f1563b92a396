"""GitHub's limits, kept from our side, with a clock that only the test moves."""

import asyncio
from collections.abc import Callable

import pytest

from activities.github.client.rate_limits import UNMETERED, Cost, RateBudget, RateLimits, cost_of, cost_of_query
from activities.github.errors import RateLimited

READ = cost_of("GET", "/repos/o/r")
UPDATE = cost_of("PATCH", "/repos/o/r/check-runs/1")
CREATE = cost_of("POST", "/repos/o/r/check-runs")
COMMENT = cost_of("POST", "/repos/o/r/issues/1/comments")
QUERY = cost_of_query("query { viewer { login } }")
COMMIT = cost_of_query("\nmutation ($input: CreateCommitOnBranchInput!) { x }")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., RateBudget]:
    """A budget without chance; some limits are as given."""

    def budget(**limits: float) -> RateBudget:
        return RateBudget(RateLimits(**limits), clock, chance=lambda: 0.0)  # type: ignore[arg-type]

    return budget


def asked(budget: RateBudget, cost: Cost) -> tuple[str, float]:
    """("go", seconds to sleep) or ("later", seconds after which to try again)."""
    try:
        return "go", budget.claim(cost)[0]
    except RateLimited as error:
        return "later", error.retry_after


@pytest.mark.parametrize(
    ("method", "path", "lanes"),
    [
        ("GET", "/repos/o/r/issues/1/comments", {"points": 1}),
        ("POST", "/repos/o/r/check-runs", {"points": 5, "writes": 1}),
        ("PATCH", "/repos/o/r/issues/comments/1", {"points": 5, "writes": 1}),
        ("POST", "/repos/o/r/statuses/0123", {"points": 5, "writes": 1}),
        ("POST", "/repos/o/r/git/refs", {"points": 5, "writes": 1}),
        ("DELETE", "/repos/o/r/git/refs/heads/x", {"points": 5, "writes": 1}),
        ("POST", "/app/installations/1/access_tokens", {"points": 5}),
        ("POST", "/repos/o/r/issues/1/comments", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/repos/o/r/issues/comments/1/reactions", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/repos/o/r/issues", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/repos/o/r/pulls", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/repos/o/r/pulls/1/reviews", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/repos/o/r/pulls/1/requested_reviewers", {"points": 5, "writes": 1, "content": 1}),
        ("PUT", "/repos/o/r/pulls/1/merge", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/api/v3/repos/o/comments/pulls", {"points": 5, "writes": 1, "content": 1}),
        ("POST", "/repos/comments/pulls/check-runs", {"points": 5, "writes": 1}),
    ],
)
def test_cost_of_a_request(method: str, path: str, lanes: dict[str, int]) -> None:
    assert dict(cost_of(method, path).lanes) == lanes


def test_cost_of_a_query() -> None:
    assert dict(QUERY.lanes) == {"queries": 1}
    assert dict(COMMIT.lanes) == {"queries": 5, "writes": 1, "content": 1}
    assert {cost_of("GET", "/search/issues").resource, READ.resource, QUERY.resource} == {"search", "core", "graphql"}


def test_check_runs_of_a_push_are_sent_at_once(make: Callable[..., RateBudget]) -> None:
    budget = make()
    gate = [CREATE] * 9 + [UPDATE] * 8 + [UPDATE] * 9 + [COMMENT]
    assert [asked(budget, cost) for cost in gate] == [("go", 0.0)] * 27


def test_many_writes_are_a_second_apart(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make()
    assert [asked(budget, UPDATE) for _ in range(90)] == [("go", 0.0)] * 90
    assert [asked(budget, UPDATE) for _ in range(4)] == [("go", 1.0), ("go", 2.0), ("later", 3.0), ("later", 4.0)]
    assert asked(budget, READ) == ("go", 0.0)
    clock.now += 120
    assert [asked(budget, UPDATE) for _ in range(90)] == [("go", 0.0)] * 90


def test_content_is_always_a_second_apart(make: Callable[..., RateBudget]) -> None:
    budget = make()
    assert [asked(budget, COMMENT) for _ in range(4)] == [("go", 0.0), ("go", 1.0), ("go", 2.0), ("later", 3.0)]
    assert asked(budget, COMMIT) == ("later", 4.0)
    assert [asked(budget, CREATE) for _ in range(9)] == [("go", 0.0)] * 9


def test_points_come_back_after_a_minute(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make(points_a_minute=11)
    assert [asked(budget, cost) for cost in (UPDATE, READ, UPDATE)] == [("go", 0.0)] * 3
    clock.now += 20
    # Two seconds more than a minute: that much later a request may have been sent than it was counted.
    assert asked(budget, READ) == ("later", 42.0)
    assert asked(budget, QUERY) == ("go", 0.0)
    clock.now += 42
    assert asked(budget, READ) == ("go", 0.0)
    assert asked(budget, UPDATE) == ("go", 0.0)


def test_queries_have_points_of_their_own(make: Callable[..., RateBudget]) -> None:
    budget = make(query_points_a_minute=7)
    assert [asked(budget, cost) for cost in (COMMIT, QUERY, QUERY)] == [("go", 0.0)] * 3
    assert asked(budget, QUERY) == ("later", 62.0)
    assert asked(budget, READ) == ("go", 0.0)


def test_content_is_counted_by_the_minute_and_the_hour(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make(content_a_minute=2, content_an_hour=3, content_apart_s=0)
    assert [asked(budget, COMMENT) for _ in range(2)] == [("go", 0.0)] * 2
    assert asked(budget, COMMENT) == ("later", 60.0)
    clock.now += 60
    assert asked(budget, COMMENT) == ("go", 0.0)
    assert asked(budget, COMMENT) == ("later", 3540.0)
    assert asked(budget, UPDATE) == ("go", 0.0)


def test_unchanged_answer_gives_points_back(make: Callable[..., RateBudget]) -> None:
    budget = make(points_a_minute=2)
    for _ in range(10):
        wait, turn = budget.claim(READ)
        assert wait == 0
        turn.give_back()
        turn.give_back()
    assert [asked(budget, READ)[0] for _ in range(3)] == ["go", "go", "later"]


@pytest.mark.parametrize(("count", "cost", "limits"), [
    (300, COMMENT, {}),
    (600, COMMENT, {}),
    (400, UPDATE, {}),
    (1500, READ, {}),
    (900, QUERY, {"query_points_a_minute": 100}),
])  # fmt: skip
def test_many_requests_need_few_tries(
    make: Callable[..., RateBudget], clock: Clock, count: int, cost: Cost, limits: dict[str, float]
) -> None:
    """All at once, and each comes back when it was told to, in whatever order."""
    budget = make(**limits)
    waiting = [(clock.now, 1)] * count
    sent, tries = [], []
    while waiting:
        waiting.sort(key=lambda each: each[0])
        at, attempt = waiting.pop(0)
        clock.now = max(clock.now, at)
        said, seconds = asked(budget, cost)
        if said == "go":
            sent.append(clock.now + seconds)
            tries.append(attempt)
        else:
            waiting.append((clock.now + seconds, attempt + 1))
    assert max(tries) <= 3
    for lane, much in cost.lanes:
        for seconds, limit in _LIMITS[lane](limits):
            assert _most(sent, seconds) * much <= limit, lane


_LIMITS: dict[str, Callable[[dict[str, float]], list[tuple[float, float]]]] = {
    "points": lambda _: [(60, 900)],
    "queries": lambda limits: [(60, limits["query_points_a_minute"])],
    "writes": lambda _: [(60, 90 + 61), (600, 90 + 601)],
    "content": lambda _: [(0.99, 1), (60, 80), (3600, 500)],
}


def _most(sent: list[float], seconds: float) -> int:
    """The most in any span of so many seconds."""
    sent = sorted(sent)
    most, first = 0, 0
    for last, at in enumerate(sent):
        while at - sent[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_unused_reservation_expires(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make()
    assert [asked(budget, COMMENT)[0] for _ in range(4)] == ["go", "go", "go", "later"]
    clock.now += 600
    assert [asked(budget, COMMENT) for _ in range(3)] == [("go", 0.0), ("go", 1.0), ("go", 2.0)]


def test_new_request_takes_no_reserved_slot(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make()
    assert [asked(budget, COMMENT) for _ in range(5)][3:] == [("later", 3.0), ("later", 4.0)]
    clock.now += 0.5
    other = cost_of("POST", "/repos/o/r/issues/2/comments")
    assert asked(budget, other) == ("later", 4.5)
    clock.now += 2.5
    assert asked(budget, COMMENT) == ("go", 0.0)
    assert asked(budget, COMMENT) == ("go", 1.0)
    assert asked(budget, other) == ("go", 2.0)


def test_nothing_is_sent_during_a_pause(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make()
    assert budget.pause(30) == 30.0
    budget.pause(10)
    assert [asked(budget, cost) for cost in (READ, QUERY, COMMENT)] == [("later", 30.0)] * 3
    clock.now += 29
    assert asked(budget, READ) == ("go", 1.0)
    clock.now += 1
    assert asked(budget, READ) == ("go", 0.0)


def test_waits_are_spread(clock: Clock) -> None:
    chances = iter([0.0, 0.5, 1.0, 1.0])
    budget = RateBudget(RateLimits(), clock, chance=lambda: next(chances))
    assert budget.pause(30) == 30.0
    assert [asked(budget, READ) for _ in range(3)] == [("later", 33.75), ("later", 37.5), ("later", 37.5)]
    assert RateBudget(clock=clock, chance=lambda: 1.0).pause(3600) == 3615.0


def test_used_up_primary_limit_pauses_until_its_reset(make: Callable[..., RateBudget], clock: Clock) -> None:
    budget = make()
    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5000600", "x-ratelimit-resource": "core"}
    budget.note_headers({**used_up, "x-ratelimit-remaining": "1"}, 5_000_000)
    assert asked(budget, READ) == ("go", 0.0)
    budget.note_headers(used_up, 5_000_000)
    assert asked(budget, READ) == ("later", 600.0)
    assert asked(budget, QUERY) == ("go", 0.0)
    budget.note_headers({**used_up, "x-ratelimit-resource": "graphql"}, 5_000_100)
    assert asked(budget, QUERY) == ("later", 500.0)
    clock.now += 600
    assert asked(budget, READ) == ("go", 0.0)


@pytest.mark.parametrize("headers", [
    {},
    {"x-ratelimit-remaining": "0"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "tomorrow"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4999999"},
    {"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "5000600"},
])  # fmt: skip
def test_malformed_headers_pause_nothing(make: Callable[..., RateBudget], headers: dict[str, str]) -> None:
    budget = make()
    budget.note_headers(headers, 5_000_000)
    assert asked(budget, READ) == ("go", 0.0)


def test_pause_is_at_most_an_hour(make: Callable[..., RateBudget]) -> None:
    budget = make()
    budget.note_headers({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, 5_000_000)
    assert asked(budget, READ) == ("later", 3600.0)


def test_enterprise_server_is_not_metered_but_obeyed(clock: Clock) -> None:
    budget = RateBudget(UNMETERED, clock, chance=lambda: 0.0)
    assert {asked(budget, COMMENT) for _ in range(2000)} == {("go", 0.0)}
    budget.pause(30)
    assert asked(budget, COMMENT) == ("later", 30.0)


async def test_long_wait_is_left_to_the_retry() -> None:
    budget = RateBudget(RateLimits(patience_s=5.0), chance=lambda: 0.0)
    budget.pause(60)
    with pytest.raises(RateLimited) as caught:
        async with budget.permit(READ):
            pytest.fail("it was not its turn")
    assert 59 < caught.value.retry_after <= 60


async def test_short_waits_are_served_in_order() -> None:
    budget = RateBudget(RateLimits(content_apart_s=0.05))
    order = []

    async def comment(number: int) -> float:
        async with budget.permit(COMMENT):
            order.append(number)
            return asyncio.get_running_loop().time()

    start = asyncio.get_running_loop().time()
    times = await asyncio.gather(*(comment(number) for number in range(8)))
    assert order == list(range(8))
    assert all(at - start >= 0.05 * number - 0.01 for number, at in enumerate(times))


async def test_pause_during_a_wait_is_obeyed() -> None:
    budget = RateBudget(RateLimits(content_apart_s=0.1), chance=lambda: 0.0)
    async with budget.permit(COMMENT):
        waiting = asyncio.create_task(_turn(budget))
        await asyncio.sleep(0)
        budget.pause(60)
    with pytest.raises(RateLimited):
        await waiting


async def test_pause_during_a_wait_for_a_slot_is_obeyed() -> None:
    budget = RateBudget(RateLimits(at_once=1), chance=lambda: 0.0)
    async with budget.permit(READ):
        waiting = asyncio.create_task(_turn(budget, READ))
        await asyncio.sleep(0)
        budget.pause(60)
    with pytest.raises(RateLimited) as caught:
        await waiting
    assert caught.value.retry_after == pytest.approx(60, abs=1)


async def test_hanging_requests_do_not_block_others_for_long() -> None:
    budget = RateBudget(RateLimits(at_once=1, patience_s=0.05), chance=lambda: 0.0)
    async with budget.permit(READ):
        with pytest.raises(RateLimited):
            await _turn(budget, READ)
    async with budget.permit(READ):
        pass


async def _turn(budget: RateBudget, cost: Cost = COMMENT) -> None:
    async with budget.permit(COMMENT):
        pytest.fail("GitHub said to wait")


async def test_no_more_at_once_than_github_allows() -> None:
    budget = RateBudget(RateLimits(at_once=3))
    inside, most = 0, 0
    enough = asyncio.Event()

    async def read() -> None:
        nonlocal inside, most
        async with budget.permit(READ):
            inside += 1
            most = max(most, inside)
            if inside == 3:
                enough.set()
            await enough.wait()
            inside -= 1

    await asyncio.gather(*(read() for _ in range(12)))
    assert most == 3
