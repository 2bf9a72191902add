"""The API's page tells of every request, with its role, and of none that does not exist."""

import re
from pathlib import Path

from app.api.build import ROUTERS
from app.api.contract import role_of, routes_of

PAGE = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")
ROUTES = [(method, route) for router in ROUTERS for route in routes_of(router) for method in route.methods or ()]


def test_every_request_is_in_the_table_with_its_role() -> None:
    told = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| (\w+) \| .+ \|$", PAGE, re.MULTILINE))
    assert told == {(f"{method} {route.path_format}", str(role_of(route))) for method, route in ROUTES}


def test_every_request_of_the_tour_exists() -> None:
    tour = re.search(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert tour
    asked = list(requests_of(tour[1]))
    assert len(asked) > 10
    for method, path in asked:
        fitting = [route for known, route in ROUTES if known == method and route.path_regex.fullmatch(path)]
        assert fitting, f"{method} {path}"


def requests_of(tour: str) -> list[tuple[str, str]]:
    """Return the method and the path of each curl."""
    found = []
    for command in re.findall(r"curl .*?\$AISOC(?:/[^ \n?\"]*)", tour.replace("\\\n", ""), re.DOTALL):
        path = command.rsplit("$AISOC", 1)[1].rstrip(")")
        told = re.search(r" -X ([A-Z]+) ", command)
        method = told[1] if told else "POST" if " -d " in command else "GET"
        found.append((method, re.sub(r"\$\w+", "00000000-0000-4000-8000-000000000000", path)))
    return found
