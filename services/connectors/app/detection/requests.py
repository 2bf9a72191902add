"""The body of an operation's request, as the Activity Log keeps it: JSON text in one of the operation's records."""

from typing import Any


def read_request(raw: bytes) -> dict[str, Any] | None:
    """Return the request's body that a record carries; None where it carries none that is a JSON object.

    It is JSON text, or an object, under `requestbody` in `properties` (`Properties`), itself an object or JSON text.
    """
    raise NotImplementedError
