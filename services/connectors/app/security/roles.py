"""Who acts, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from app.errors import Denied

Via = Literal["console", "api", "command line", "system"]


class Role(StrEnum):
    """What somebody may do; each role may do all that the one before may.

    viewer: look at everything but secrets, users and the audit log. analyst: also read from the sources now (poll,
    sweep, audit, backfill, test), retry quarantined records, work alerts, hunt and switch rules. admin: everything.
    """

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether this role may do what the needed one may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True)
class Actor:
    """Who does something, as the audit log names them.

    user_id: None for the system and the command line, whose user owns the key ring anyway. ip: where from, if known.
    """

    name: str
    role: Role
    via: Via
    user_id: UUID | None = None
    ip: str | None = None

    def need(self, role: Role) -> None:
        """Raise Denied (role_needed) unless the actor has that role."""
        if not self.role.covers(role):
            raise Denied(
                "role_needed",
                f"This needs the role {role}; {self.name} has the role {self.role}.",
                "Ask an admin of AiSOC to do it, or for the role.",
            )


SYSTEM = Actor("system", Role.ADMIN, "system")
