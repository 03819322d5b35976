"""The list of cells that cannot be right, written before the runs: which, why, and which alert tells so."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from claude_code_mixin.fleet.lab_cells import ALL, Limit, Reference
from claude_code_mixin.fleet.lab_profiles import SETUPS, Setup

ANY = "*"


@dataclass(frozen=True)
class Expected:
    """An entry of the list; "*" stands for all names.

    `against` is what the cell must show instead, `limit` what it has instead of its own. A cell with the
    limit "none" may show anything, as long as the alert `detected_by` fires: for its own team or for all, and
    with `anywhere` for any team, where the cause is a setting of the whole installation.
    """

    profile: str
    clients: str
    workloads: tuple[str, ...]
    faults: tuple[str, ...]
    quantities: tuple[str, ...]
    reason: str
    against: Reference = "exported"
    limit: Limit | None = None
    detected_by: str = ""
    anywhere: bool = False

    def fits(self, setup: Setup, fault: str, workload: str, quantity: str) -> bool:
        """Whether the entry is about the cell."""
        asked = (
            ((self.profile,), setup.profile),
            ((self.clients,), setup.clients),
            (self.workloads, workload),
            (self.faults, fault),
            (self.quantities, quantity),
        )
        return all(ANY in names or name in names for names, name in asked)


class ExpectedError(Exception):
    """The list of expected cells is not what it should be; one sentence says where and why."""


def expected(text: str, faults: Sequence[str], workloads: Sequence[str]) -> tuple[Expected, ...]:
    """Read the list from TOML; raise ExpectedError for names that do not exist or a missing reason."""
    known: dict[str, Collection[object]] = {
        "profile": {setup.profile for setup in SETUPS},
        "clients": {ANY, *(setup.clients for setup in SETUPS)},
        "workload": {ANY, ALL, *workloads},
        "fault": {ANY, *faults},
        "quantity": {ANY, *(it.name for setup in SETUPS for it in setup.quantities)},
        "against": set(get_args(Reference)),
        "limit": {None, *get_args(Limit)},
    }
    return tuple(
        _entry(number, entry, known) for number, entry in enumerate(tomllib.loads(text).get("cell", []), 1)
    )


def _entry(number: int, entry: Mapping[str, Any], known: Mapping[str, Collection[object]]) -> Expected:
    given = {"profile": "collector", "clients": ANY, "against": "exported", "limit": None, **entry}
    wrong = [
        f"{key} {name!r}"
        for key, names in known.items()
        for name in _names(given.get(key, ""))
        if name not in names
    ]
    wrong += [] if given.get("reason") else ["no reason"]
    if given["limit"] == "none" and not given.get("detected_by"):
        wrong.append("no detected_by, which a cell without a limit needs")
    if wrong:
        raise ExpectedError(f"cell {number} of the expected cells has {', '.join(wrong)}")
    return Expected(
        profile=given["profile"],
        clients=given["clients"],
        workloads=_names(given["workload"]),
        faults=_names(given["fault"]),
        quantities=_names(given["quantity"]),
        reason=given["reason"],
        against=given["against"],
        limit=given["limit"],
        detected_by=given.get("detected_by", ""),
        anywhere=given.get("anywhere", False),
    )


def _names(of: Any) -> tuple[Any, ...]:
    return tuple(of) if isinstance(of, list) else (of,)
