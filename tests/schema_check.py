"""Validate built dashboards against Grafana's published JSON schemas, which this repository does not carry.

    python tests/schema_check.py <folder of *.jsonschema.json> <build folder>

Prints one line per finding and exits 1, 2 when a folder is not what it should be, 0 when all is well.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

SCHEMAS = (
    "dashboard",
    "prometheus",
    "timeseries",
    "stat",
    "table",
    "bargauge",
    "heatmap",
    "statetimeline",
    "text",
)
OWN_FIELDS = frozenset({"timeseries", "table", "heatmap", "statetimeline"})
"""Panels whose fields have settings of their own (`fieldConfig.defaults.custom`)."""

Json = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Check the dashboards of a build; the exit status is the verdict."""
    if len(arguments) != 2:
        return refused("give two folders: the schemas and the build")
    schemas, build = (Path(argument) for argument in arguments)
    missing = [name for name in SCHEMAS if not (schemas / f"{name}.jsonschema.json").is_file()]
    if missing:
        return refused(f"{schemas} lacks {missing[0]}.jsonschema.json; give the folder of Grafana's schemas")
    boards = sorted((build / "dashboards").glob("*.json"))
    if not boards:
        return refused(f"{build} holds no dashboards/*.json; build first")
    known = load(schemas)
    findings = [f"{path.name}: {finding}" for path in boards for finding in check(read(path), known)]
    sys.stdout.write("\n".join([*findings, f"{len(boards)} dashboards, {len(findings)} findings\n"]))
    return 1 if findings else 0


def refused(sentence: str) -> int:
    """Say why nothing could be checked."""
    sys.stderr.write(f"schema_check: {sentence}\n")
    return 2


def load(folder: Path) -> dict[str, Json]:
    """Return the schemas by name."""
    return {name: read(folder / f"{name}.jsonschema.json") for name in SCHEMAS}


def read(path: Path) -> Json:
    """Return a JSON file."""
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def check(board: Json, schemas: dict[str, Json]) -> Iterator[str]:
    """Yield what is wrong with one dashboard, by the schemas and in what they do not look at."""
    yield from against(board, schemas["dashboard"], "Dashboard", "")
    rows = [panel for panel in board["panels"] if panel["type"] == "row"]
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    panels += [panel for row in rows for panel in row["panels"]]
    for number, count in Counter(panel.get("id") for panel in rows + panels).items():
        if number is None or count > 1:
            yield f"id {number} is on {count} panels"
    for panel in panels:
        yield from check_panel(panel, schemas)


def check_panel(panel: Json, schemas: dict[str, Json]) -> Iterator[str]:
    """Yield what is wrong with options, field settings and targets of one panel."""
    where, kind = f'panel "{panel.get("title")}"', panel["type"].replace("-", "")
    if kind not in SCHEMAS[2:]:
        yield f"{where}: type {panel['type']} has no schema here"
        return
    yield from against(panel["options"], schemas[kind], "Options", f"{where} options ")
    custom = panel["fieldConfig"]["defaults"].get("custom")
    if kind in OWN_FIELDS:
        yield from against(custom, schemas[kind], "FieldConfig", f"{where} custom ")
    elif custom is not None:
        yield f"{where}: {kind} has no field settings of its own"
    targets = panel.get("targets", [])
    references = [target.get("refId") for target in targets]
    if None in references or len(set(references)) < len(references):
        yield f"{where}: refIds {references} are not distinct"
    for target in targets:
        yield from against(target, schemas["prometheus"], "Dataquery", f"{where} target ")


def against(value: object, schema: Json, definition: str, where: str) -> Iterator[str]:
    """Yield how `value` departs from one definition of a schema."""
    validator = Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]})
    for error in validator.iter_errors(value):
        cause = max(error.context or [error], key=lambda found: len(found.absolute_path))
        yield f"{where}{cause.json_path}: {cause.message[:300]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
