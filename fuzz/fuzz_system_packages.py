"""pacman, Portage, kernels and modules, Bitnami, Homebrew, Snap, Flatpak; the first byte picks the reader."""

from __future__ import annotations

import contextlib

from assay.ecosystems.alpm import archive, local
from assay.ecosystems.bitnami import components, document
from assay.ecosystems.flatpak import metadata, metainfo
from assay.ecosystems.homebrew import formula, receipt
from assay.ecosystems.linux_kernel import image, module
from assay.ecosystems.portage import installed
from assay.ecosystems.snap import metadata as snap
from assay.ecosystems.snap import packages
from assay.errors import AssayError
from assay.model.ecosystem import File

_FLATPAK = "flatpak/app/org.a.B/x86_64/stable/0a"
_READERS = (
    (local.parse_desc, "var/lib/pacman/local/a-1-1/desc"),
    (local.parse_files, "var/lib/pacman/local/a-1-1/files"),
    (archive.parse, "a.pkg.tar.zst"),
    (installed.parse, "var/db/pkg/a/b-1/CONTENTS"),
    (image.parse, "boot/vmlinuz"),
    (module.parse, "a.ko.xz"),
    (components.parse, "opt/bitnami/.bitnami_components.json"),
    (document.parse, "opt/bitnami/a/.spdx-a.spdx"),
    (receipt.parse, "Cellar/a/1/INSTALL_RECEIPT.json"),
    (formula.parse, "Cellar/a/1/.brew/a.rb"),
    (snap.parse, "meta/snap.yaml"),
    (packages.parse, "snap/manifest.yaml"),
    (metadata.parse, f"{_FLATPAK}/metadata"),
    (metainfo.parse, f"{_FLATPAK}/org.a.B.metainfo.xml"),
    (installed.parse_field, "var/db/pkg/a/b-1/LICENSE"),
    (receipt.parse_cask, "Caskroom/a/.metadata/1/2/Casks/a.json"),
    (snap.parse_project, "snap/snapcraft.yaml"),
)

SEEDS: list[bytes] = [
    b"\x00%NAME%\na\n\n%VERSION%\n1-1\n\n%DEPENDS%\nb>=2\n\n%LICENSE%\nMIT\n",
    b"\x01%FILES%\nusr/\nusr/bin/a\n",
    b"\x02pkgname = a\n",
    b"\x03obj /a/b 0cc175b9c0f1b6a831c399e269772661 17\nsym /a/l -> t 17\n",
    b"\x04" + bytes(0x202) + b"HdrS" + bytes(8) + b"\x10\x00" + b"6.1.0-a (x) #1\0",
    b"\x05\x7fELF" + bytes(64),
    b'\x06{"a":{"arch":"amd64","version":"1"}}',
    b'\x07{"packages":[{"SPDXID":"a","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:a/b@1"}]}]}',
    b'\x08{"runtime_dependencies":[{"full_name":"a/b/c"}],"source":{"tap":"a/b"}}',
    b'\x09class A < Formula\n  desc "a"\n  license any_of: ["MIT", "curl"]\n',
    b"\x0aname: a\nversion: 1\nbase: b\narchitectures: [amd64]\n",
    b"\x0bparts: {a: {stage-packages: [b=1]}}\npackages: [c=2]\n",
    b"\x0c[Application]\nname=a\nruntime=b/c/d\n",
    b'\x0d<component><id>org.a.B</id><releases><release version="1"/></releases></component>',
    b"\x0eGPL-2+ || ( MIT BSD )\n",
    b"\x0f{}",
    b"\x10name: a\nadopt-info: b\nbase: core22\n",
]


def run(data: bytes) -> None:
    if not data:
        return
    reader, path = _READERS[data[0] % len(_READERS)]
    with contextlib.suppress(AssayError):
        reader(File(path, data[1:]))
    installed.atoms(data[1:500].decode("utf-8", "replace"))
    installed.licence(data[1:500].decode("utf-8", "replace"))
