"""What an operation does to a virtual machine's power, and so whether a stop takes it out of active use."""

import re
from typing import Literal

from app.events.event import Event

PowerState = Literal["running", "stopped"]

# A scale set's own operations (…/virtualMachineScaleSets/deallocate) may name some instances only: they tell nothing
# certain of one machine, so they have no state here and are never lowered.
_OPERATION = re.compile(r".+/virtualmachines/(start|restart|redeploy|reimage|deallocate|poweroff)(?:/action)?")
_STOPS = frozenset({"deallocate", "poweroff"})


def power_state(event: Event) -> PowerState | None:
    """Return the state that a power operation leads to, whatever its outcome; None for any other operation."""
    if "/virtualmachines/" not in event.event_type:
        return None
    match = _OPERATION.fullmatch(event.event_type)
    if match is None:
        return None
    return "stopped" if match[1] in _STOPS else "running"
