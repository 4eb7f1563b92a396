"""Windows and buckets: first come, first served, and what was given back is free."""

from activities.github.client.rate_windows import AllOf, LeakyBucket, SlidingWindow


def test_window_keeps_order_after_room_was_given_back() -> None:
    window = SlidingWindow(10, 60)
    first = window.take(window.free_at(0, 8), 8)
    window.take(window.free_at(0, 5), 5)
    assert window.free_at(0, 1) == 60
    window.give_back(first)
    assert window.free_at(0, 1) == 60


def test_window_is_full_until_enough_is_old() -> None:
    window = SlidingWindow(10, 60)
    for at in (0, 10, 20):
        window.take(at, 3)
    assert [window.free_at(30, cost) for cost in (1, 2, 4, 5, 10)] == [30, 60, 60, 70, 80]
    assert window.free_at(100, 10) == 100
    window.forget(75)
    assert window.free_at(75, 7) == 75
    assert window.free_at(75, 8) == 80


def test_cost_above_the_limit_waits_for_an_empty_window() -> None:
    window = SlidingWindow(10, 60)
    window.take(0, 1)
    assert window.free_at(0, 50) == 60


def test_reserved_place_counts_for_later_ones() -> None:
    window = SlidingWindow(2, 60)
    times = []
    for _ in range(5):
        times.append(window.free_at(0, 1))
        window.take(times[-1], 1)
    assert times == [0, 0, 60, 60, 120]


def test_burst_refills_second_by_second() -> None:
    spacing = LeakyBucket(1.0, burst=3)
    for _ in range(3):
        assert spacing.free_at(0, 1) == 0
        spacing.take(0, 1)
    assert spacing.free_at(0, 1) == 1
    assert spacing.free_at(2.5, 1) == 2.5
    spacing.take(2.5, 1)
    spacing.take(2.5, 1)
    assert spacing.free_at(2.5, 1) == 3


def test_all_limiters_are_taken_at_one_time() -> None:
    both = AllOf(LeakyBucket(1.0), SlidingWindow(2, 60))
    times = []
    for _ in range(4):
        times.append(both.free_at(0, 1))
        both.take(times[-1], 1)
    assert times == [0, 1, 60, 61]
