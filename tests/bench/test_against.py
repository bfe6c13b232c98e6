"""An earlier commit runs its own code beside the working copy, leaves nothing behind, is judged fairly."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import against, quick
from tests.bench.serving import free_port, server

SAYS_WHOSE = """\
import asyncio, sys
from pathlib import Path
from tests.bench.standin import serve
Path(sys.argv[-1]).write_text({!r})
asyncio.run(serve(int(sys.argv[1])))
"""
HOLDS_A_TREE = """\
import sys
from pathlib import Path
from tests.bench.against import work_tree
with work_tree(Path(sys.argv[1]), "HEAD") as tree:
    print(tree, flush=True)
    sys.stdin.read()
"""


def git(repository: Path, *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(repository), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  # ours


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A gateway of which there is an earlier commit."""
    tree = tmp_path / "repository"
    (tree / "gateway").mkdir(parents=True)
    (tree / "gateway/__init__.py").touch()
    code = tree / "gateway/__main__.py"
    git(tree.parent, "init", "--quiet", str(tree))
    code.write_text(SAYS_WHOSE.format("theirs"))
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "earlier")
    code.write_text(SAYS_WHOSE.format("ours"))
    yield tree
    assert len(git(tree, "worktree", "list").splitlines()) == 1
    assert list((tree / "build").iterdir()) == []


def test_each_side_runs_its_own_code_though_another_one_is_installed(
    repository: Path, tmp_path: Path
) -> None:
    says = tmp_path / "says"
    with against.work_tree(repository, "HEAD") as theirs:
        for tree, whose in ((theirs, "theirs"), (repository, "ours")):
            port = free_port()
            command = [sys.executable, "-m", "gateway", str(port), str(says)]
            with server(command, port, tmp_path, tree):
                assert says.read_text() == whose


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_is_ended_in_the_middle(repository: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(  # noqa: S603  # ours
        [sys.executable, "-c", HOLDS_A_TREE, str(repository)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(against.REPOSITORY)},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    tree = Path(process.stdout.readline().strip())
    assert (tree / "gateway").is_dir()
    process.send_signal(number)
    assert process.wait() == 128 + number
    process.stdin.close()
    process.stdout.close()
    assert not tree.exists()


def test_commit_that_does_not_exist_is_said(repository: Path) -> None:
    with pytest.raises(SystemExit, match="invalid reference"), against.work_tree(repository, "nowhere"):
        pass


def test_interval_is_that_of_the_paired_logarithms() -> None:
    found = against.interval([(1.1, 1.0), (1.0, 1.1)] * 5)
    # by hand: logarithms +-0.09531, mean 0, deviation 0.10047; 2.262 * 0.10047 / sqrt(10) = 0.07187
    assert (found.low, found.ratio, found.high) == pytest.approx((0.93066, 1.0, 1.07451), abs=1e-4)


def test_machine_that_drifts_widens_nothing() -> None:
    drifting = [(speed * 0.97, speed) for speed in (100.0, 90.0, 70.0, 60.0, 80.0) * 2]
    found = against.interval(drifting)
    assert (found.low, found.high) == pytest.approx((0.97, 0.97))


@pytest.mark.parametrize(
    ("ratios", "slower"),
    [
        ([0.90, 0.91, 0.92, 0.93, 0.90, 0.91, 0.92, 0.93, 0.90, 0.91], True),
        ([0.70, 1.10, 0.75, 1.05, 0.90, 0.95, 0.80, 1.00, 0.85, 0.90], False),  # noise: up to 1.0
        ([0.96] * 10, False),  # slower, but not by as much
        ([1.2] * 10, False),
    ],
)
def test_only_an_interval_that_lies_wholly_below_the_bound_fails(
    ratios: list[float], *, slower: bool
) -> None:
    assert against.interval([(ratio * 50_000, 50_000) for ratio in ratios]).slower is slower


def test_whole_comparison_alternates_and_says_all_rounds(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[str] = []

    def halved(tree: Path, _options: object) -> dict[str, float | None]:
        measured.append("ours" if tree == repository else "theirs")
        return {"per_s": 500.0 if tree == repository else 1000.0, "cpu_us": None}

    monkeypatch.setattr(against, "REPOSITORY", repository)
    monkeypatch.setattr(against, "CASES", (against.Case("halved", halved),))
    assert against.compare(quick.parse(["--against", "HEAD", "--rounds", "10"])) == 1
    assert measured == ["ours", "theirs", "theirs", "ours"] * 5
    printed = capsys.readouterr().out
    assert '"slower": true' in printed
    assert printed.count('{"ours_per_s": 500.0, "theirs_per_s": 1000.0}') == 5


def test_cases_are_chosen_by_name(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[str] = []

    def noting(name: str) -> against.Case:
        def measure(_tree: Path, _options: object) -> dict[str, float | None]:
            measured.append(name)
            return {"per_s": 1000.0}

        return against.Case(name, measure)

    monkeypatch.setattr(against, "REPOSITORY", repository)
    monkeypatch.setattr(against, "CASES", tuple(map(noting, ("frames", "deliveries"))))
    assert against.compare(quick.parse(["--against", "HEAD", "--rounds", "10", "--cases", "deliveries"])) == 0
    assert measured == ["deliveries"] * 20
    with pytest.raises(SystemExit):
        quick.parse(["--against", "HEAD", "--cases", "nonsense"])
    assert "nonsense" in capsys.readouterr().err


def test_deliveries_are_measured_in_each_sides_own_code(tmp_path: Path) -> None:
    script = tmp_path / "tests/bench/deliveries.py"
    script.parent.mkdir(parents=True)
    for number in (7, 8):
        script.write_text(f"import json; print(json.dumps({{'deliveries_per_s': {number}}}))")
        assert against.deliveries(tmp_path, quick.parse(["--deliveries", "5"])) == {"per_s": float(number)}
    script.write_text("raise SystemExit(3)")
    with pytest.raises(SystemExit, match="failed"):
        against.deliveries(tmp_path, quick.parse([]))


def test_fewer_rounds_than_ten_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        quick.parse(["--against", "HEAD", "--rounds", "9"])
    assert "too little" in capsys.readouterr().err
