"""The schema check finds what the schemas and our own rules forbid, and refuses to check nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import schema_check

PANEL = {
    "id": 1,
    "type": "timeseries",
    "title": "Lines",
    "options": {},
    "fieldConfig": {"defaults": {"custom": {}}},
    "targets": [{"refId": "A"}],
}


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A folder of schemas that allow every known key and no `bogus` but null."""
    names = ("Dashboard", "Options", "FieldConfig", "Dataquery")
    schema = {
        "definitions": {name: {"type": "object", "properties": {"bogus": {"type": "null"}}} for name in names}
    }
    folder = tmp_path / "schemas"
    folder.mkdir()
    for name in schema_check.SCHEMAS:
        (folder / f"{name}.jsonschema.json").write_text(json.dumps(schema))
    return folder


def found(schemas: Path, *panels: dict[str, Any], **board: Any) -> list[str]:
    """The findings on a dashboard with these panels."""
    return list(schema_check.check({"panels": list(panels), **board}, schema_check.load(schemas)))


def test_a_sound_dashboard_passes(schemas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 and a count of what was looked at."""
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / "one.json").write_text(json.dumps({"panels": [PANEL]}))
    assert schema_check.main([str(schemas), str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 dashboards, 0 findings\n"


def test_findings_fail_and_name_file_and_panel(
    schemas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, one line each."""
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / "one.json").write_text(
        json.dumps({"panels": [{**PANEL, "options": {"bogus": 1}}]})
    )
    assert schema_check.main([str(schemas), str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith('one.json: panel "Lines" options $.bogus')


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"options": {"bogus": 1}}, "options $.bogus"),
        ({"fieldConfig": {"defaults": {"custom": {"bogus": 1}}}}, "custom $.bogus"),
        ({"targets": [{"refId": "A", "bogus": 1}]}, "target $.bogus"),
        ({"targets": [{}]}, "refIds [None]"),
        ({"targets": [{"refId": "A"}, {"refId": "A"}]}, "refIds ['A', 'A']"),
        ({"type": "graph"}, "type graph has no schema"),
        ({"type": "stat"}, "stat has no field settings"),
        ({"id": None}, "id None"),
    ],
)
def test_each_fault_is_found(schemas: Path, change: dict[str, Any], finding: str) -> None:
    """One fault, one finding."""
    (sentence,) = found(schemas, {**PANEL, **change})
    assert finding in sentence


def test_ids_are_compared_across_rows_and_inside_them(schemas: Path) -> None:
    """A panel in a closed row may not share its id with one outside."""
    row = {"type": "row", "id": 2, "panels": [PANEL]}
    assert found(schemas, row, PANEL) == ["id 1 is on 2 panels"]
    assert found(schemas, bogus=1) == ["$.bogus: 1 is not of type 'null'"]


def test_a_wrong_folder_is_one_clear_sentence(
    schemas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to check is a failure, never a pass."""
    assert schema_check.main([str(tmp_path), str(tmp_path)]) == 2
    assert "lacks dashboard.jsonschema.json" in capsys.readouterr().err
    assert schema_check.main([str(schemas), str(tmp_path)]) == 2
    assert "holds no dashboards/*.json; build first" in capsys.readouterr().err
    assert schema_check.main([]) == 2
    assert "two folders" in capsys.readouterr().err
