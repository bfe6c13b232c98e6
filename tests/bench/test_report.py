"""Ratios are made of what was measured in one round, and what was not measured is told and never made up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.bench import __main__ as run
from tests.bench import plots, publishing, report, stored
from tests.bench.cases import g_growth
from tests.bench.cases.f_memory import above
from tests.bench.cases.result import (
    RATE,
    AnyRatio,
    Case,
    Missing,
    Ratio,
    Result,
    Section,
    greatest,
    least,
    ratio,
)
from tests.bench.profiled import Sample
from tests.bench.running import Absent, Bench, Figures, Options, Row, Side

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

PROFILED = {"one": [Sample("MainThread", "/x/aiohttp/web_ws.py", "receive", 1.0)]}


def row(name: str, *rates: float | None, key: str = "per_s", reason: str = "") -> Row:
    return Row(name, [None if rate is None else {key: rate} for rate in rates], reason)


def told(found: AnyRatio) -> Ratio:
    assert isinstance(found, Ratio)
    return found


def test_ratio_is_of_rounds_in_which_both_were_measured() -> None:
    ours, bare = row("ours", 50.0, 10.0, 30.0, 9.0), row("bare", 100.0, 10.0, None, 10.0)
    found = told(ratio(ours, bare))
    assert (found.low, found.median, found.high) == (0.5, 0.9, 1.0)
    assert found.of == "ours / bare"


def test_what_was_never_measured_together_has_no_ratio_but_a_reason() -> None:
    found = ratio(row("ours", 1.0), row("peer", None, reason="npm did not install it"))
    assert found == Missing("ours / peer: npm did not install it")
    assert ratio(row("ours", 1.0, None), row("peer", None, 1.0)) == Missing("ours / peer: no round has both")


def test_least_of_several_is_unknown_if_one_is() -> None:
    low, high, none = Ratio(0.4, 0.3, 0.9), Ratio(0.5, 0.1, 0.6), Missing("x")
    assert least([high, low]) == low
    assert greatest([high, low]) == high
    assert least([low, none]) == none
    assert greatest([none, high]) == none


def test_memory_is_a_difference_of_each_round() -> None:
    found = told(above(row("link", 22.0, 24.0, key="kib_each"), row("bare", 13.0, 13.0, key="kib_each")))
    assert (found.low, found.median, found.high) == (9.0, 10.0, 11.0)


def test_spread_is_that_of_the_medians_and_its_range_that_of_the_rounds() -> None:
    rows = [row("none", 10.0, 20.0, 10.0, key="cpu_us"), row("many", 11.0, 21.0, 11.0, key="cpu_us")]
    found = told(g_growth.spread(rows))
    assert found.median == pytest.approx(0.1)
    assert (found.low, found.high) == pytest.approx((0.05, 0.1))
    assert isinstance(g_growth.spread([*rows, row("x", None, None, None, reason="why")]), Missing)


def test_growth_with_links_is_beside_the_echos() -> None:
    costs = {"links10": 50.0, "links500": 75.0, "echo10": 10.0, "echo500": 15.0}
    rows = {name: row(name, cost, key="cpu_us") for name, cost in costs.items()}
    assert told(g_growth.growth(rows)).median == pytest.approx(1.0)


def test_start_is_beside_twice_the_empty_one_and_a_second() -> None:
    found = told(g_growth.begun(row("empty", 0.5, key="start_s"), row("full", 1.5, key="start_s")))
    assert found.median == pytest.approx(0.75)


def bench(folder: Path, said: list[str], rounds: int = 4) -> Bench:
    return Bench(Options(rounds=rounds), folder, folder, said.append)


def test_sides_alternate_and_what_fails_twice_is_left_out(tmp_path: Path) -> None:
    order: list[str] = []
    said: list[str] = []

    def well() -> Figures:
        order.append("well")
        return {"per_s": 1.0}

    def failing() -> Figures:
        order.append("failing")
        raise SystemExit("traceback\n  why it failed\n")

    def absent() -> Figures:
        order.append("absent")
        raise Absent("there is no node")

    sides = [Side("w", "well", well), Side("f", "failing", failing), Side("a", "absent", absent)]
    rows = bench(tmp_path, said).alternate(sides)
    assert order == ["well", "failing", "absent", "failing", "well", "well", "well"]
    assert rows["w"].of("per_s") == [1.0] * 4
    assert (rows["f"].reason, rows["a"].reason) == ("failed: why it failed", "there is no node")
    assert rows["a"].rounds == [None] * 4
    assert [line for line in said if "NOT MEASURED" in line or "FAILED" in line] == [
        "FAILED: f: traceback\n  why it failed\n",
        "NOT MEASURED: a: there is no node",
        "FAILED: f: traceback\n  why it failed\n",
    ]


def test_no_round_begins_that_would_end_too_late(tmp_path: Path) -> None:
    said: list[str] = []
    hurried = Bench(Options(rounds=5), tmp_path, tmp_path, said.append, within_s=0.0)
    rows = hurried.alternate([Side("w", "well", lambda: {"per_s": 1.0})])
    assert rows["w"].of("per_s") == [1.0]
    assert "1 rounds alone" in said[-1]


def case(rows: Sequence[Row], ratios: dict[str, AnyRatio]) -> Case:
    result = Result([Section("one", rows, RATE)], ratios, {"a_socketio": Ratio(0.8, 0.7, 0.9, "us / it")})
    return Case("a", "events", tuple(ratios), lambda _: result, 60.0)


def test_run_writes_all_keys_whatever_was_measured(tmp_path: Path) -> None:
    ours, node = row("bright_pattern", 10.0, 12.0, 11.0), row("Node-RED", None, reason="there is no node")
    ratios: dict[str, AnyRatio] = {"a_roofline": Ratio(0.61239, 0.6, 0.7, "us / bare")}
    ratios["a_nodered"] = ratio(ours, node)
    run.run(Options(rounds=3), [case([ours, node], ratios)], tmp_path)
    made = msgspec.json.decode((tmp_path / "latest.json").read_bytes(), type=report.Document)
    assert tuple(made["ratios"]) == report.KEYS
    assert made["ratios"]["a_roofline"] == 0.6124
    assert made["ratios"]["a_nodered"] is None
    assert made["reasons"]["a_nodered"] == "bright_pattern / Node-RED: there is no node"
    assert made["reasons"]["d_client"] == "case d was not run"
    assert made["more_ratios"] == {"a_socketio": 0.8}
    assert made["ranges"]["a_roofline"] == (0.6, 0.7)
    (section,) = made["cases"]["a"]["sections"]
    assert section["rows"][0]["figures"] == {"per_s": {"median": 11.0, "min": 10.0, "max": 12.0}}
    text = (tmp_path / "latest.md").read_text()
    assert "| bright_pattern | 11 (10 to 12) |" in text
    assert "| Node-RED | not measured: there is no node |" in text
    assert (tmp_path / "latest-a.png").read_bytes().startswith(b"\x89PNG")
    loud = report.missing(made)
    assert "NO FIGURE for a_nodered: bright_pattern / Node-RED: there is no node" in loud


def test_what_is_published_stands_between_the_marks_and_can_be_published_again(tmp_path: Path) -> None:
    page = tmp_path / "sizing.md"
    page.write_text(f"before\n\n{publishing.BEGIN}Not measured yet.\n{publishing.END}after\n")
    ours = row("bright_pattern", 10.0)
    made, done = run.run(
        Options(rounds=1), [case([ours], {"a_roofline": Ratio(0.5, 0.4, 0.6, "x")})], tmp_path
    )
    publishing.publish(made, done, PROFILED, tmp_path, page)
    once = page.read_text()
    publishing.publish(made, done, PROFILED, tmp_path, page)
    assert page.read_text() == once
    assert once.startswith(f"before\n\n{publishing.BEGIN}Commit ")
    assert once.endswith(f"{publishing.END}after\n")
    assert "| a_roofline | 0.5 | 0.4 to 0.6 |" in once
    assert "![a: events](sizing/a.png)" in once
    assert (tmp_path / "sizing" / "a.png").exists()
    assert "[one](sizing/profile_one.txt)" in once
    assert "receive" in (tmp_path / "sizing" / "profile_one.txt").read_text()
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="no place"):
        publishing.publish(made, done, PROFILED, tmp_path, page)


def test_the_manual_has_a_place_for_what_is_measured() -> None:
    assert publishing.BEGIN in publishing.PAGE.read_text()


def test_case_without_any_figure_draws_nothing_and_harms_nothing(tmp_path: Path) -> None:
    run.run(
        Options(rounds=1), [case([row("x", None, reason="why")], {"a_roofline": Missing("why")})], tmp_path
    )
    assert not list(tmp_path.glob("*.png"))


def test_every_case_says_its_keys_and_together_they_are_all() -> None:
    assert sorted(key for one in run.CASES for key in one.ratios) == sorted(report.KEYS)
    assert [one.letter for one in run.CASES] == list("abcdefg")
    assert sum(one.within_s for one in run.CASES) < run.BOUND_S


def test_what_is_met_goes_by_the_bounds() -> None:
    assert report.met("a_roofline", 0.45) == "yes"
    assert report.met("a_roofline", 0.44) == "no"
    assert report.met("f_kib_per_link", 10.1) == "no"
    assert report.met("c_idle_echo", None) == ""
    assert report.met("b100_filtered", 1.0) == ""


def test_load_client_that_sets_the_pace_is_told() -> None:
    busy = Row("echo", [{"per_s": 1.0, "client_share": 0.97, "server_share": 0.8}])
    served = Row("bare", [{"per_s": 1.0, "client_share": 0.5, "server_share": 0.99}])
    assert report.paced_by_load(busy) == "echo: load at 97% of its core, server at 80%: a lower bound"
    assert report.paced_by_load(served) == ""


def test_names_of_what_ours_is_measured_beside_are_known_to_the_plots() -> None:
    for name in ("bare parts, group commit", "FastAPI bridge, no journal", "bare echo, 10 links"):
        assert plots.is_other(row(name, 1.0))
    assert not plots.is_other(row("bright_pattern", 1.0))


def test_cases_are_chosen_by_letter(capsys: pytest.CaptureFixture[str]) -> None:
    options, chosen, _ = run.parse(["--cases", "d,a", "--rounds", "2"])
    assert ([one.letter for one in chosen], options.rounds) == (["a", "d"], 2)
    with pytest.raises(SystemExit):
        run.parse(["--cases", "z"])
    assert "there is no case z" in capsys.readouterr().err


def test_stored_ratios_are_those_that_a_quick_run_measures() -> None:
    kept = stored.read()
    assert set(kept.ratios) == set(stored.KEYS)
    assert all(value > 0 for value in kept.ratios.values())


@pytest.mark.parametrize(
    ("was", "now", "moves"),
    [
        (0.50, Ratio(0.50, 0.48, 0.52), False),
        (0.50, Ratio(0.60, 0.45, 0.70), False),  # the rounds differ by as much themselves
        (0.50, Ratio(0.54, 0.53, 0.55), False),  # less than a tenth
        (0.50, Ratio(0.90, 0.90, 0.90), False),  # one round alone
        (0.50, Ratio(0.40, 0.39, 0.41), True),
        (0.50, Ratio(0.60, 0.58, 0.62), True),
    ],
)
def test_moved_is_what_lies_outside_of_all_rounds(was: float, now: Ratio, *, moves: bool) -> None:
    assert stored.moved(now, was) is moves


def test_table_says_what_moved_and_what_is_missing() -> None:
    found: dict[str, AnyRatio] = {
        "x": Ratio(0.4, 0.39, 0.41),
        "y": Missing("there is no node"),
        "z": Ratio(1, 1, 1),
    }
    lines = stored.table(found, {"x": 0.5, "y": 0.7})
    assert lines[1].endswith("MOVED -20%")
    assert lines[2].endswith("none  there is no node")
    assert "none" in lines[3]


def test_nothing_is_stored_where_something_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    with pytest.raises(SystemExit, match="there is no y: why"):
        stored.write({"x": Ratio(1, 1, 1), "y": Missing("why")}, "abc", path)
    assert not path.exists()
    stored.write({"x": Ratio(0.12345, 0.1, 0.2)}, "abc", path)
    assert stored.read(path) == stored.Baseline({"x": 0.1235}, "abc")
