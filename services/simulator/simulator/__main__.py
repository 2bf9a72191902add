"""The command `aisoc-simulator`: a cloud with a history and a live attack, to point a connector at."""

import argparse
import asyncio
import json
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from simulator import faults
from simulator.chance import seeded
from simulator.cloud import App, Cloud
from simulator.directory import check_redirect
from simulator.scenario import Live, bulk, history
from simulator.server import Server

_EPILOG = """examples:
  aisoc-simulator                                  a day of history, then live events with an attack
  aisoc-simulator --directory lab --seed 7         the same files and ids each time, kept in ./lab
  aisoc-simulator --events 100000 --no-throttle    a benchmark's log, nothing live
  aisoc-simulator --fault activity:429:3 --fault token:500:1 --fault activity:hang
  aisoc-simulator --sign-in http://localhost:8080  people who can sign in to the AiSOC at that address

a fault is KIND:WHAT[:COUNT]
  KIND  token, openid, authorize, keys, activity, subscription, permissions, any
  WHAT  an HTTP status 400-599, or reset, hang, drip, truncated, malformed, html, expired, loop, foreign, duplicate,
        empty, forged
"""
_PEOPLE = {
    "Vera Viewer": "AiSOC.Viewer",
    "Anton Analyst": "AiSOC.Analyst",
    "Ada Admin": "AiSOC.Admin",
    "Nora Nobody": None,
}


@dataclass(frozen=True)
class Lab:
    """A cloud with one tenant, one app that is a Reader, and one subscription."""

    cloud: Cloud
    app: App
    subscription: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM; 0 then, 1 when it cannot start, 2 for a wrong argument."""
    options = _parser().parse_args(arguments)
    directory = options.directory or Path(tempfile.mkdtemp(prefix="aisoc-simulator-"))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        asyncio.run(_run(options, directory))
    except OSError as error:
        sys.stderr.write(f"aisoc-simulator: {_sentence(error)}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if options.directory is None:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


def make_lab(options: argparse.Namespace) -> Lab:
    """Build the cloud that the options describe."""
    cloud = Cloud(seed=options.seed)
    cloud.throttle.enabled = options.throttle
    cloud.faults.add(*options.fault)
    tenant = cloud.add_tenant()
    app = cloud.add_app(tenant, secret=f"lab~{cloud.rng.getrandbits(128):032x}")
    subscription = cloud.add_subscription(tenant)
    if options.sign_in is not None:
        add_people(cloud, app, options.sign_in)
    cloud.grant(app, subscription, "Reader")
    rng, end = seeded(options.seed), cloud.clock()
    start = end - timedelta(hours=24)
    if options.events is not None:
        cloud.publish(subscription, bulk(rng, options.events, start, end, subscription=subscription, tenant=tenant))
    else:
        cloud.publish(subscription, history(rng, subscription, tenant, start, end, operations=options.operations))
    return Lab(cloud, app, subscription)


def add_people(cloud: Cloud, app: App, address: str) -> None:
    """Let one person of each role, and one of none, sign in to the AiSOC at an address."""
    cloud.register_redirect(app, f"{address.rstrip('/')}/sign-in/entra/callback")
    for name, role in _PEOPLE.items():
        user = cloud.add_user(app.tenant_id, name, f"{name.split()[0].lower()}@contoso.example")
        cloud.assign(user, app, [role] if role else [])


async def _run(options: argparse.Namespace, directory: Path) -> None:
    stopped = _stop_event()
    lab = make_lab(options)
    async with Server(lab.cloud, port=options.port, arm_port=options.arm_port, directory=directory) as server:
        ready = _write_files(lab, server, directory)
        if options.sign_in is not None:
            ready["sign_in"] = str(_write_sign_in(lab, directory))
        sys.stdout.write(json.dumps(ready) + "\n" if options.json else _told(ready))
        sys.stdout.flush()
        if options.live and options.events is None:
            await _play(lab, options.seed, stopped)
        await stopped.wait()


def _stop_event() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(number, stopped.set)
    return stopped


async def _play(lab: Lab, seed: int, stopped: asyncio.Event) -> None:
    """Play until stopped; a player that breaks ends the command with its error instead of a silent cloud."""
    player = asyncio.create_task(Live(lab.cloud, lab.subscription, seeded(seed + 1)).run())
    stop = asyncio.create_task(stopped.wait())
    await asyncio.wait({player, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    player.cancel()
    with suppress(asyncio.CancelledError):
        await player


def _write_files(lab: Lab, server: Server, directory: Path) -> dict[str, str]:
    """Write clouds.toml and connector.json (readable by its owner only) and say where all is."""
    clouds, connector = directory.absolute() / "clouds.toml", directory.absolute() / "connector.json"
    clouds.write_text(server.clouds_toml(), encoding="utf-8")
    settings = {
        "tenant_id": lab.app.tenant_id,
        "client_id": lab.app.client_id,
        "client_secret": lab.app.secret,
        "subscription_id": lab.subscription,
        "cloud": "Lab",
    }
    _write_private(connector, json.dumps(settings, indent=2) + "\n")
    return {
        "authority": server.authority,
        "resource_manager": server.resource_manager,
        "ca_bundle": str(server.ca_bundle),
        "clouds": str(clouds),
        "connector": str(connector),
        "directory": str(directory.absolute()),
    }


def _write_sign_in(lab: Lab, directory: Path) -> Path:
    """Write sign-in.env, the settings of a sign-in (readable by its owner only)."""
    file = directory.absolute() / "sign-in.env"
    settings = {"TENANT": lab.app.tenant_id, "CLIENT_ID": lab.app.client_id, "CLIENT_SECRET": lab.app.secret}
    settings["CLOUD"] = "Lab"
    _write_private(file, "".join(f"AISOC_SIGN_IN_{name}={value}\n" for name, value in settings.items()))
    return file


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text, encoding="utf-8")


def _told(ready: dict[str, str]) -> str:
    told = _told_connecting(ready)
    if "sign_in" in ready:
        told += f"\nTo sign in:\n  set -a; . {ready['sign_in']}; set +a\n  aisoc serve\n"
    return told


def _told_connecting(ready: dict[str, str]) -> str:
    return f"""A simulated Microsoft cloud runs on this machine. Nothing leaves it; Ctrl-C stops it.
  tokens            {ready["authority"]}
  resource manager  {ready["resource_manager"]}

To connect:
  export AISOC_CLOUDS={ready["clouds"]}
  aisoc connectors add azure_activity --name lab --config {ready["connector"]}
  aisoc connectors poll lab
"""


def _sentence(error: OSError) -> str:
    """Asyncio's own words where it has some (a port in use), else the system's with the file."""
    return str(error.strerror or error) + (f": {error.filename}" if error.filename else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aisoc-simulator",
        description="A Microsoft cloud on loopback: identity provider and Azure Resource Manager's Activity Log.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--directory", type=Path, help="where clouds.toml, ca.pem and connector.json go (default: a temporary one)")
    add("--port", type=_port, default=0, help="port of the token endpoint (default: a free one)")
    add("--arm-port", type=_port, default=0, help="port of the resource manager (default: a free one)")
    add("--operations", type=_count, default=150, metavar="N", help="operations in the last 24 hours (default: 150)")
    add("--events", type=_count, metavar="N", help="so many events in the last 24 hours instead, and nothing live")
    add("--sign-in", type=_address, metavar="ADDRESS", help="add people who can sign in to the AiSOC at an address")
    add("--live", action=argparse.BooleanOptionalAction, default=True, help="play events and an attack as time passes")
    add("--throttle", action=argparse.BooleanOptionalAction, default=True, help="limit reads as Azure does")
    add("--seed", type=int, default=secrets.randbits(32), help="fixes ids and choices (default: other ones each time)")
    add("--fault", type=_fault, action="append", default=[], metavar="SPEC", help="inject a fault; repeatable")
    add("--json", action="store_true", help="print one line of JSON when ready, for programs")
    return parser


def _port(text: str) -> int:
    port = _count(text)
    if port > 65_535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port (0 to 65535)")
    return port


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0")
    return int(text)


def _address(text: str) -> str:
    try:
        return check_redirect(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _fault(spec: str) -> faults.Fault:
    try:
        return faults.parse(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
