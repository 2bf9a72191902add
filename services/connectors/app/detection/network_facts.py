"""What a request opens to the internet: ports of a network security group, and addresses of a database's firewall."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Any, Literal

from app.detection.bodies import MOST, at, objects_at, text_at, texts_at

Exposure = Literal["management", "data", "other", "web", "none"]

_ANYONE = frozenset({"*", "any", "internet", "0.0.0.0", "0.0.0.0/0", "::/0"})  # noqa: S104 - an address in a rule
_LAST_PORT = 65_535
# A range of so many ports is no service's: it is everything.
_ALL_PORTS = 30_000
_MANAGEMENT = {
    22: "ssh",
    23: "telnet",
    135: "rpc",
    139: "netbios",
    445: "smb",
    2375: "docker",
    2376: "docker",
    3389: "rdp",
    5900: "vnc",
    5985: "winrm",
    5986: "winrm",
    6443: "kubernetes",
    10250: "kubelet",
}
_DATA = {
    389: "ldap",
    636: "ldap",
    1433: "sql-server",
    1521: "oracle",
    2049: "nfs",
    3306: "mysql",
    5432: "postgresql",
    5672: "amqp",
    6379: "redis",
    9042: "cassandra",
    9092: "kafka",
    9200: "elasticsearch",
    11211: "memcached",
    27017: "mongodb",
}
_WEB = {80: "http", 443: "https"}
_SERVICES = _MANAGEMENT | _DATA | _WEB
# Networks of an organization's own, however wide.
_OWN = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7"))
)
# Rules of these protocols have no ports.
_WITHOUT_PORTS = frozenset({"icmp", "icmpv6", "esp", "ah"})
_WIDE_ADDRESSES = 1 << 16
_INTERNET_ADDRESSES = 1 << 24


def security_rule_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the write of one rule opens: open_ports, open_sources, open_services, exposure."""
    return _exposure(iter([request]))


def security_group_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of the write of a whole group, of all its rules together."""
    return _exposure(objects_at(request, "properties", "securityrules"))


def firewall_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return firewall_range ("first-last") and firewall_opens of a database's firewall rule.

    firewall_opens: internet (16 million addresses or more), azure (the rule 0.0.0.0-0.0.0.0, which lets in whatever
    runs in Azure, anyone's), wide (65,536 addresses or more) or narrow.
    """
    properties = at(request, "properties") or request
    first = text_at(properties, "startipaddress") or text_at(properties, "startip")
    last = text_at(properties, "endipaddress") or text_at(properties, "endip")
    try:
        begin, end = IPv4Address(first or ""), IPv4Address(last or "")
    except ValueError:
        return {}
    return {"firewall_range": f"{begin}-{end}", "firewall_opens": _width(begin, end)}


def _width(begin: IPv4Address, end: IPv4Address) -> str:
    if int(begin) == int(end) == 0:
        return "azure"
    addresses = int(end) - int(begin) + 1
    if addresses >= _INTERNET_ADDRESSES:
        return "internet"
    return "wide" if addresses >= _WIDE_ADDRESSES else "narrow"


def _exposure(rules: Iterator[Mapping[str, Any]]) -> dict[str, Any]:
    ports: dict[str, None] = {}
    sources: dict[str, None] = {}
    for rule in rules:
        opened = _open_sources(rule)
        if opened:
            sources |= dict.fromkeys(opened)
            ports |= dict.fromkeys(_ports(rule))
    services, exposure = _services(list(ports)[:MOST])
    return {
        "open_ports": list(ports)[:MOST],
        "open_sources": list(sources)[:MOST],
        "open_services": services,
        "exposure": exposure,
    }


def _open_sources(rule: Mapping[str, Any]) -> list[str]:
    """Return which of a rule's sources are the internet; none for a rule that lets nothing in."""
    properties = at(rule, "properties") or rule
    word = {key: (text_at(properties, key) or "").lower() for key in ("access", "direction", "protocol")}
    if word["access"] != "allow" or word["direction"] != "inbound" or word["protocol"] in _WITHOUT_PORTS:
        return []
    named = [*texts_at(properties, "sourceaddressprefix"), *texts_at(properties, "sourceaddressprefixes")]
    return [source for source in named if _is_internet(source)]


def _ports(rule: Mapping[str, Any]) -> list[str]:
    properties = at(rule, "properties") or rule
    named = [*texts_at(properties, "destinationportrange"), *texts_at(properties, "destinationportranges")]
    ranges = ",".join(named).replace(" ", "").split(",")
    return ["*" if _bounds(ports) == (0, _LAST_PORT) else ports for ports in ranges if ports]


@lru_cache(maxsize=1024)
def _is_internet(source: str) -> bool:
    """Return whether a source is everyone, or a network as wide as no organization's (a /8; a /16 of IPv6)."""
    if source.lower() in _ANYONE:
        return True
    try:
        network = ip_network(source, strict=False)
    except ValueError:
        return False
    if network.prefixlen > (8 if network.version == 4 else 16):
        return False
    return not any(_within(network, own) for own in _OWN)


def _within(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return network.version == other.version and network[0] in other and network[-1] in other


def _bounds(ports: str) -> tuple[int, int]:
    """Return the first and last port of "22", "20-30" or "*"; (0, -1), which holds none, for anything else."""
    if ports in {"*", "any", "Any"}:
        return 0, _LAST_PORT
    first, dash, last = ports.partition("-")
    if not first.isdecimal() or len(ports) > 11 or (dash and not last.isdecimal()):
        return 0, -1
    low, high = int(first), int(last or first)
    return (0, _LAST_PORT) if low <= 1 and high >= _LAST_PORT else (low, high)


def _services(ports: list[str]) -> tuple[list[str], Exposure]:
    """Return the names of the known services within ports, and how grave the gravest of the ports is."""
    bounds = [_bounds(name) for name in ports]
    if any(high - low >= _ALL_PORTS for low, high in bounds):
        return ["all"], "management"
    opened = {port for port in _SERVICES for low, high in bounds if low <= port <= high}
    services = sorted({_SERVICES[port] for port in opened})
    if opened & _MANAGEMENT.keys():
        return services, "management"
    if opened & _DATA.keys():
        return services, "data"
    if any(low <= high and not (low == high and low in _WEB) for low, high in bounds):
        return services, "other"
    return services, "web" if opened else "none"
