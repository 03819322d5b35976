"""python -m claude_code_mixin: the command where its script is not on PATH."""

from claude_code_mixin.cli import main

main(prog_name="claude-code-mixin")
