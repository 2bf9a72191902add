"""Invented records: one storage write by a person at contoso.com, told in each of the three shapes."""

import json
from typing import Any

SUBSCRIPTION = "5a1f0c3e-7d42-4b8e-9c61-2f0d8e4b7a11"
TENANT = "c0ffee00-1111-4222-8333-444455556666"
APP = "0b5e7a1c-2222-4333-8444-555566667777"
OBJECT = "d15ea5e0-3333-4444-8555-666677778888"
EVENT = "e4b1c2d3-4444-4555-8666-777788889999"
CORRELATION = "f00dcafe-5555-4666-8777-88889999aaaa"
OPERATION_ID = "ab1ecafe-6666-4777-8888-9999aaaabbbb"
RESOURCE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-Contoso/providers/Microsoft.Storage/storageAccounts/contosologs"
)
WRITE = "Microsoft.Storage/storageAccounts/write"
TIME = "2026-05-01T10:00:00.1234567Z"
TICKS = 639132264001234567
SUBMITTED = "2026-05-01T10:00:17.7654321Z"
ID = f"{RESOURCE}/events/{EVENT}/ticks/{TICKS}"

SCHEMAS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
IDENTITY = "http://schemas.microsoft.com/identity/claims"
CLAIMS = {
    "aud": "https://management.azure.com/",
    "iss": f"https://sts.windows.net/{TENANT}/",
    "appid": APP,
    "idtyp": "user",
    "ipaddr": "198.51.100.7",
    "name": "Megan Ortiz",
    f"{IDENTITY}/objectidentifier": OBJECT,
    f"{IDENTITY}/tenantid": TENANT,
    f"{SCHEMAS}/upn": "megan@contoso.com",
}

# A PIM activation as it is exported: a sentence for an operation, and no identity.
PIM = {
    "time": TIME,
    "resourceId": f"/SUBSCRIPTIONS/{SUBSCRIPTION.upper()}",
    "operationName": "Add member to role completed (PIM activation)",
    "category": "Administrative",
    "resultType": "Succeeded",
    "correlationId": CORRELATION,
    "callerIpAddress": "203.0.113.44",
    "properties": {
        "TenantID": TENANT,
        "RoleDefinition": "Owner",
        "CallerInfo": json.dumps(
            [
                {"CallerIdentityType": "UPN", "CallerIdentityValue": "admin@fabrikam.com"},
                {"CallerIdentityType": "ObjectID", "CallerIdentityValue": OBJECT},
                {"CallerIdentityType": "Username", "CallerIdentityValue": "Fabrikam Admin"},
            ]
        ),
    },
}

# The words that exports and Log Analytics have for the REST ones.
_WORDS = {"Started": "Start", "Accepted": "Accept", "Succeeded": "Success", "Failed": "Failure"}


def rest(
    operation: str = WRITE,
    status: str = "Succeeded",
    category: str = "Administrative",
    level: str = "Informational",
    **fields: Any,
) -> dict[str, Any]:
    """Return a record as the REST list gives it; `fields` replace or add."""
    return {
        "authorization": {"action": operation, "scope": RESOURCE},
        "caller": "megan@contoso.com",
        "category": {"value": category, "localizedValue": category},
        "claims": CLAIMS,
        "correlationId": CORRELATION,
        "description": "",
        "eventDataId": EVENT,
        "eventTimestamp": TIME,
        "httpRequest": {"clientIpAddress": "203.0.113.9", "method": "PUT"},
        "id": ID,
        "level": level,
        "operationId": OPERATION_ID,
        "operationName": {"value": operation, "localizedValue": "Create or update a thing"},
        "properties": {"statusCode": "OK"},
        "resourceGroupName": "rg-Contoso",
        "resourceId": RESOURCE,
        "resourceType": {"value": "Microsoft.Storage/storageAccounts", "localizedValue": "Storage account"},
        "status": {"value": status, "localizedValue": status},
        "subStatus": {"value": "", "localizedValue": ""},
        "submissionTimestamp": SUBMITTED,
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
    } | fields


def exported(
    operation: str = WRITE,
    status: str = "Succeeded",
    category: str = "Administrative",
    level: str = "Informational",
    **fields: Any,
) -> dict[str, Any]:
    """Return a record as diagnostic settings export it."""
    return {
        "time": TIME,
        "resourceId": RESOURCE.upper(),
        "operationName": operation.upper(),
        "category": category,
        "resultType": _WORDS.get(status, status),
        "resultSignature": f"{status}.",
        "durationMs": "12",
        "callerIpAddress": "203.0.113.9",
        "correlationId": CORRELATION,
        "identity": {"authorization": {"action": operation, "scope": RESOURCE}, "claims": CLAIMS},
        "level": level,
        "properties": {"eventCategory": category, "entity": RESOURCE, "statusCode": "OK"},
        "tenantId": TENANT,
    } | fields


def row(
    operation: str = WRITE,
    status: str = "Succeeded",
    category: str = "Administrative",
    level: str = "Informational",
    **fields: Any,
) -> dict[str, Any]:
    """Return a row of the AzureActivity table in Log Analytics."""
    return {
        "TenantId": "10ca1ba5-9999-4aaa-8bbb-ccccddddeeee",
        "TimeGenerated": TIME,
        "EventSubmissionTimestamp": SUBMITTED,
        "EventDataId": EVENT,
        "OperationName": "Create or update a thing",
        "OperationNameValue": operation.upper(),
        "ActivityStatusValue": _WORDS.get(status, status),
        "ActivitySubstatusValue": "OK",
        "CategoryValue": category,
        "Level": level,
        "Caller": "megan@contoso.com",
        "CallerIpAddress": "203.0.113.9",
        "Claims": json.dumps(CLAIMS),
        "Authorization": json.dumps({"action": operation, "scope": RESOURCE}),
        "CorrelationId": CORRELATION,
        "OperationId": OPERATION_ID,
        "ResourceGroup": "rg-Contoso",
        "SubscriptionId": SUBSCRIPTION,
        "Properties": json.dumps({"statusCode": "OK"}),
        "_ResourceId": RESOURCE.lower(),
        "Type": "AzureActivity",
    } | fields


SHAPES = {"rest": rest, "exported": exported, "log_analytics": row}


def encode(record: Any) -> bytes:
    return json.dumps(record).encode()
