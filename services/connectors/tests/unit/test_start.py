"""A command starts with what it uses: an import too many is waited for by whoever types it."""

import subprocess
import sys

import pytest

# What weighs the most, and which modules may not bring it along.
_LIGHT = {
    "app.cli": {"sqlalchemy", "pydantic", "azure", "aiohttp", "sigma.collection", "nicegui", "app.settings"},
    "app.cli.events": {
        "azure.identity",
        "aiohttp",
        "procrastinate",
        "sigma.collection",
        "nicegui",
        "app.detection.engine",
    },
    "app.cli.connectors": {"azure.identity", "aiohttp", "procrastinate", "sigma.collection", "nicegui"},
    "app.cli.rules": {"azure.identity", "aiohttp", "procrastinate", "sigma.collection", "nicegui"},
    "app.cli.run": {"azure.identity", "aiohttp", "sigma.collection", "nicegui"},
}


@pytest.mark.parametrize("module", _LIGHT)
def test_a_module_of_the_command_line_brings_nothing_heavy_along(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not _LIGHT[module] & set(imported.stdout.split())
