"""A record of the REST shape told in the two others, as Azure tells one and the same event."""

import json
from typing import Any

_WORDS = {"Started": "Start", "Accepted": "Accept", "Succeeded": "Success", "Failed": "Failure"}


def exported_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as diagnostic settings export it: names and ids are shouted."""
    status = record["status"]["value"]
    return {
        "time": record["eventTimestamp"],
        "resourceId": record["resourceId"].upper(),
        "operationName": record["operationName"]["value"].upper(),
        "category": record["category"]["value"],
        "resultType": _WORDS.get(status, status),
        "resultSignature": f"{status}.",
        "callerIpAddress": record["httpRequest"]["clientIpAddress"],
        "correlationId": record["correlationId"],
        "identity": {"claims": record["claims"]},
        "properties": record.get("properties", {}),
    }


def row_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as a row of the table AzureActivity: objects are JSON text."""
    status = record["status"]["value"]
    return {
        "TimeGenerated": record["eventTimestamp"],
        "OperationNameValue": record["operationName"]["value"].upper(),
        "ActivityStatusValue": _WORDS.get(status, status),
        "CategoryValue": record["category"]["value"],
        "Caller": record["caller"],
        "CallerIpAddress": record["httpRequest"]["clientIpAddress"],
        "Claims": json.dumps(record["claims"]),
        "CorrelationId": record["correlationId"],
        "OperationId": record["operationId"],
        "EventDataId": record["id"].partition("/events/")[2].partition("/")[0],
        "SubscriptionId": record["subscriptionId"],
        "_ResourceId": record["resourceId"].lower(),
        "Properties": json.dumps(record.get("properties", {})),
    }
