"""Forms of our own pages: read with a bound on their size, and the places that they may lead to."""

import re
from urllib.parse import parse_qsl

from fastapi import Request

from app.errors import InvalidInput

_MOST_BYTES = 16_384
_MOST_FIELDS = 10
# One slash, then neither a slash nor a backslash: browsers take both for the beginning of a host.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raises InvalidInput (invalid_form)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise _invalid()
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise _invalid() from None


def local_path(wanted: str | None) -> str:
    """Return where to go after signing in: a path of this server, / for anything else."""
    if wanted and len(wanted) < 2000 and _LOCAL.fullmatch(wanted):
        return wanted
    return "/"


def _invalid() -> InvalidInput:
    return InvalidInput("invalid_form", "The form cannot be read.", "Open the page again and fill it in anew.")
