"""Conda's files: conda-meta, environment.yml, conda-lock.yml, info of packages; the first byte picks the reader."""

from __future__ import annotations

from assay.ecosystems.conda import environment, installed, lock
from assay.errors import AssayError
from assay.model.ecosystem import File

_READERS = (installed.parse, environment.parse, lock.parse, installed.index, installed.files)

SEEDS: list[bytes] = [
    b'\x00{"name": "a", "version": "1", "build": "0", "depends": ["b >=1"], "files": ["x"], "channel": "https://c.example/d"}',
    b"\x01dependencies:\n- python =3.12\n- c::a=1=h0\n- pip:\n  - b==1\n",
    b"\x02package:\n- {name: a, version: '1', manager: conda, platform: p, dependencies: {b: ''}, hash: {md5: x}}\n",
    b'\x03{"name": "a", "version": "1", "build": "0", "depends": ["b >=1"], "subdir": "noarch"}',
    b"\x04lib/a.so\r\nbin/a\n",
]


def run(data: bytes) -> None:
    if not data:
        return
    try:
        _READERS[data[0] % len(_READERS)](File("env/conda-meta/a.json", data[1:]))
    except AssayError:
        return
