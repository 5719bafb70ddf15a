"""Python's files: every parser of `assay.ecosystems.pypi`; the first byte picks it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from assay.ecosystems.pypi import ECOSYSTEM
from assay.ecosystems.pypi.assembly import assemble
from assay.ecosystems.pypi.installed import dist_info
from assay.errors import AssayError
from assay.model.ecosystem import File, Found, Located

_PATHS = (
    "s/a-1.dist-info/METADATA", "s/a-1.dist-info/RECORD", "s/a-1.dist-info/direct_url.json", "s/b.egg-info/PKG-INFO",
    "s/b.egg-info/requires.txt", "s/a-1.dist-info/sboms/a.json", "a-1-py3-none-any.whl", "a-1.tar.gz",
    "requirements.txt", "base.txt", "constraints.txt", "poetry.lock", "pdm.lock", "uv.lock", "pylock.toml",
    "Pipfile.lock", "pyproject.toml", "setup.cfg", "setup.py",
)  # fmt: skip
_PARSERS = tuple(parser.reads for parser in ECOSYSTEM.parsers)
_FIXTURES = Path(__file__).parents[1] / "src" / "assay" / "ecosystems" / "pypi" / "fixtures"


def _seeds() -> list[bytes]:
    found = []
    for path in sorted(_FIXTURES.glob("*/input/**/*")):
        for index, known in enumerate(_PATHS):
            last = known.rpartition("/")[2]
            if path.is_file() and (path.name == last or path.suffix == Path(last).suffix != ".toml"):
                found.append(bytes([index]) + path.read_bytes())
    return [
        *found,
        b"\x08-r other.txt\na[b]==1.0 \\\n  ; extra == 'x' and (python_version < '3' or os_name == 't')\n",
        b"\x11[metadata]\nname=a\n[options]\ninstall_requires=b>1\n",
        b"\x12from setuptools import setup\nR = ['b']\nsetup(name='a', version='1', install_requires=R)\n",
    ]


SEEDS: list[bytes] = _seeds()
_DISTRIBUTION = Located(
    "s/a-1.dist-info/METADATA", -1, dist_info(File("s/a-1.dist-info/METADATA", b"Name: a\nVersion: 1"))
)


def run(data: bytes) -> None:
    if not data:
        return
    index = data[0] % len(_PATHS)
    module, _, function = _PARSERS[index].partition(":")
    try:
        found: Found = getattr(import_module(module), function)(File(_PATHS[index], data[1:]))
    except AssayError:
        return
    known = {component.id for component in found.components}
    assert all(dependent in known for dependent, _ in found.edges)
    assemble([_DISTRIBUTION, Located(_PATHS[index], -1, found)], None)
