"""The command line: one small file per command, found by its name; no list is edited to add one.

``cli/sbom.py`` is ``assay sbom``; ``cli/config/show.py`` is ``assay config show``; a folder's ``__init__.py``
is the command of the folder's own name, and need not be a command itself. An underscore in a file name is a
dash in the word; files that begin with one are no commands. The longest chain of words wins, so ``assay sbom
diff`` is ``cli/sbom/diff.py`` even where a folder ``diff`` exists (which is then written ``./diff``).

The first line of the module's docstring is what ``assay --help`` says about the command, and is read without
importing it; the whole docstring is the text of ``assay COMMAND --help``. A command is two functions::

    def register(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="what to look at")
        parser.add_argument("--scope", choices=("squashed", "all-layers"), help="...")  # see below

    def run(arguments: argparse.Namespace, context: Context) -> int:
        settings = context.settings(source=Path(arguments.source))
        scope = settings.text("sbom.scope")
        ...
        return ExitCode.OK

`run` returns the exit code, or raises an `assay.errors.AssayError`, which is printed as one line of what and
one of remedy. Results go to `sys.stdout`; whatever else there is to say goes through `Context.note`,
`Context.warn` and `Context.progress`, which honour ``-q``, ``NO_COLOR`` and ``--json-errors``. The flags of
`assay.cli._parser` are there for every command, before or after its words.

A flag that has a key in `assay.adapters.configuration.keys` is registered without a default and read through
`Context.settings`, which knows flags, environment, project file, user file and defaults, in this order.

Ctrl-C raises `KeyboardInterrupt` in the main thread, once: what is half-done is undone on the way out (files
are written beside their name and renamed), and the process ends with 130 without waiting for other threads; a
second one ends it on the spot.
"""

from assay.cli._context import Context

__all__ = ["Context"]
