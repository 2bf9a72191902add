"""Azure Resource Manager ids: what one names, read from its text alone."""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class ResourceName:
    """The parts of a resource id, spelled as in the id; None where the id has no such part."""

    subscription_id: str | None = None
    resource_group: str | None = None
    resource_type: str | None = None
    name: str | None = None


@lru_cache(maxsize=8192)
def parse_resource_id(resource_id: str) -> ResourceName:
    """Read `/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}/…`, any letter case.

    An extension resource (a role assignment on a vault) is named by its last provider. Source: learn.microsoft.com,
    "Resource ID format" of Azure Resource Manager.
    """
    segments = resource_id.strip("/").split("/")
    # Keys and names take turns: a group or a resource may be named "providers".
    keys = [segment.lower() if place % 2 == 0 else "" for place, segment in enumerate(segments)]
    group = _after(segments, keys, "resourcegroups")
    subscription = _after(segments, keys, "subscriptions")
    if "providers" in keys:
        last = len(keys) - 1 - keys[::-1].index("providers")
        resource_type, name = _typed(segments[last + 1 :])
    elif group is not None:
        resource_type, name = "Microsoft.Resources/subscriptions/resourceGroups", group
    elif subscription is not None:
        resource_type, name = "Microsoft.Resources/subscriptions", subscription
    else:
        resource_type, name = None, None
    return ResourceName(subscription.lower() if subscription else None, group, resource_type, name)


def _after(segments: list[str], keys: list[str], key: str) -> str | None:
    if key not in keys:
        return None
    position = keys.index(key) + 1
    return segments[position] or None if position < len(segments) else None


def _typed(tail: list[str]) -> tuple[str | None, str | None]:
    if not tail or not tail[0]:
        return None, None
    types, names = tail[1::2], tail[2::2]
    return "/".join([tail[0], *types]), names[-1] if names else None
