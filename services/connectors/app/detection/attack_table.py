"""The part of MITRE ATT&CK that shows in a cloud's control plane: tactics in order, techniques with their tactics.

Names and numbers are MITRE's (Enterprise, version 18, platform IaaS, and what else rules for Azure name); see
docs/detections-console.md for whose they are.
"""

from types import MappingProxyType

TACTICS = MappingProxyType(
    {
        "reconnaissance": "Reconnaissance",
        "resource-development": "Resource Development",
        "initial-access": "Initial Access",
        "execution": "Execution",
        "persistence": "Persistence",
        "privilege-escalation": "Privilege Escalation",
        "defense-evasion": "Defense Evasion",
        "credential-access": "Credential Access",
        "discovery": "Discovery",
        "lateral-movement": "Lateral Movement",
        "collection": "Collection",
        "command-and-control": "Command and Control",
        "exfiltration": "Exfiltration",
        "impact": "Impact",
    }
)
"""Names of the tactics by their ids, in the order of the matrix."""

TECHNIQUES = MappingProxyType(
    {
        "T1190": ("Exploit Public-Facing Application", "initial-access"),
        "T1133": ("External Remote Services", "initial-access persistence"),
        "T1199": ("Trusted Relationship", "initial-access"),
        "T1078": ("Valid Accounts", "initial-access persistence privilege-escalation defense-evasion"),
        "T1651": ("Cloud Administration Command", "execution"),
        "T1059": ("Command and Scripting Interpreter", "execution"),
        "T1648": ("Serverless Execution", "execution"),
        "T1204": ("User Execution", "execution"),
        "T1098": ("Account Manipulation", "persistence privilege-escalation"),
        "T1136": ("Create Account", "persistence"),
        "T1546": ("Event Triggered Execution", "persistence privilege-escalation"),
        "T1525": ("Implant Internal Image", "persistence"),
        "T1556": ("Modify Authentication Process", "persistence defense-evasion credential-access"),
        "T1548": ("Abuse Elevation Control Mechanism", "privilege-escalation defense-evasion"),
        "T1484": ("Domain or Tenant Policy Modification", "privilege-escalation defense-evasion"),
        "T1562": ("Impair Defenses", "defense-evasion"),
        "T1578": ("Modify Cloud Compute Infrastructure", "defense-evasion"),
        "T1666": ("Modify Cloud Resource Hierarchy", "defense-evasion"),
        "T1535": ("Unused/Unsupported Cloud Regions", "defense-evasion"),
        "T1550": ("Use Alternate Authentication Material", "defense-evasion lateral-movement"),
        "T1110": ("Brute Force", "credential-access"),
        "T1555": ("Credentials from Password Stores", "credential-access"),
        "T1606": ("Forge Web Credentials", "credential-access"),
        "T1621": ("Multi-Factor Authentication Request Generation", "credential-access"),
        "T1040": ("Network Sniffing", "credential-access discovery"),
        "T1003": ("OS Credential Dumping", "credential-access"),
        "T1528": ("Steal Application Access Token", "credential-access"),
        "T1552": ("Unsecured Credentials", "credential-access"),
        "T1087": ("Account Discovery", "discovery"),
        "T1580": ("Cloud Infrastructure Discovery", "discovery"),
        "T1538": ("Cloud Service Dashboard", "discovery"),
        "T1526": ("Cloud Service Discovery", "discovery"),
        "T1619": ("Cloud Storage Object Discovery", "discovery"),
        "T1654": ("Log Enumeration", "discovery"),
        "T1046": ("Network Service Discovery", "discovery"),
        "T1069": ("Permission Groups Discovery", "discovery"),
        "T1021": ("Remote Services", "lateral-movement"),
        "T1119": ("Automated Collection", "collection"),
        "T1530": ("Data from Cloud Storage", "collection"),
        "T1213": ("Data from Information Repositories", "collection"),
        "T1074": ("Data Staged", "collection"),
        "T1048": ("Exfiltration Over Alternative Protocol", "exfiltration"),
        "T1567": ("Exfiltration Over Web Service", "exfiltration"),
        "T1537": ("Transfer Data to Cloud Account", "exfiltration"),
        "T1531": ("Account Access Removal", "impact"),
        "T1485": ("Data Destruction", "impact"),
        "T1486": ("Data Encrypted for Impact", "impact"),
        "T1565": ("Data Manipulation", "impact"),
        "T1491": ("Defacement", "impact"),
        "T1499": ("Endpoint Denial of Service", "impact"),
        "T1657": ("Financial Theft", "impact"),
        "T1490": ("Inhibit System Recovery", "impact"),
        "T1498": ("Network Denial of Service", "impact"),
        "T1496": ("Resource Hijacking", "impact"),
        "T1489": ("Service Stop", "impact"),
    }
)
"""Name of each technique, and its tactics with blanks between."""

SUB_TECHNIQUES = MappingProxyType(
    {
        "T1003.003": "NTDS",
        "T1021.001": "Remote Desktop Protocol",
        "T1021.004": "SSH",
        "T1021.007": "Cloud Services",
        "T1021.008": "Direct Cloud VM Connections",
        "T1059.001": "PowerShell",
        "T1059.009": "Cloud API",
        "T1069.003": "Cloud Groups",
        "T1074.002": "Remote Data Staging",
        "T1078.001": "Default Accounts",
        "T1078.004": "Cloud Accounts",
        "T1087.004": "Cloud Account",
        "T1098.001": "Additional Cloud Credentials",
        "T1098.003": "Additional Cloud Roles",
        "T1098.004": "SSH Authorized Keys",
        "T1098.006": "Additional Container Cluster Roles",
        "T1110.003": "Password Spraying",
        "T1136.003": "Cloud Account",
        "T1204.003": "Malicious Image",
        "T1213.003": "Code Repositories",
        "T1213.006": "Databases",
        "T1484.002": "Trust Modification",
        "T1485.001": "Lifecycle-Triggered Deletion",
        "T1491.002": "External Defacement",
        "T1496.001": "Compute Hijacking",
        "T1496.002": "Bandwidth Hijacking",
        "T1496.004": "Cloud Service Hijacking",
        "T1548.005": "Temporary Elevated Cloud Access",
        "T1550.001": "Application Access Token",
        "T1552.001": "Credentials In Files",
        "T1552.004": "Private Keys",
        "T1552.005": "Cloud Instance Metadata API",
        "T1552.007": "Container API",
        "T1555.006": "Cloud Secrets Management Stores",
        "T1556.006": "Multi-Factor Authentication",
        "T1556.007": "Hybrid Identity",
        "T1556.009": "Conditional Access Policies",
        "T1562.001": "Disable or Modify Tools",
        "T1562.004": "Disable or Modify System Firewall",
        "T1562.007": "Disable or Modify Cloud Firewall",
        "T1562.008": "Disable or Modify Cloud Logs",
        "T1567.002": "Exfiltration to Cloud Storage",
        "T1578.001": "Create Snapshot",
        "T1578.002": "Create Cloud Instance",
        "T1578.003": "Delete Cloud Instance",
        "T1578.004": "Revert Cloud Instance",
        "T1578.005": "Modify Cloud Compute Configurations",
        "T1606.002": "SAML Tokens",
    }
)
"""Names of the sub-techniques that matter in a cloud."""

NEW_TACTICS = MappingProxyType({"stealth": "defense-evasion", "defense-impairment": "defense-evasion"})
"""What version 19 calls the two halves of a tactic, and that tactic."""

NEW_TECHNIQUES = MappingProxyType(
    {
        "T1685": "T1562.001",
        "T1685.002": "T1562.008",
        "T1686": "T1562.004",
        "T1686.001": "T1562.007",
    }
)
"""Techniques that version 19 gave another number, and what they were before."""
