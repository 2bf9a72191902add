"""The table of rules in docs/detections-pack.md, made of the rules: `python pack_table.py` writes it anew."""

from pathlib import Path

from app.detection.attack import technique_name
from app.detection.reading import read_rules
from app.detection.rules import Rule

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "detections-pack.md"
PACK = ROOT / "detections"
BEGIN, END = "<!-- rules: begin -->\n", "<!-- rules: end -->\n"
AREAS = {
    "identity": "Roles and identities",
    "governance": "Policies, locks and budgets",
    "logging": "Logging and monitoring",
    "network": "Networks",
    "compute": "Machines, disks and clusters",
    "automation": "Automation and apps",
    "credentials": "Keys, secrets and vaults",
    "storage": "Storage",
    "recovery": "Backups and deletion",
    "first-seen": "First seen",
    "correlations": "Correlations",
    "data-plane": "Data planes (not in the Activity Log)",
    "parts": "Parts of correlations (no alerts by themselves)",
}


def table() -> str:
    """Return all rules as tables, one for each area, in the order of severity and title."""
    pack = read_rules([PACK], {})
    rules: list[Rule] = [*pack.rules.values(), *pack.correlations.values()]
    return "\n".join(_area(folder, name, rules) for folder, name in AREAS.items())


def _area(folder: str, name: str, rules: list[Rule]) -> str:
    own = sorted((r for r in rules if r.path.parent.name == folder), key=lambda r: (-r.severity.rank, r.title))
    head = f"### {name}\n\n| Rule | Severity | Technique |\n|---|---|---|\n"
    return head + "".join(f"| {rule.title} | {rule.severity.value} | {_techniques(rule)} |\n" for rule in own)


def _techniques(rule: Rule) -> str:
    return ", ".join(f"{technique} {technique_name(technique)}" for technique in rule.techniques)


def parts(page: str) -> tuple[str, str, str]:
    """Return what stands before, in and after the table's place."""
    before, _, rest = page.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after


if __name__ == "__main__":
    before, _, after = parts(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")
