"""Measurements: `python -m eval COMMAND` or `rag eval COMMAND`; each prints a table, or JSON with --json.

A command is a module of `eval/benchmarks/` with SUMMARY, `arguments(parser)` and `run(options) -> dict`, and
`status(result) -> int` if what it finds may be a failure; nested dicts are printed as tables (`eval/table.py`), unless
the module has a `rendered(result) -> str` of its own.
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from eval import benchmarks
from eval.table import rendered
from rag.errors import RagError


def commands() -> dict[str, ModuleType]:
    """Every command's module by its name."""
    modules = [import_module(f"eval.benchmarks.{info.name}") for info in pkgutil.iter_modules(benchmarks.__path__)]
    return {module.__name__.rpartition(".")[2]: module for module in modules if hasattr(module, "SUMMARY")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0 done, 1 failed or a red gate (2, by argparse, for wrong usage)."""
    parser = argparse.ArgumentParser(prog="rag eval", description="Measurements.")
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in commands().items():
        command = choices.add_parser(name, help=module.SUMMARY, description=module.__doc__)
        module.arguments(command)
        command.add_argument("--json", action="store_true", help="print the result as JSON")
        command.set_defaults(run=module.run, status=getattr(module, "status", lambda result: 0))
        command.set_defaults(rendered=getattr(module, "rendered", rendered))
    options = parser.parse_args(arguments)
    try:
        result = options.run(options)
    except RagError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        sys.stdout.write(options.rendered(result))
    return int(options.status(result))


if __name__ == "__main__":
    sys.exit(main())
