"""setup.cfg and setup.py (setuptools), read without running anything.

::

    [metadata]                                setup(
    name = sample                                 name="sample",
    [options]                                     version="1.0",
    install_requires =                            install_requires=["requests>=2.32"],
        requests>=2.32                        )

Of setup.py only literals count, and module-level names that are bound to literals; what is computed stays unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assay.ecosystems.pypi import manifest, package
from assay.errors import LimitExceeded, Malformed
from assay.model.component import Scope
from assay.model.ecosystem import File, Found

_MAX_SOURCE = 1 << 20
_Literal = str | list[str] | dict[str, list[str]]


def parse_cfg(file: File) -> Found:
    """The project of a setup.cfg; nothing where it only configures tools."""
    import configparser

    if package.is_packaged(file.path):
        return Found()
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(file.text)
    except configparser.Error as error:
        raise Malformed("not a configuration file: " + " ".join(str(error).split())[:200]) from error
    name = parser.get("metadata", "name", fallback="")
    version = parser.get("metadata", "version", fallback="")
    wanted = manifest.listed(parser.get("options", "install_requires", fallback="").splitlines(), Scope.REQUIRED)
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            wanted += manifest.listed(value.splitlines(), Scope.OPTIONAL)
    if not name and not wanted:
        return Found()
    return manifest.found(file, name, "" if ":" in version else version, wanted)


def parse_py(file: File) -> Found:
    """The project of a setup.py; nothing where no ``setup(...)`` is called with literals."""
    if package.is_packaged(file.path):
        return Found()
    arguments = dict(_arguments(_tree(file)))
    name, version = (_text(arguments.get(key)) for key in ("name", "version"))
    required, extras = arguments.get("install_requires"), arguments.get("extras_require")
    wanted = manifest.listed(_texts(required), Scope.REQUIRED)
    for texts in extras.values() if isinstance(extras, dict) else ():
        wanted += manifest.listed(texts, Scope.OPTIONAL)
    if not name and not wanted:
        return Found()
    return manifest.found(file, name, version, wanted)


def _tree(file: File) -> ast.Module:
    import warnings

    if len(file.content) > _MAX_SOURCE:
        raise LimitExceeded(f"setup.py of {len(file.content)} bytes (at most {_MAX_SOURCE})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Malformed(f"not Python: {error}") from error


def _arguments(tree: ast.Module) -> Iterator[tuple[str, _Literal]]:
    """The literal keyword arguments of the module-level call of ``setup``."""
    names: dict[str, _Literal] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = _literal(statement.value, names)
            if value is not None:
                names[statement.targets[0].id] = value
        for call in _calls(statement):
            for keyword in call.keywords:
                value = _literal(keyword.value, names)
                if keyword.arg and value is not None:
                    yield keyword.arg, value


def _calls(statement: ast.stmt) -> list[ast.Call]:
    """``setup(...)`` or ``setuptools.setup(...)``, also below ``if __name__ == "__main__":``."""
    body = statement.body if isinstance(statement, ast.If) else [statement]
    calls = [one.value for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
    return [call for call in calls if _name(call.func) == "setup"]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr, names: dict[str, _Literal]) -> _Literal | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.List | ast.Tuple):
        return [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if isinstance(node, ast.Dict):
        pairs = [(_text(_literal(key, {})), value) for key, value in zip(node.keys, node.values, strict=True) if key]
        return {key: _texts(_flat(value, names)) for key, value in pairs if key}
    return None


def _flat(node: ast.expr, names: dict[str, _Literal]) -> _Literal | None:
    """The literal of a value inside a dictionary, which holds no dictionary itself."""
    return None if isinstance(node, ast.Dict) else _literal(node, names)


def _text(value: _Literal | None) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: _Literal | None) -> list[str]:
    if isinstance(value, str):
        return value.splitlines()
    return value if isinstance(value, list) else []
