"""How often a password may be guessed, counted in the database for all hosts together."""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Retry
from app.service import Service
from app.storage.failed_logins import (
    attempt_before,
    delete_attempt,
    delete_attempts,
    delete_attempts_until,
    insert_attempt,
)

_SPAN = timedelta(minutes=15)
_OF_NAME_FROM_IP = 5
_FROM_IP = 30
_OF_NAME = 50
_IPV6_NETWORK_BITS = 64


async def admit_attempt(service: Service, name: str, ip: str | None) -> None:
    """Note an attempt to sign in before its password is checked, so that many at once count too.

    Raises Retry (too_many_attempts); such an attempt does not count, else trying again would prolong the wait.
    """
    now, whose, where = service.clock.now(), _hash(name), _network(ip)
    async with service.engine.begin() as connection:
        await delete_attempts_until(connection, now - _SPAN)
        attempt = await insert_attempt(connection, now, whose, where)
    async with service.engine.begin() as connection:
        busiest = await _busiest(connection, attempt, whose, where)
        if busiest is not None:
            await delete_attempt(connection, attempt)
    if busiest is not None:
        raise Retry(
            "too_many_attempts",
            "There were too many failed attempts to sign in.",
            f"Wait until {busiest + _SPAN:%H:%M} UTC. If the password is lost, an admin can make a link to set a new "
            "one.",
            after=busiest + _SPAN,
        )


async def forgive_attempts(connection: AsyncConnection, name: str, ip: str | None) -> None:
    """Forget the failed attempts of a name from an address: who it is has been shown."""
    await delete_attempts(connection, _hash(name), _network(ip))


async def _busiest(connection: AsyncConnection, attempt: int, name: bytes, ip: str) -> datetime | None:
    """Return when the attempt was that has to grow old before another may be made, or None."""
    of_name_from_ip = await attempt_before(connection, attempt, _OF_NAME_FROM_IP, name=name, ip=ip)
    from_ip = await attempt_before(connection, attempt, _FROM_IP, ip=ip)
    of_name = await attempt_before(connection, attempt, _OF_NAME, name=name)
    return max((at for at in (of_name_from_ip, from_ip, of_name) if at is not None), default=None)


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).digest()


def _network(ip: str | None) -> str:
    """Return an address, of IPv6 its network: one customer has all of it."""
    try:
        address = ip_address(ip or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{IPv6Address(int(address) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS)}/{_IPV6_NETWORK_BITS}"
    return str(address)
