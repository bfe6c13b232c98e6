"""Logs: one line each on standard error, JSON for machines or coloured for people; redacted.

Ours are structlog's; those of libraries, through the standard module, are put into the same form.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Final, TextIO

import structlog
from structlog.typing import Processor

from gateway.config import LogConfig
from gateway.security.redaction import redact

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
# Say of each request what we say better, or log more than we may keep.
_QUIET: Final = ("aiohttp.access", "asyncio", "aiohttp.client")


def configure(config: LogConfig, stream: TextIO | None = None) -> None:
    """Set up both. `stream` stands in for standard error. May be called again."""
    out = sys.stderr if stream is None else stream
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
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,  # loggers made at import must follow a later `configure`
    )
    handler = logging.StreamHandler(out)
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
