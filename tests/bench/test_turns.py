"""What is compared is measured in turns, and a ratio is of figures of the same turn."""

from codegen.bench.turns import Spread, measure


def test_every_thing_has_its_turn_in_every_round() -> None:
    order: list[str] = []
    steps: list[str] = []
    clock = iter(range(100))

    def figure(thing: str) -> float:
        order.append(thing)
        return float(next(clock))

    found = measure(["a", "b"], figure, 2, steps.append, warm_up=1)
    assert order == steps == ["a", "b"] * 3
    assert found == [[2.0, 4.0], [3.0, 5.0]]
    assert measure(["a", "a"], lambda _: 1.0, 1) == [[1.0], [1.0]]


def test_a_ratio_is_of_figures_of_the_same_round() -> None:
    """A machine that becomes twice as slow in between changes no ratio."""
    assert Spread.of_ratios([10.0, 40.0, 30.0], [20.0, 80.0, 30.0]) == Spread(0.5, 0.5, 1.0)
    assert Spread(1.23456, 0.5, 1e-7).as_json() == {"median": 1.235, "low": 0.5, "high": 1e-7}
