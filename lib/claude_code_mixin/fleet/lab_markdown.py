"""The truth table for people: an overview, and a file with every cell for each ingest profile."""

from __future__ import annotations

from collections.abc import Mapping

from claude_code_mixin.fleet.lab_report import (
    LIMITS,
    Row,
    Table,
    amount,
    cells_of,
    header,
    line,
    note,
    percent,
    summary,
    verdict,
)
from claude_code_mixin.fleet.widespread import QUERIES

OVERVIEW = "truth.md"


def markdown(table: Table) -> Mapping[str, str]:
    """Return the whole table as Markdown: file names to texts."""
    profiles = dict.fromkeys(of["profile"] for of in table["setups"].values())
    return {OVERVIEW: _overview(table)} | {_file(profile): _details(table, profile) for profile in profiles}


def _file(profile: str) -> str:
    return f"truth_{profile.replace('-', '_')}.md"


def _head(table: Table) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in table["versions"].items())
    return (
        f"`{table['command']}`, {table['date']}, {versions}; the clock runs {table['factor']} times faster."
    )


def _overview(table: Table) -> str:
    workloads = "\n".join(f"- `{name}`: {text}" for name, text in table["workloads"].items())
    faults = "\n".join(f"- `{name}`: {fault['description']}" for name, fault in table["faults"].items())
    return f"""# The truth table

{_head(table)}
{verdict(table["cells"])}

Truth is what the simulated clients exported successfully: every batch that was acknowledged, once; of those
that are scraped, what Prometheus has stored of what it was shown. Ours is the sum of the recorded increments;
its deviation is summed over every label set (team, model, type), so that errors cannot cancel out. The
columns in code font are what the usual queries show on the same data in the same run, from a collector as
most have it (OTLP into its Prometheus exporter, session ids kept, series expiring after five minutes), read
by the same Prometheus, or from the scraped clients: `sum(increase(m[run]))`, `sum(rate(m[5m]))` integrated,
`sum(max_over_time(m[run]))`, `sum(m)` at the end. All workloads of a fault run side by side against the same
servers. Sessions last minutes here, so that what a query misses at their begin and end weighs more than in a
fleet whose sessions last for hours.

The worst cell is what it lost and gained, for a listed cell against what it is held against. Cells that are
listed as wrong have no limit, and a column of their own; an alert has to fire for each of them that is wrong.
Our dollars are summed over all workloads; the usual queries have their median error for dollars.

{"".join(_setup(table, name) for name in table["setups"])}
## Workloads

{workloads}

## Faults

{faults}
"""


def _setup(table: Table, name: str) -> str:
    of, cells = table["setups"][name], cells_of(table, name)
    listed = sorted({_listed(cell, reason) for cell in cells for reason in cell.get("reasons", [])})
    known = "\n".join(listed) or "None."
    return f"""## {name}

{of["description"]}. Every cell: [{_file(of["profile"])}]({_file(of["profile"])}).
{verdict(cells)}

{summary(table, name)}
Cells that were known beforehand not to show what was exported:

{known}

"""


def _listed(cell: Row, reason: str) -> str:
    alerts = ", ".join(cell.get("detected_by", []))
    return f"- {reason}" + (f" Told by {alerts}." if alerts else "")


def _details(table: Table, profile: str) -> str:
    names = [name for name, of in table["setups"].items() if of["profile"] == profile]
    return f"""# The truth table: ingest profile {profile}

{_head(table)} See [{OVERVIEW}]({OVERVIEW}) for what the columns are.
{"".join(_fault(table, name, fault) for name in names for fault in table["setups"][name]["faults"])}"""


def _fault(table: Table, name: str, fault: str) -> str:
    of, described = table["setups"][name], table["faults"][fault]
    limit = LIMITS[described["limit"] if of["limit"] == "exact" else of["limit"]]
    lines = [f"\n## {name}: {fault}\n", f"{described['description']}. Limit: {limit}.\n"]
    lines += header(
        "workload", "quantity", "truth", "ours", "error", *(f"`{query}`" for query in QUERIES), "note"
    )
    for cell in cells_of(table, name):
        if cell["fault"] == fault:
            usual = cell.get("widespread", {})
            lines.append(
                line(
                    cell["workload"],
                    cell["quantity"],
                    amount(cell["truth"]),
                    amount(cell["ours"]),
                    percent(cell["error"]),
                    *(percent(usual.get(query)) for query in QUERIES),
                    note(cell),
                )
            )
    return "\n".join(lines) + "\n"
