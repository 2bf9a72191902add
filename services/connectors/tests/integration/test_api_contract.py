"""Whatever is sent, the API does what its OpenAPI document says: no failure of ours, no answer that is not named."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
import schemathesis
import uvicorn
from conftest import make_lab
from fastapi import FastAPI
from filed_alerts import RULE, file_alert, with_rule
from pydantic import SecretStr
from schemathesis.config import SchemathesisConfig
from sqlalchemy import make_url, select
from support import story

from app.api.build import ROUTERS, add_api
from app.api.contract import build_contract
from app.clock import SystemClock
from app.collection.manage import add_connector
from app.collection.poll import poll
from app.collection.readings import request_reading
from app.detection.hunts import request_hunt
from app.detection.suppressing import Wish, suppress
from app.main import open_service
from app.microsoft.clouds import Clouds
from app.security.roles import Role
from app.security.tokens import create_token
from app.security.users import add_user
from app.settings import Settings
from app.storage.quarantine import Unreadable, quarantine_records
from app.storage.tables import events
from app.web.app import create_app
from simulator import serve_in_thread

_DATABASE = "test_api_contract"
_UNREADABLE = b"no record"
# Where what was sent fits the schema and is refused all the same, with the reason.
_BEYOND_SCHEMA = {
    "create_connector": "clouds are those that this installation declares, and a secret is not blank",
    "create_connectors": "as create_connector; and a target's id is one only where the type takes it",
    "try_config": "as create_connector",
    "read_targets": "as create_connector; and the source refuses credentials that are made up",
    "change_connector": "which fields there are depends on the connector's type; its target cannot be changed",
    "replace_secret": "as change_connector; and each secret must be among the fields",
    "create_reading": "a time that has not come yet, or one for a poll",
    "search_events": "the language of searches is no regular one; a cursor is one of a list",
    "count_events": "as search_events",
    "read_histogram": "as search_events",
    "read_top": "as search_events",
    "create_search": "as search_events; and a name can be printed",
    "read_polls": "a cursor is one of a list",
    "read_quarantine": "as read_polls",
    "read_audit": "as read_polls",
    "read_alerts": "a cursor is one of a list, and no time is before the year 2000",
    "read_alert_counts": "as read_alerts",
    "change_alert": "a verdict goes with closed alerts; who is assigned is a user who works alerts",
    "change_many_alerts": "as change_alert",
    "create_note": "a note has characters that can be printed",
    "create_suppression": "it names a rule or an entity, and a time within a year",
    "create_hunt": "the time begins before it ends, and is not before the year 2000",
    "create_user": "a name can be printed",
    "create_new_token": "as create_user",
}
_ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]
_CONFIG = {
    "seed": 20_260_501,
    "generation": {"deterministic": True, "max-examples": 8, "database": "none", "with-security-parameters": False},
    "operations": [
        {"include-operation-id": name, "checks": {"positive_data_acceptance": {"expected-statuses": _ACCEPTED}}}
        for name in _BEYOND_SCHEMA
    ],
}


def _document():
    app = FastAPI(version="0")
    add_api(app)
    return build_contract(next(route.app for route in app.routes if route.path == "/api/v1"), ROUTERS)


schema = schemathesis.openapi.from_dict(_document(), config=SchemathesisConfig.from_dict(_CONFIG))


@dataclass(frozen=True)
class Host:
    """Where the API answers, an admin's token, and the ids of what there is, by the name of the path's parameter."""

    address: str
    token: str
    ids: dict[str, str]


@pytest.fixture(scope="module")
def host(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The whole web application on a port of its own, in a thread, with one of everything in its store."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template_aisoc")
    url = make_url(postgres).set(database=_DATABASE).render_as_string(hide_password=False)
    lab = make_lab(SystemClock())
    with serve_in_thread(lab.cloud) as microsoft:
        thread = _Thread(lab, microsoft, url, tmp_path_factory.mktemp("contract"))
        thread.start()
        yield thread.host()
        thread.stop()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")


class _Thread(threading.Thread):
    def __init__(self, lab, microsoft, url: str, folder: Path) -> None:
        super().__init__(daemon=True)
        self._lab, self._microsoft, self._url, self._folder = lab, microsoft, url, folder
        self._ready = threading.Event()
        self._host: Host | None = None
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    def host(self) -> Host:
        assert self._ready.wait(30)
        assert self._host
        return self._host

    def stop(self) -> None:
        assert self._server
        self._server.should_exit = True
        self.join(30)

    async def _serve(self) -> None:
        clouds = self._folder / "clouds.toml"
        clouds.write_text(self._microsoft.clouds_toml())
        settings = with_rule(
            Settings(home=self._folder, database_url=SecretStr(self._url), clouds=clouds, keyring=None), self._folder
        )
        async with open_service(settings) as opened:
            lab = opened.clouds.get("Lab")
            named = tuple(replace(lab, name=name) for name in ("AzureCloud", "AzureUSGovernment", "AzureChinaCloud"))
            service = replace(opened, clouds=Clouds((lab, *named)))
            ids, token = await self._fill(service)
            config = uvicorn.Config(create_app(service), port=0, log_config=None, lifespan="off")
            self._server = uvicorn.Server(config)
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started:
                await asyncio.sleep(0.01)
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self._host = Host(f"http://localhost:{port}/api/v1", token, ids)
            self._ready.set()
            await serving

    async def _fill(self, service):
        """Put one of everything into the store; return the ids and an admin's token."""
        self._lab.publish(story(self._lab))
        row = await add_connector(service, "azure_activity", "lab", self._lab.config())
        await poll(service, row)
        reading = await request_reading(service, row, "poll")
        admin = await add_user(service, "admin", Role.ADMIN)
        bob = await add_user(service, "bob", Role.VIEWER)
        _, token = await create_token(service, "tests", Role.ADMIN, user_id=admin.id)
        async with service.engine.begin() as connection:
            await quarantine_records(connection, "lab", [Unreadable(_UNREADABLE, "azure_activity", "c", "r")])
            event = (await connection.execute(select(events.c.id).limit(1))).scalar_one()
            record = (await connection.exec_driver_sql("SELECT id FROM quarantine")).scalar_one()
        ids = {
            "connector_id": row.id,
            "reading_id": reading.id,
            "event_id": event,
            "record_id": record,
            "user_id": bob.id,
            "alert_id": await file_alert(service, events={event: (service.clock.now(), RULE)}),
            "rule_id": RULE,
            "suppression_id": (await suppress(service, _wish(service))).id,
            "hunt_id": (await request_hunt(service, RULE, service.clock.now() - timedelta(days=1))).id,
        }
        return {name: str(value) for name, value in ids.items()}, token


def _wish(service):
    return Wish(rule_id=str(uuid4()), until=service.clock.now() + timedelta(days=1), reason="tests")


@schema.parametrize()
def test_the_api_keeps_its_contract(case, host):
    if case.method != "DELETE":  # what is removed would be missed by the others
        case.path_parameters.update(known(case.path_parameters, host.ids))
    case.call_and_validate(base_url=host.address, headers={"Authorization": f"Bearer {host.token}"})


def known(parameters, ids):
    """Return the ids of what there is for those that are ids at all."""
    return {name: ids[name] for name, value in parameters.items() if name in ids and is_id(value)}


def is_id(value):
    try:
        return str(UUID(value)) == value.lower()
    except (ValueError, AttributeError, TypeError):
        return False


def test_every_exception_from_the_schema_is_of_an_operation():
    assert _BEYOND_SCHEMA.keys() <= {
        operation.ok().definition.raw["operationId"] for operation in schema.get_all_operations()
    }
