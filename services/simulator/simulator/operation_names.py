"""What Azure calls operations in `operationName.localizedValue`; for many it repeats the operation itself.

Source: learn.microsoft.com, "Azure resource provider operations" (the descriptions), as the portal shows them.
"""

_NAMES = {
    "Microsoft.Authorization/policies/audit/action": "'audit' Policy action.",
    "Microsoft.Authorization/roleAssignments/write": "Create role assignment",
    "Microsoft.Compute/virtualMachines/deallocate/action": "Deallocate Virtual Machine",
    "Microsoft.Compute/virtualMachines/restart/action": "Restart Virtual Machine",
    "Microsoft.Compute/virtualMachines/runCommand/action": "Run Command on Virtual Machine",
    "Microsoft.Compute/virtualMachines/start/action": "Start Virtual Machine",
    "Microsoft.Compute/virtualMachines/write": "Create or Update Virtual Machine",
    "Microsoft.Insights/diagnosticSettings/delete": "Delete diagnostic setting",
    "Microsoft.Insights/metricAlerts/write": "Create or update metric alert",
    "Microsoft.KeyVault/vaults/delete": "Delete Key Vault",
    "Microsoft.Network/networkSecurityGroups/delete": "Delete Network Security Group",
    "Microsoft.Network/networkSecurityGroups/securityRules/delete": "Delete Security Rule",
    "Microsoft.Network/networkSecurityGroups/securityRules/write": "Create or Update Security Rule",
    "Microsoft.Resources/deployments/write": "Create Deployment",
    "Microsoft.Resources/tags/write": "Update tags",
    "Microsoft.Storage/storageAccounts/listKeys/action": "List Storage Account Keys",
    "Microsoft.Storage/storageAccounts/write": "Create/Update Storage Account",
    "Microsoft.Web/sites/restart/action": "Restart Web App",
    "Microsoft.Web/sites/write": "Update website",
}


def localized(operation: str) -> str:
    """Return the name that people read."""
    return _NAMES.get(operation, operation)
