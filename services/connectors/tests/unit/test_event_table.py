import io
import json

import pytest
from rich.console import Console

from app.cli.event_table import event_table


@pytest.mark.parametrize("width", [80, 109, 110, 160])
def test_a_table_of_any_width_tells_severity_and_reason_and_one_line_an_event(connector, width):
    record = {
        "time": "2026-05-01T10:00:00Z",
        "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        "operationName": "Microsoft.KeyVault/vaults/delete",
        "resultType": "Success",
    }
    event = connector.normalize(json.dumps(record).encode())
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(event_table(console, [event]))
    _, line = console.file.getvalue().splitlines()
    assert "high" in line
    assert "removes a key" in line
    assert str(event.id)[:8] in line
