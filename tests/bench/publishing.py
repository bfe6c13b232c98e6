"""A run's ratios and plots in the manual: docs/operate/sizing.md, between its two marks."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.bench import profiles, report
from tests.bench.profiled import Sample
from tests.bench.running import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "operate" / "sizing.md"
BEGIN: Final = '<!-- measured: written by make bench ARGS="--publish" -->\n'
END: Final = "<!-- end -->\n"


def publish(
    made: report.Document,
    done: Sequence[report.Done],
    profiled: Mapping[str, Sequence[Sample]],
    results: Path,
    page: Path = PAGE,
) -> None:
    """Write them there, plots and profiles beside the page. Raises SystemExit if the marks are not there."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page} has no place for what is measured")
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    drawn = []
    for case in done:
        plot = results / f"latest-{case.letter}.png"
        if plot.exists():
            shutil.copyfile(plot, folder / f"{case.letter}.png")
            drawn.append(f"![{case.letter}: {case.title}]({folder.name}/{case.letter}.png)")
    lines = [*report.run_lines(made), *report.ratio_table(made), ""]
    for case in done:
        lines += [f"### {case.letter}: {case.title}", ""]
        lines += [one for one in drawn if one.startswith(f"![{case.letter}:")]
        lines.append("")
        for section in case.result.sections:
            lines += [*report.section_table(section), ""]
    if profiled:
        profiles.write(profiled, folder)
        files = ", ".join(f"[{one}]({folder.name}/profile_{one}.txt)" for one in profiled)
        lines += ["### What the time goes to", "", *profiles.table(profiled), ""]
        lines += [f"By function, as text: {files}.", ""]
    written = "\n".join(lines).strip("\n") + "\n"
    page.write_text(f"{before}{begin}{written}{end}{after}", encoding="utf-8")
