"""The demonstration's live table."""

from collections import Counter, deque
from typing import Final

from rich.console import Console, Group
from rich.table import Table

from schemas import events as ev
from schemas.results import Failed

_LINES: Final = 18


def line(event: ev.AnyEvent) -> str:
    """What there is to say of an event beside its type."""
    text = ""
    match event:
        case ev.InteractionEvent(interaction=one):
            text = f"{one.media} {one.remote_address or one.ani} {one.state}"
        case ev.AgentEvent(agent=agent):
            text = f"{agent.state} {agent.reason}"
        case ev.NeedInfoRequested(needinfo=asked):
            text = f"? {asked.title}"
        case ev.NeedInfoResolved(needinfo=asked, resolution=resolution):
            text = f"{asked.kind} {resolution}"
        case ev.CommandFinished(verb=verb, result=result):
            text = f"{verb} {result.code if isinstance(result, Failed) else 'succeeded'}"
        case ev.CommandProved(verb=verb, effect=effect):
            text = f"{verb} {effect}"
        case ev.PlatformStateChanged(state=state):
            text = str(state)
        case _:
            pass
    return text.strip()


class Board:
    """The newest events, and how many there were of each platform."""

    def __init__(self) -> None:
        self._newest: deque[ev.AnyEvent] = deque(maxlen=_LINES)
        self._counts: Counter[str] = Counter()

    def show(self, event: ev.AnyEvent) -> None:
        """One more."""
        self._newest.append(event)
        self._counts[event.platform_id] += 1

    def __rich__(self) -> Group:
        table = Table(box=None, pad_edge=False)
        for name in ("time", "platform", "agent", "event", ""):
            table.add_column(name, no_wrap=True)
        for event in self._newest:
            name = str(event.__struct_config__.tag)
            style = "yellow" if name.startswith("needinfo") else ""
            when = event.time.strftime("%H:%M:%S.%f")[:-3]
            table.add_row(when, event.platform_id, event.agent_id or "", name, line(event), style=style)
        counts = "  ".join(f"{platform}: {count}" for platform, count in sorted(self._counts.items()))
        return Group(table, f"[bold]events[/]  {counts}")


def summary(console: Console, figures: dict[str, object]) -> None:
    """The figures at the end."""
    table = Table(title="the demonstration is over", box=None)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
