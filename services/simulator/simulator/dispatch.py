"""What a request is answered, injected faults included, without a network: shared by the server and simulations.

What a fault does to a connection is the carrier's part: `Call.fault` says to wait (Hang, Drip) or to break off (Reset),
and `Call.cut_short` to send half of the answer.
"""

from dataclasses import replace
from email.utils import format_datetime

from simulator import arm, entra, faults
from simulator.cloud import Cloud
from simulator.journal import Visit
from simulator.wire import Ask, Origins, RefusedError, Reply

HOSTS = ("authority", "resource_manager", "graph", "office_management", "elsewhere")


class Call:
    """One request at one of the hosts. Which fault hits it is decided when it arrives."""

    def __init__(self, cloud: Cloud, origins: Origins, host: str, ask: Ask) -> None:
        self._cloud, self._origins, self._host, self._ask = cloud, origins, host, ask
        self.kind = _kind(host, ask)
        self.fault = None if self.kind in ("elsewhere", "other", "logout") else cloud.faults.take(self.kind, ask.target)

    @property
    def cut_short(self) -> bool:
        """Whether only half of the answer's body arrives."""
        return isinstance(self.fault, faults.Spoil) and self.fault.how == "truncated"

    def answer(self) -> Reply:
        """Answer the request and journal it. The date is the cloud's: a client may compare its clock with it."""
        with self._cloud.lock:
            reply = self._refused(self.fault) if isinstance(self.fault, faults.Answer) else self._usual()
        if isinstance(self.fault, faults.Spoil):
            reply = _spoilt(reply, self.fault)
        self._note(reply.status)
        date = format_datetime(self._cloud.clock(), usegmt=True)
        return replace(reply, headers={"Date": date, **reply.headers})

    def break_off(self) -> None:
        """Journal a request whose connection is aborted before an answer."""
        self._note(None)

    def _refused(self, fault: faults.Answer) -> Reply:
        if self._host == "authority":
            return entra.refuse(self._cloud, self._origins, self._ask, fault)
        return RefusedError(fault.status, fault.code, fault.message, fault.headers, flat=fault.flat).reply()

    def _usual(self) -> Reply:
        if self._host == "authority":
            return entra.answer(self._cloud, self._origins, self._ask, self.fault)
        if self._host == "resource_manager":
            return arm.answer(self._cloud, self._origins, self._ask, self.fault)
        return RefusedError(404, "NotFound", "Nothing is served here.").reply()

    def _note(self, status: int | None) -> None:
        ask, cloud = self._ask, self._cloud
        authorized = "Authorization" in ask.headers
        cloud.journal.add(Visit(cloud.clock(), self.kind, ask.method, ask.target, authorized, status))


def _kind(host: str, ask: Ask) -> str:
    if host == "authority":
        return entra.kind_of(ask)
    if host == "resource_manager":
        return arm.kind_of(ask)
    return "elsewhere" if host == "elsewhere" else "other"


def _spoilt(reply: Reply, fault: faults.Spoil) -> Reply:
    if fault.how == "malformed":
        return Reply(reply.status, reply.body[:-1] + b",]", reply.headers)
    if fault.how == "html":
        page = b"<!DOCTYPE html><html><head><title>Proxy</title></head><body>The page you asked for.</body></html>"
        return Reply(fault.status, page, content_type="text/html")
    return reply
