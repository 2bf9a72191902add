"""The country of an address, from a database of the operator's own (AISOC_COUNTRIES); without one there is none."""

from pathlib import Path


class Countries:
    """Looks up addresses in a MaxMind database (.mmdb), or in none. Safe to use from several threads."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @property
    def available(self) -> bool:
        """Whether there is a database."""
        return self._path is not None

    def country(self, address: str | None) -> str | None:
        """Return the ISO code of an address's country; None where it is private, unknown, or no address."""
        raise NotImplementedError
