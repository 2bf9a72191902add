"""Builds the events that no person's request makes: health, policy, alerts, autoscale, security, advice, PIM.

Source: "Azure Activity Log event schema". Fields that Administrative events have may be null or missing here.
"""

import json
from datetime import datetime
from typing import Any

from simulator import ticks
from simulator.cast import READER, Actor, new_id
from simulator.events import Event, EventFactory

_ACTIVE = {"value": "Active", "localizedValue": "Active"}
_NOTHING: dict[str, Any] = {"value": None}


def service_health(make: EventFactory, at: datetime) -> Event:
    """Report an incident of a service in a region; it has no resource, and no value in several of its names."""
    title = "Delayed deployments - Norway East"
    impact = [{"ImpactedRegions": [{"RegionName": "Norway East"}], "ServiceName": "Azure Resource Manager"}]
    text = (
        "Some customers see deployments in Norway East take longer than usual. Running resources are not affected. "
        "Engineers found an overloaded scheduling component and add capacity. The next update follows in an hour."
    )
    return make.event(
        make.moment(at),
        "Microsoft.ServiceHealth/incident/action",
        "",
        "ServiceHealth",
        channels="Admin",
        caller=None,
        description=f"Active: {title}",
        eventName=_NOTHING,
        level="Warning",
        resourceProviderName=_NOTHING,
        resourceType={"value": None, "localizedValue": ""},
        status=_ACTIVE,
        subStatus=_NOTHING,
        properties={
            "title": title,
            "service": "Azure Resource Manager",
            "region": "Norway East",
            "communication": text,
            "incidentType": "Incident",
            "trackingId": f"LAB{make.rng.randrange(10)}-{make.rng.randrange(0x1000):03X}",
            "impactStartTime": ticks.to_iso(make.moment(at)),
            "impactedServices": json.dumps(impact),
            "defaultLanguageTitle": title,
            "defaultLanguageContent": text,
            "stage": "Active",
            "version": "0.1.1",
        },
    )


def resource_health(make: EventFactory, at: datetime, resource: str) -> Event:
    """Report a resource that became unavailable; its operation's two names differ."""
    name = "Microsoft.Resourcehealth/healthevent/Activated/action"
    return make.event(
        make.moment(at),
        name,
        resource,
        "ResourceHealth",
        channels="Admin, Operation",
        caller=None,
        level="Critical",
        operationName={"value": name, "localizedValue": "Health Event Activated"},
        status=_ACTIVE,
        properties={
            "stage": "Active",
            "title": "Virtual machine health status changed to unavailable",
            "details": "The virtual machine was restarted by the platform.",
            "healthStatus": "Unavailable",
            "healthEventType": "Downtime",
            "healthEventCause": "PlatformInitiated",
            "healthEventCategory": "Unplanned",
        },
    )


def policy_audit(make: EventFactory, at: datetime, resource: str, actor: Actor) -> Event:
    """Report that a policy found a resource wanting, in the name of whoever changed the resource."""
    policy = {
        "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{new_id(make.rng)}",
        "policyDefinitionEffect": "audit",
        "policyAssignmentScope": make.path(""),
        "policyAssignmentName": "tags-on-every-resource",
    }
    return make.event(
        make.moment(at),
        "Microsoft.Authorization/policies/audit/action",
        resource,
        "Policy",
        caller=actor.caller,
        level="Warning",
        eventName={"value": "EndRequest", "localizedValue": "End request"},
        properties={
            "isComplianceCheck": "False",
            "resourceLocation": "norwayeast",
            "ancestors": make.tenant,
            "policies": json.dumps([policy]),
        },
    )


def alert(make: EventFactory, at: datetime, resource: str) -> Event:
    return make.event(
        make.moment(at),
        "Microsoft.Insights/AlertRules/Activated/Action",
        resource,
        "Alert",
        channels="Admin, Operation",
        caller="Microsoft.Insights/alertRules",
        claims={"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/spn": "Microsoft.Insights/alertRules"},
        description="'Percentage CPU' GreaterThan 85 ([Average]) in the last 5 minutes",
        status=_ACTIVE,
        properties={"RuleName": "cpu-high", "Threshold": "85", "WindowSizeInMinutes": "5", "MetricUnit": "Percent"},
    )


def autoscale(make: EventFactory, at: datetime, resource: str) -> Event:
    """Report a scale-out by the autoscale engine, which is its caller and the only claim."""
    text = f"The autoscale engine scales resource '{make.path(resource)}' from 2 instances to 3 instances."
    return make.event(
        make.moment(at),
        "Microsoft.Insights/AutoscaleSettings/Scaleup/Action",
        resource,
        "Autoscale",
        channels="Admin, Operation",
        caller="Microsoft.Insights/autoscaleSettings",
        claims={"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/spn": "Microsoft.Insights/autoscaleSettings"},
        description=text,
        eventName={"value": "AutoscaleAction", "localizedValue": "AutoscaleAction"},
        subStatus=_NOTHING,
        properties={"Description": text, "OldInstancesCount": "2", "NewInstancesCount": "3"},
    )


def security(make: EventFactory, at: datetime) -> Event:
    """Report an alert of the cloud's own protection; its name is a sentence for people."""
    alert_id = f"25{make.rng.getrandbits(56):017d}_{new_id(make.rng)}"
    return make.event(
        make.moment(at),
        "Microsoft.Security/locations/alerts/activate/action",
        f"providers/Microsoft.Security/locations/norwayeast/alerts/{alert_id}",
        "Security",
        caller=None,
        description="A sign-in to the virtual machine was tried many times with wrong passwords.",
        eventName={"value": "Failed sign-ins", "localizedValue": "Many failed sign-ins on fabrikam-app-02"},
        status=_ACTIVE,
        properties={"Severity": "Medium", "ActionTaken": "Detected", "eventCategory": "Security", "attempts": "412"},
    )


def recommendation(make: EventFactory, at: datetime, resource: str) -> Event:
    """Advice; the platform writes these paths in capitals."""
    return make.event(
        make.moment(at),
        "Microsoft.Advisor/generateRecommendations/action",
        resource.upper().replace("PROVIDERS/", "providers/"),
        "Recommendation",
        caller=None,
        description="The action was successful.",
        status=_ACTIVE,
        properties={
            "recommendationSchemaVersion": "1.0",
            "recommendationCategory": "Security",
            "recommendationImpact": "High",
            "recommendationRisk": "None",
        },
    )


def pim_activation(make: EventFactory, at: datetime, actor: Actor) -> Event:
    """Report a role activated through Privileged Identity Management: a sentence for a name, no identity block."""
    return make.event(
        make.moment(at),
        "Add member to role completed (PIM activation)",
        "",
        "Administrative",
        caller=None,
        authorization=None,
        claims=None,
        httpRequest=None,
        properties={
            "SubjectName": actor.name,
            "SubjectID": actor.object_id,
            "RoleDefinition": "Reader",
            "RoleDefinitionOriginId": f"{make.path('')}/providers/Microsoft.Authorization/roleDefinitions/{READER}",
            "EventName": "AddActivatedRole",
            "ResourceProviderName": "azurerbac",
            "TenantID": make.tenant,
            "Justification": "Weekly review of the subscription",
        },
    )
