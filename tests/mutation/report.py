"""Which mutants survived, which of them are known to be equivalent, and the tables that say so."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from mutation import suite
from mutation.operators import OPERATORS, Mutant

HERE = Path(__file__).parent
KILLED_SHARE = 0.95
EQUIVALENT_SHARE = 0.05


@dataclass(frozen=True)
class Equivalents:
    """The mutants of equivalents.toml, which no test can tell from the rule, with the reason of each."""

    reasons: dict[tuple[str, str, str], str]
    stale: tuple[str, ...]

    @classmethod
    def read(cls, mutants: Sequence[Mutant]) -> Equivalents:
        """Read the list; entries that fit none of `mutants` are stale."""
        entries = tomllib.loads((HERE / "equivalents.toml").read_text("utf-8")).get("equivalent", [])
        reasons = {
            (rule, entry["operator"], entry["change"]): entry["reason"]
            for entry in entries
            for rule in entry["rules"]
        }
        present = {identity(mutant) for mutant in mutants}
        return cls(reasons, tuple(" | ".join(key) for key in reasons if key not in present))


def identity(mutant: Mutant) -> tuple[str, str, str]:
    """What names a mutant in equivalents.toml: rule, after its kind if it has one, operator, change."""
    rule = f"{mutant.kind}/{mutant.rule}" if mutant.kind else mutant.rule
    return rule, mutant.operator, mutant.change


@dataclass(frozen=True)
class Results:
    """Each mutant with the name of the test file that killed it, empty if none did.

    `whole` says that these are all mutants: only then do the shares of killed and equivalent ones count.
    """

    killers: tuple[tuple[Mutant, str], ...]
    equivalents: Equivalents
    whole: bool

    def verdict(self, mutant: Mutant, killer: str) -> str:
        """Killed, equivalent or survived."""
        listed = identity(mutant) in self.equivalents.reasons
        return "killed" if killer else "equivalent" if listed else "survived"

    def counts(self, operator: str | None = None) -> Counter[str]:
        """How many mutants of an operator (None: of all) got which verdict."""
        return Counter(
            self.verdict(mutant, killer)
            for mutant, killer in self.killers
            if operator in (None, mutant.operator)
        )

    def problems(self) -> list[str]:
        """What keeps the campaign from being good, a sentence each."""
        counts, total = self.counts(), len(self.killers)
        found = [
            f"survived: {' | '.join(identity(m))}"
            for m, killer in self.killers
            if self.verdict(m, killer) == "survived"
        ]
        found += [
            f"listed as equivalent, but killed by {killer}: {' | '.join(identity(m))}; remove the entry"
            for m, killer in self.killers
            if killer and identity(m) in self.equivalents.reasons
        ]
        found += [f"listed as equivalent, but no such mutant: {entry}" for entry in self.equivalents.stale]
        if self.whole and counts["killed"] < KILLED_SHARE * total:
            found.append(f"fewer than {KILLED_SHARE:.0%} of the mutants are killed")
        if self.whole and counts["equivalent"] > EQUIVALENT_SHARE * total:
            found.append(f"more than {EQUIVALENT_SHARE:.0%} of the mutants are equivalent")
        return found

    def table(self) -> str:
        """Counts per operator as a Markdown table."""
        lines = [
            "| Operator | Mutants | Killed | Equivalent | Survived |",
            "|---|---:|---:|---:|---:|",
        ]
        for operator in (*OPERATORS, None):
            counts = self.counts(operator)
            numbers = (counts.total(), *(counts[verdict] for verdict in ("killed", "equivalent", "survived")))
            row = (operator or "all", *numbers)
            lines.append("| " + " | ".join(str(cell) for cell in row) + " |")
        return "\n".join(lines)

    def text(self) -> str:
        """What the terminal shows."""
        counts, total = self.counts(), len(self.killers)
        share = f"{counts['killed']} of {total} mutants killed ({counts['killed'] / total:.1%})"
        return "\n".join([*self.problems(), "", self.table(), "", share])

    def write(self) -> None:
        """Write result.json with a line for every mutant, and result.md with the table, beside this file."""
        versions = {"promtool": _promtool(), "promql-parser": version("promql-parser")}
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        head = {"date": today, "versions": versions, "counts": dict(sorted(self.counts().items()))}
        lines = ",\n".join(json.dumps(self._line(*found)) for found in self.killers)
        text = f'{json.dumps(head)[:-1]}, "mutants": [\n{lines}\n]}}\n'
        used = ", ".join(f"{name} {number}" for name, number in versions.items())
        note = f"Every mutant of every built rule, {today}, {used}. Made by `make mutation`."
        (HERE / "result.json").write_text(text, "utf-8")
        (HERE / "result.md").write_text(f"{note}\n\n{self.table()}\n", "utf-8")

    def _line(self, mutant: Mutant, killer: str) -> dict[str, str]:
        told = {"rule": mutant.rule, "operator": mutant.operator, "change": mutant.change}
        told["verdict"] = self.verdict(mutant, killer)
        return told | ({"killed_by": killer} if killer else {})


def _promtool() -> str:
    done = subprocess.run([suite.PROMTOOL, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 -- ours
    return done.stdout.split("version ")[1].split()[0].rstrip(",")
