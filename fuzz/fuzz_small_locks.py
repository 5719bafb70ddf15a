"""vcpkg, Haskell, R, Julia, Perl, Prolog, WordPress, GitHub Actions; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.cpan import installed, meta
from assay.ecosystems.cran import description, renv
from assay.ecosystems.github_actions import uses
from assay.ecosystems.hackage import freeze, stack
from assay.ecosystems.julia import manifest as julia
from assay.ecosystems.julia import project as julia_project
from assay.ecosystems.prolog import pack
from assay.ecosystems.vcpkg import manifest as vcpkg
from assay.ecosystems.vcpkg import status
from assay.ecosystems.wordpress import header

_READERS: list[Reader] = [
    (vcpkg.parse, "vcpkg.json"),
    (status.parse, "installed/vcpkg/status"),
    (freeze.parse, "cabal.project.freeze"),
    (stack.parse, "stack.yaml"),
    (stack.parse_lock, "stack.yaml.lock"),
    (description.parse, "DESCRIPTION"),
    (renv.parse, "renv.lock"),
    (julia.parse, "Manifest.toml"),
    (julia_project.parse, "Project.toml"),
    (meta.parse, "META.json"),
    (meta.parse, "META.yml"),
    (installed.parse_record, ".meta/a-1/install.json"),
    (installed.parse_perllocal, "perllocal.pod"),
    (pack.parse, "pack.pl"),
    (header.parse_plugin, "wp-content/plugins/a/a.php"),
    (header.parse_theme, "wp-content/themes/a/style.css"),
    (header.parse_core, "wp-includes/version.php"),
    (uses.parse, ".github/workflows/a.yml"),
    (header.parse_must_use, "wp-content/mu-plugins/a.php"),
]

SEEDS: list[bytes] = [
    (
        b'\x00{"name": "a", "version": "1#2", "dependencies": ["b", {"name": "c", "version>=": "1"}], '
        b'"overrides": [{"name": "b", "version": "1"}]}'
    ),
    (b"\x01Package: a\nVersion: 1\nDepends: b[core]:x, c\nArchitecture: x\nStatus: install ok installed\n\n"),
    b"\x02constraints: any.a ==1.0,\n  a +f, x:setup.any.b ==2\nindex-state: x\n",
    b"\x03extra-deps:\n- a-1@sha256:00,1\n- git: x\n  commit: 0a\n- https://files.example/a-1.tar.gz\n",
    b'\x04packages:\n- completed: {hackage: "a-1@sha256:00,1"}\n',
    (b"\x05Package: a\nVersion: 1\nLicense: GPL (>= 2) | MIT + file LICENSE\nImports: b (>= 1),\n    c\nBuilt: x\n"),
    (
        b'\x06{"Packages": {"a": {"Package": "a", "Version": "1", "Source": "Repository", '
        b'"Repository": "CRAN", "Requirements": ["a"]}}}'
    ),
    (
        b'\x07julia_version = "1"\nmanifest_format = "2.0"\n[[deps.A]]\ndeps = ["B"]\n'
        b'uuid = "864edb3b-99cc-5e75-8d2d-829cb0a9cfe8"\n[[deps.B]]\nversion = "1"\n'
    ),
    (
        b'\x08name = "A"\nuuid = "864edb3b-99cc-5e75-8d2d-829cb0a9cfe8"\nversion = "1"\n[deps]\nB = "x"\n'
        b'[weakdeps]\nC = "y"\n[compat]\nB = "0.1, 1 - 2"\njulia = "1"\n[sources]\nB = {url = "a://b"}\n'
    ),
    (
        b'\t{"name": "A-B", "version": "1", "meta-spec": {"version": 2}, "license": ["perl_5", "mit"], '
        b'"prereqs": {"runtime": {"requires": {"C": 0}}}}'
    ),
    b"\nname: A\nversion: 1\nmeta-spec: {version: 1.4}\nrequires: {B: 0}\n",
    b'\x0b{"name": "A::B", "version": "1", "dist": "A-B-1", "provides": {"A::B": {}}}',
    b"\x0c=head2 x: C<Module> L<A::B|A::B>\n\nC<VERSION: 1>\n",
    b"\rname(a).\nversion('1'). /* % */ requires(b >= '1').\nprovides('c''d').\n",
    b"\x0e<?php\n/**\n * Plugin Name: A\n * Version: 1\n */\n",
    b"\x0f/*\nTheme Name: A\nVersion: 1\n*/\n",
    b"\x10<?php\n$wp_version = '1';\n",
    (
        b"\x11on: x\njobs:\n  a:\n    container: b:1\n    steps:\n      - uses: a/b@0a # v1\n"
        b"      - uses: docker://c@sha256:00\n"
    ),
    b"\x12<?php\n/* plugin name: A\rVersion: 1 ?>\n",
]


def run(data: bytes) -> None:
    feed(_READERS, data)
