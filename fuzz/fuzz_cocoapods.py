"""Podfile.lock, Package.resolved, pubspec.lock and pubspec.yaml; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.cocoapods import lock as pods
from assay.ecosystems.pub import lock, manifest
from assay.ecosystems.swift import resolved

_READERS: list[Reader] = [
    (pods.parse, "Podfile.lock"),
    (resolved.parse, "Package.resolved"),
    (lock.parse, "pubspec.lock"),
    (manifest.parse, "pubspec.yaml"),
]

SEEDS: list[bytes] = [
    (
        b"\x00PODS:\n  - A/B (1):\n    - C (~> 1)\n  - C (1)\nCHECKOUT OPTIONS:\n  C:\n    :git: x://y\n"
        b"    :commit: 0a\n"
    ),
    (b'\x01{"pins": [{"identity": "a", "location": "https://git.example/o/a.git", "state": {"revision": "0a"}}]}'),
    (
        b'\x01{"object": {"pins": [{"package": "a", "repositoryURL": "git@git.example:o/a", '
        b'"state": {"version": "1"}}]}}'
    ),
    (
        b'\x02packages:\n  a:\n    dependency: "direct dev"\n    description: {url: x, sha256: "00"}\n'
        b'    source: hosted\n    version: "1"\n'
    ),
    b"\x03name: a\ndependencies: {b: ^1, c: {git: x}}\n",
]


def run(data: bytes) -> None:
    feed(_READERS, data)
