"""The command claude-code-mixin: options in, sentences and exit codes out. Everything else is elsewhere.

Modules are imported where they are used, so that --help answers at once.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from claude_code_mixin import __version__, canary_command, cli_text, reconcile_command
from claude_code_mixin.problems import ProblemsError

EXIT_CODES = "Exit codes: 0 done, 1 problems found (nothing was written), 2 wrong usage, 130 interrupted."
_PATH = click.Path(path_type=Path)

config_option = click.option(
    "--config", default="mixin.toml", type=_PATH, show_default=True, help="The configuration file."
)
json_option = click.option("--json", "as_json_text", is_flag=True, help="Write the result as JSON to stdout.")


def reported(function: Callable[..., None]) -> Callable[..., None]:
    """Add --debug to a command and turn its exceptions into sentences and exit codes."""

    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(function)
    def command(*, debug: bool, **options: Any) -> None:
        earlier = signal.signal(signal.SIGTERM, _interrupt)
        try:
            function(**options)
        except KeyboardInterrupt:
            click.echo("interrupted: the build folder is whole, run the command again", err=True)
            sys.exit(130)
        except click.ClickException:
            raise
        except Exception as error:  # any other error is a fault of ours: one sentence, unless asked for more
            if debug:
                raise
            _show_failure(error, as_json_text=options.get("as_json_text", False))
            sys.exit(1)
        finally:
            signal.signal(signal.SIGTERM, earlier)

    return command


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt(number)


def _show_failure(error: Exception, *, as_json_text: bool) -> None:
    if isinstance(error, ProblemsError):
        if as_json_text:
            click.echo(cli_text.as_object(problems=error.problems))
        else:
            cli_text.show_problems(error.problems)
            click.echo(f"{cli_text.counted(len(error.problems), 'problem')}; nothing was written", err=True)
        return
    fault = f"{type(error).__name__}: {error}".replace("\n", " ")
    click.echo(f"unexpected {fault}; run again with --debug and report what it prints", err=True)


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="claude-code-mixin")
def main() -> None:
    """Dashboards, recording rules and alerts for Claude Code telemetry, checked and compiled.

    \b
    Examples:
      claude-code-mixin init monitoring    make a private repository in monitoring/
      claude-code-mixin check              say what is wrong, write nothing
      claude-code-mixin build              check, compile and write build/
    """


@main.command(short_help="Check, compile and write the build folder.", epilog=EXIT_CODES)
@config_option
@click.option("--output", type=_PATH, help="Build into this folder, not the configured one.")
@json_option
@reported
def build(config: Path, output: Path | None, as_json_text: bool) -> None:
    """Check the content, compile it and write the build folder, as a whole or not at all.

    Files that have not changed are left alone; files of an earlier build that are no longer made go.

    \b
    Examples:
      claude-code-mixin build
      claude-code-mixin build --config staging.toml --output build/staging
      claude-code-mixin build --json | jq .changed
    """
    with _progress("building"):
        from claude_code_mixin.build import build as run

        built = run(config, os.environ, output)
    if as_json_text:
        written = built.written
        lists = {"created": written.created, "changed": written.changed, "removed": written.removed}
        summary = {"folder": cli_text.shown(built.folder), **lists, "unchanged": len(written.unchanged)}
        click.echo(cli_text.as_object(problems=built.escaped, **summary))
    else:
        click.echo("\n".join(cli_text.summary(built)))


@main.command(short_help="Say what is wrong; write nothing.", epilog=EXIT_CODES)
@config_option
@click.option("--escapes", is_flag=True, help="List what an escape allows, with its reason.")
@json_option
@reported
def check(config: Path, escapes: bool, as_json_text: bool) -> None:
    """List every problem of the content; in a checkout, of other privacy profiles as well. Writes nothing.

    \b
    Examples:
      claude-code-mixin check --escapes
      claude-code-mixin check --json | jq '.problems[] | select(.allowed == null)'
    """
    with _progress("checking"):
        from claude_code_mixin.build import checked, outdated

        result = checked(config, os.environ, variants=True)
        old = outdated(config, result)
    if as_json_text:
        click.echo(cli_text.as_object(problems=[*result.problems, *result.escaped]))
    else:
        shown = cli_text.in_order(result.escaped) if escapes else ()
        cli_text.listed("escape:", (f"{one.subject} allows {one.check}: {one.allowed}" for one in shown))
        cli_text.listed(f"{result.mixin.config.output}:", old)
        listed = " (--escapes lists them)" if result.escaped and not escapes else ""
        click.echo(f"{cli_text.contents(result)}{listed}")
        cli_text.show_problems(result.problems)
    if result.problems:
        sys.exit(1)


@main.command(short_help="Make a private repository.", epilog=EXIT_CODES)
@click.argument("folder", type=_PATH, default=".")
@reported
def init(folder: Path) -> None:
    """Make a private repository in FOLDER: configuration, own content with an example, CI, pinned version.

    \b
    Examples:
      claude-code-mixin init monitoring && cd monitoring && claude-code-mixin build
    """
    from claude_code_mixin.scaffold import init as run

    cli_text.listed("wrote", run(folder))
    click.echo(f"next: cd {folder} && claude-code-mixin build; claude-code-mixin new <stem> adds a topic")


@main.command(short_help="Write stubs for a new topic.", epilog=EXIT_CODES)
@click.argument("stem")
@config_option
@click.option("--record/--no-record", default=True, show_default=True, help="A recording rule and its test.")
@click.option("--alert/--no-alert", default=True, show_default=True, help="An alert, its runbook and tests.")
@click.option("--dashboard/--no-dashboard", default=True, show_default=True, help="A dashboard.")
@reported
def new(stem: str, config: Path, record: bool, alert: bool, dashboard: bool) -> None:
    """Write stubs for the topic STEM that build at once: record, alert, runbook, dashboard, promtool test.

    \b
    Examples:
      claude-code-mixin new weekend --no-dashboard
    """
    if not (record or alert or dashboard):
        raise click.UsageError("nothing is left to write: choose at least one of record, alert and dashboard")
    from claude_code_mixin.scaffold import new as run

    cli_text.listed("wrote", run(stem, config, os.environ, record=record, alert=alert, dashboard=dashboard))
    click.echo("next: make them yours, then claude-code-mixin build")


@contextmanager
def _progress(doing: str) -> Iterator[None]:
    """Show that something is going on, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


canary_command.add(main, reported)
reconcile_command.add(main, reported)
