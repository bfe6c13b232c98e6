"""Logs: one line each on standard error, JSON for machines or coloured for people; redacted.

Whoever logs neither waits for the line to be written nor learns that it could not be; see `log_writer`. Our
loggers are structlog's; what libraries log, through the standard module, is put into the same form.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Final, TextIO

import structlog
from structlog.typing import Processor

from gateway.telemetry.config import LogConfig
from gateway.telemetry.log_writer import LogWriter
from gateway.telemetry.peers import LINES, WINDOW_S
from gateway.telemetry.redaction import redact

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_KINDS: Final = 1_000  # of libraries' lines that are remembered
_KIND: Final = 100  # characters that tell one from another
# Say of each request what we say better, or log more than we may keep.
_QUIET: Final = ("aiohttp.access", "asyncio", "aiohttp.client")

_WRITERS: Final[list[LogWriter]] = []  # the one there is, once it is configured


def dropped() -> int:
    """Lines that were left out, as they could not be written."""
    return sum(one.dropped for one in _WRITERS)


def drain(within_s: float) -> None:
    """Have what was logged written, if that can be done in time. To be called before the process ends."""
    for one in _WRITERS:
        one.drain(within_s)


class _Handler(logging.Handler):
    """Of the standard module's, to the same writer."""

    def __init__(self, out: LogWriter) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except (TypeError, ValueError, KeyError) as error:  # a library's placeholders and values disagree
            line = f"{record.name}: a line that cannot be formatted: {type(error).__name__}"
        self._out.write(line + "\n")


class _Lines:
    """What is under structlog's loggers."""

    def __init__(self, out: LogWriter) -> None:
        self._out = out

    def line(self, text: str) -> None:
        """One line, rendered."""
        self._out.write(text + "\n")

    msg = debug = info = warning = error = critical = line


class _Bounded(logging.Filter):
    """So many lines of a library's within a minute; the next one after it says how many were left out.

    Strangers can make libraries log: a subprotocol that nobody speaks, an address that cannot be reached.
    """

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[tuple[str, str], list[float]] = {}  # end, lines, left out

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        key = (record.name, str(record.msg)[:_KIND])
        window = self._windows.get(key)
        if window is None or record.created >= window[0]:
            if window is not None and window[2]:
                record.msg = f"{record.msg} (and {window[2]:,.0f} more before)"
            if len(self._windows) >= _KINDS:
                self._windows.clear()
            window = self._windows[key] = [record.created + WINDOW_S, 0, 0]
        told = window[1] < LINES
        window[1 if told else 2] += 1
        return told


def configure(config: LogConfig, stream: TextIO | None = None) -> None:
    """Set up both. `stream` stands in for standard error. May be called again."""
    out = LogWriter(sys.stderr if stream is None else stream)
    before, _WRITERS[:] = _WRITERS[:], [out]
    for writer in before:
        writer.close()
    level = _LEVELS[config.level]
    first: Sequence[Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)
        if config.format == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    structlog.configure(
        processors=[*first, redact, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_args: _Lines(out),
        cache_logger_on_first_use=False,  # loggers made at import must follow a later `configure`
    )
    handler = _Handler(out)
    handler.addFilter(_Bounded())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
