"""What a request runs on machines, and how large the machines are that it asks for."""

import re
from collections.abc import Mapping
from typing import Any

from app.detection.bodies import LONGEST, at, number_at, objects_at, text_at, texts_at

# "Standard_NC24ads_A100_v4" has 24 cores: the digits after the letters of its family.
_SIZE = re.compile(r"[A-Za-z]+_[A-Za-z]+(\d{1,4})")


def extension_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return extension ("publisher/type") and the start of the script of an extension's write, where it has one."""
    properties = at(request, "properties") or request
    publisher, kind = text_at(properties, "publisher"), text_at(properties, "type")
    settings = at(properties, "settings")
    facts = {"extension": f"{publisher or '?'}/{kind or '?'}"} if publisher or kind else {}
    return facts | _script(
        text_at(settings, "commandtoexecute"), text_at(settings, "script"), texts_at(settings, "fileuris")
    )


def command_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the start of the script that Run Command runs, on a machine or on a Kubernetes cluster."""
    source = at(request, "properties", "source")
    return _script(
        "\n".join(texts_at(request, "script")),
        text_at(source, "script"),
        text_at(source, "scripturi"),
        text_at(request, "command"),
        text_at(source, "commandid") or text_at(request, "commandid"),
    )


def size_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return vm_size and vm_cores (of all machines together) of the machines that a request asks for.

    Read: a virtual machine, a scale set, an agent pool or a whole cluster of Kubernetes, a pool of Batch, a compute of
    Machine Learning. Of several sizes the one with the most cores is named.
    """
    properties = at(request, "properties")
    wanted = [
        (text_at(properties, "hardwareprofile", "vmsize"), 1),
        (text_at(request, "sku", "name"), number_at(request, "sku", "capacity") or 1),
        (text_at(properties, "vmsize"), _count(properties)),
        (text_at(properties, "properties", "vmsize"), _count(at(properties, "properties"))),
        *((text_at(pool, "vmsize"), _count(pool)) for pool in objects_at(properties, "agentpoolprofiles")),
    ]
    sizes = [(_cores(size) * count, size) for size, count in wanted if size and _SIZE.match(size)]
    if not sizes:
        return {}
    return {"vm_size": max(sizes)[1], "vm_cores": sum(cores for cores, _ in sizes)}


def _count(pool: Any) -> int:
    places = (
        ("count",),
        ("scalesettings", "fixedscale", "targetdedicatednodes"),
        ("scalesettings", "maxnodecount"),
    )
    return max([number_at(pool, *place) or 0 for place in places] + [1])


def _cores(size: str) -> int:
    found = _SIZE.match(size)
    return int(found[1]) if found else 0


def _script(*parts: str | list[str] | None) -> dict[str, str]:
    """Return the first part that says something: a script's text before its address, an address before a name."""
    texts = (" ".join(part) if isinstance(part, list) else part for part in parts)
    return next(({"script": text[:LONGEST]} for text in texts if text), {})
