"""The exceptions of the service: the type says what happens next, the text what happened and what to do.

Every error has a `code` that docs/errors.md explains; a test fails when one is missing there.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class AisocError(Exception):
    """A failure that a person will read.

    code: stable snake_case name, documented in docs/errors.md.
    message: one sentence, what happened and to what; never a secret.
    remedy: one sentence, what to do about it.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def facts(self) -> dict[str, Any]:
        """Return the error as JSON-ready facts: code, message, remedy."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class Abort(AisocError):
    """Trying again changes nothing until a person acts: a wrong secret, a missing role."""


class InvalidInput(Abort):
    """What was typed or configured cannot be used; the command line exits with 2.

    fields: what is wrong with which field of a form, where that is known; never a value.
    """

    def __init__(self, code: str, message: str, remedy: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code, message, remedy)
        self.fields = dict(fields or {})

    def facts(self) -> dict[str, Any]:
        """Return the error as JSON-ready facts, `fields` only where it has some."""
        return super().facts() | ({"fields": self.fields} if self.fields else {})


class NotFound(InvalidInput):
    """What was named does not exist."""


class Conflict(InvalidInput):
    """What was asked for does not go with what is there: a name that is taken."""


class Denied(Abort):
    """Who asks may not do this."""


class NotSignedIn(Denied):
    """Nobody is signed in, or no longer."""


class Retry(AisocError):
    """A later try may succeed: throttling, a broken connection. `after` is the earliest sensible time (UTC) or None."""

    def __init__(self, code: str, message: str, remedy: str, after: datetime | None = None) -> None:
        super().__init__(code, message, remedy)
        self.after = after


class Skip(AisocError):
    """One record cannot be understood: it is quarantined with its bytes, and the rest goes on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, "Nothing is lost: the record is kept with its bytes in quarantine.")
