"""Microsoft's clouds and those an operator declares: which hosts a token may go to."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.errors import InvalidInput

_URLS = ("authority", "resource_manager", "graph", "office_management")


@dataclass(frozen=True)
class Cloud:
    """The origins of one cloud, each `https://host[:port]` without a trailing slash.

    ca_bundle: path of a PEM file to trust instead of the system's authorities, or None.
    """

    name: str
    authority: str
    resource_manager: str
    graph: str
    office_management: str
    ca_bundle: str | None = None


# Hosts: the azure-identity and azure-mgmt-core constants and learn.microsoft.com "National clouds"; the Office
# Management host of the Chinese cloud could not be verified.
_BUILT_IN = (
    Cloud(
        "AzureCloud",
        "https://login.microsoftonline.com",
        "https://management.azure.com",
        "https://graph.microsoft.com",
        "https://manage.office.com",
    ),
    Cloud(
        "AzureUSGovernment",
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://graph.microsoft.us",
        "https://manage.office365.us",
    ),
    Cloud(
        "AzureChinaCloud",
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://manage.office365.cn",
    ),
)


class Clouds:
    """The clouds that connectors of this installation may name."""

    def __init__(self, declared: tuple[Cloud, ...] = ()) -> None:
        self._by_name = {cloud.name.lower(): cloud for cloud in (*_BUILT_IN, *declared)}

    @property
    def names(self) -> list[str]:
        """The clouds' names, the built-in ones first."""
        return [cloud.name for cloud in self._by_name.values()]

    def get(self, name: str) -> Cloud:
        """Return the cloud of that name, letter case ignored. Raises InvalidInput (unknown_cloud)."""
        cloud = self._by_name.get(name.strip().lower())
        if cloud is None:
            known = ", ".join(sorted(known.name for known in self._by_name.values()))
            raise InvalidInput(
                "unknown_cloud",
                f"The cloud's name is none of those known here: {known}.",
                "Use one of these names, or declare the cloud in the TOML file that AISOC_CLOUDS names.",
                {"cloud": f"is none of those known here: {known}"},
            )
        return cloud


def read_clouds(file: Path | None) -> Clouds:
    """Read the operator's clouds: `[clouds.Name]` tables with the four origins and, optionally, ca_bundle.

    Raises InvalidInput (invalid_clouds_file) naming the file and the entry.
    """
    if file is None:
        return Clouds()
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        tables = document.get("clouds")
        if not isinstance(tables, dict) or len(document) > 1:
            raise TypeError("it must hold tables like [clouds.Lab] and nothing else")  # noqa: TRY301 - one handler
        return Clouds(tuple(_declared(name, table, file.parent) for name, table in tables.items()))
    except (
        OSError,
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise InvalidInput(
            "invalid_clouds_file",
            f"The clouds file {file} (AISOC_CLOUDS) cannot be used: {_reason(error)}.",
            "Give each cloud a table [clouds.Name] with authority, resource_manager, graph and office_management "
            "as https:// addresses, and ca_bundle if it has its own certificate authority.",
        ) from error


def _declared(name: str, table: dict[str, Any], folder: Path) -> Cloud:
    if not isinstance(table, dict):
        raise TypeError(f"clouds.{name} is not a table")
    unknown = sorted(set(table) - {*_URLS, "ca_bundle"})
    if unknown:
        raise ValueError(f"clouds.{name} has the unknown key {unknown[0]}")
    origins = {key: _origin(f"clouds.{name}.{key}", table[key]) for key in _URLS}
    bundle = table.get("ca_bundle")
    if bundle is not None and not (folder / bundle).is_file():
        raise ValueError(f"clouds.{name}.ca_bundle names {bundle}, which is not a file")
    return Cloud(name, **origins, ca_bundle=None if bundle is None else str(folder / bundle))


def _origin(key: str, value: Any) -> str:
    parts = urlsplit(value if isinstance(value, str) else "")
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    if parts.scheme != "https" or not parts.hostname or not bare or parts.port == 0:
        raise ValueError(f"{key} must be an address like https://host:port, without a path")
    return f"https://{parts.netloc.lower()}"


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the key {error.args[0]} is missing"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).rstrip(".")
