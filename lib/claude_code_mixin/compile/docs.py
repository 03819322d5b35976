"""Pages on what was measured, so that a build says what its numbers are worth."""

from __future__ import annotations

from claude_code_mixin.compile.docs_bench import bench_page
from claude_code_mixin.compile.docs_truth import truth_page
from claude_code_mixin.loader import Mixin, bundled_root
from claude_code_mixin.results import Results, read

FOLDER = "docs/"
PAGES = {
    "truth": (truth_page, "results/truth.json and results/truth_broken.md"),
    "bench": (bench_page, "results/bench*.json"),
}


def docs(mixin: Mixin) -> dict[str, str]:
    """Return docs/truth.md and docs/bench.md where the bundled content is built: that is what was measured.

    Raises ProblemsError when a results file is missing or malformed.
    """
    return pages(read(bundled_root() / "results")) if mixin.config.content.bundled else {}


def pages(results: Results) -> dict[str, str]:
    """Return the pages that `results` make, by their path in the build."""
    return {f"{FOLDER}{name}.md": _header(source) + page(results) for name, (page, source) in PAGES.items()}


def _header(source: str) -> str:
    return f"<!-- Compiled by claude-code-mixin from {source}; measure again and build. -->\n\n"
