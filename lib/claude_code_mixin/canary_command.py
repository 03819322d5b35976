"""The command canary of claude-code-mixin: its options and help. What it does is in canary.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(0.1, 60)


def add(main: click.Group, reported: Callable[[Callable[..., None]], Callable[..., None]]) -> None:
    """Add the command to `main`; `reported` turns its exceptions into sentences and exit codes."""
    main.command("canary", short_help="Send one synthetic event through the pipeline.", epilog=main.epilog)(
        reported(_canary)
    )


@click.option("--endpoint", default="http://127.0.0.1:4318", show_default=True, help="OTLP/HTTP URL.")
@click.option("--credentials", type=_PATH, help="File with writer:token; else the environment has them.")
@click.option("--authority", type=_PATH, help="File of certificates to trust instead of the usual ones.")
@click.option("--timeout", default=10.0, type=_SECONDS, show_default=True, help="Seconds for all of it.")
def _canary(endpoint: str, credentials: Path | None, authority: Path | None, timeout: float) -> None:
    """Send the event canary to a collector and see it accepted; the collector counts it, never as spend.

    Writer and token come from a file or from CLAUDE_CODE_MIXIN_CANARY_CREDENTIALS (writer:token), never from
    an argument, which other users of the machine could read.

    \b
    Examples:
      claude-code-mixin canary --credentials /etc/claude-code/canary
      claude-code-mixin canary --endpoint https://telemetry.example.com --credentials /etc/claude-code/canary
    """
    from claude_code_mixin.canary import run

    writer = run(endpoint, credentials, authority, timeout)
    click.echo(f"{endpoint} accepted the canary of {writer}")
