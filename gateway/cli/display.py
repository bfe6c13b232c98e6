"""What a demonstration shows: a live table that fits the terminal, or a line an event where there is none."""

import os
import select
import sys
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from schemas import events as ev
from schemas.interaction import Media
from schemas.results import Failed

_MOST_LINES: Final = 200  # more no terminal shows
_BESIDE: Final = 5  # lines beside the events: title, head, counts, and room for the shell's own
_LEAST: Final = 3
_COLUMNS: Final = (("time", 8), ("platform", 15), ("agent", 5), ("event", 27), ("what", None))
_DETAIL: Final = (ev.AgentUpdated, ev.FocusChanged, ev.InteractionUpdated, ev.PartyAdded, ev.PartyRemoved)
_PIPE_LINE_BYTES: Final = 1024  # of a plain line at most: a pipe that takes any takes that much


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


def _name(event: ev.AnyEvent) -> str:
    return str(event.__struct_config__.tag)


def _style(name: str) -> str:
    return "yellow" if name.startswith("needinfo") else "red" if name.startswith("platform") else ""


def _briefly(event: ev.AnyEvent) -> str:
    """Likewise, in some twenty letters: the type has told the state, and most are calls that succeed."""
    match event:
        case ev.InteractionEvent(interaction=one):
            address = one.remote_address or one.ani
            return address if one.media is Media.VOICE else f"{one.media} {address}"
        case ev.CommandFinished(verb=verb, result=result):
            done = verb.rpartition(".")[2]
            return f"{done}: {result.code}" if isinstance(result, Failed) else done
        case _:
            return line(event)


class Board:
    """The newest events, and how many there were of each platform."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self._newest: deque[ev.AnyEvent] = deque(maxlen=_MOST_LINES)
        self._counts: Counter[str] = Counter()

    def show(self, event: ev.AnyEvent) -> None:
        """One more. What is only detail is counted, and not shown."""
        if not isinstance(event, _DETAIL):
            self._newest.append(event)
        self._counts[event.platform_id] += 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        fits = max(_LEAST, (options.height or console.size.height) - _BESIDE)
        table = Table(box=None, pad_edge=False, padding=(0, 1), expand=True)
        for name, width in _COLUMNS:
            ratio = None if width else 1
            table.add_column(name, no_wrap=True, overflow="ellipsis", width=width, ratio=ratio)
        for event in list(self._newest)[-fits:]:
            name = _name(event)
            when = f"{event.time.astimezone():%H:%M:%S}"
            # Text: what customers write is no markup.
            cells = (when, event.platform_id, event.agent_id or "", name, _briefly(event))
            table.add_row(*map(Text, cells), style=_style(name))
        if self.title:
            yield Text(self.title, style="bold", no_wrap=True, overflow="ellipsis")
        yield table
        counts = "  ".join(f"{platform} {count}" for platform, count in sorted(self._counts.items()))
        yield Text(f"events  {counts}", style="dim", no_wrap=True, overflow="ellipsis")


def live(board: Board, console: Console) -> Live:
    """The board on a terminal, drawn again four times a second."""
    return Live(board, console=console, refresh_per_second=4, vertical_overflow="crop")


def _unnamed(event: ev.AnyEvent) -> str:
    """Likewise, without whom it is with."""
    if isinstance(event, ev.InteractionEvent):
        return f"{event.interaction.media} {event.interaction.state}"
    return line(event)


def plain(descriptor: int) -> Callable[[ev.AnyEvent], None]:
    """A line an event, for a pipe or a file: such lines are kept, so they name no customer.

    Whoever does not read misses some, and holds nobody up.
    """

    def show(event: ev.AnyEvent) -> None:
        if not select.select([], [descriptor], [], 0)[1]:
            return
        when = f"{event.time.astimezone():%H:%M:%S}"
        text = f"{when} {event.platform_id:15} {event.agent_id or '':5} {_name(event):28} {_unnamed(event)}"
        try:
            os.write(descriptor, text.encode(errors="replace")[: _PIPE_LINE_BYTES - 1] + b"\n")
        except OSError:  # nobody reads it any more
            return

    return show


def plain_to_output() -> Callable[[ev.AnyEvent], None]:
    """Likewise, to standard output."""
    sys.stdout.flush()
    return plain(sys.stdout.fileno())


def summary(console: Console, figures: dict[str, object]) -> None:
    """The figures at the end."""
    table = Table(title="the demonstration is over", box=None)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
