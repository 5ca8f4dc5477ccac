from headcount.up.restarts import Restarts


def test_waits_double_up_to_half_a_minute() -> None:
    restarts = Restarts()
    assert [restarts.after_death(1.0) for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert restarts.count == 8


def test_a_steady_minute_starts_over_but_keeps_the_count() -> None:
    restarts = Restarts()
    for _ in range(6):
        restarts.after_death(1.0)
    assert restarts.after_death(60.0) == 0.5
    assert restarts.after_death(1.0) == 1.0
    assert restarts.count == 8
