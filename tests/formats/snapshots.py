"""Snapshots as peers write them, in the shapes of Syft's and Trivy's own writers and of GitHub's documentation."""

from __future__ import annotations

from typing import Any

SYFT: dict[str, Any] = {
    "version": 0,
    "job": {},
    "detector": {"name": "syft", "url": "https://syft.example/", "version": "1.51.0"},
    "metadata": {"syft:distro": "pkg:generic/debian@12?like=unix%2Cother"},
    "manifests": {
        "app:latest:/usr/lib/empty": {
            "name": "app:latest:/usr/lib/empty",
            "file": {"source_location": "app:latest:/usr/lib/empty"},
            "metadata": {"syft:filesystem": "sha256:" + "1" * 64},
        },
        "app:latest:/var/lib/dpkg/status": {
            "name": "app:latest:/var/lib/dpkg/status",
            "file": {"source_location": "app:latest:/var/lib/dpkg/status"},
            "metadata": {"syft:filesystem": "sha256:" + "0" * 64},
            "resolved": {
                "pkg:deb/debian/libc6@2.36-9": {
                    "package_url": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc",
                    "relationship": "direct",
                    "scope": "runtime",
                    "dependencies": ["pkg:deb/debian/libgcc-s1@12.2.0-14", ""],
                },
                "pkg:deb/debian/libgcc-s1@12.2.0-14": {
                    "package_url": "pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12",
                    "relationship": "direct",
                    "scope": "runtime",
                },
            },
        },
    },
    "scanned": "2026-01-02T05:04:05+02:00",
}
TRIVY: dict[str, Any] = {
    "version": 0,
    "detector": {"name": "trivy", "version": "0.66.0", "url": "https://trivy.example/"},
    "metadata": {"aquasecurity:trivy:RepoTag": "app:latest"},
    "ref": "refs/heads/main",
    "sha": "0123456789abcdef0123456789abcdef01234567",
    "job": {"correlator": "scan_images", "id": "42"},
    "scanned": "2026-01-02T03:04:05Z",
    "manifests": {
        "app:latest (alpine 3.19.1)": {
            "name": "alpine",
            "resolved": {
                "musl": {
                    "package_url": "pkg:apk/alpine/musl@1.2.4_git20230717-r4?arch=x86_64&distro=3.19.1",
                    "relationship": "direct",
                    "scope": "runtime",
                },
                "zlib": {
                    "package_url": "pkg:apk/alpine/zlib@1.3.1-r0?arch=x86_64&distro=3.19.1",
                    "relationship": "direct",
                    "dependencies": ["musl@1.2.4_git20230717-r4"],
                    "scope": "runtime",
                },
                "odd": {"relationship": "direct", "scope": "runtime"},
            },
        },
        "pom.xml": {
            "name": "pom",
            "file": {"source_location": "pom.xml"},
            "resolved": {
                "org.example:lib": {
                    "package_url": "pkg:maven/org.example/lib@1.0",
                    "relationship": "direct",
                    "dependencies": ["org.example:deep:2.0"],
                    "scope": "runtime",
                    "metadata": {"source_location": "lib.jar"},
                },
                "org.example:deep": {
                    "package_url": "pkg:maven/org.example/deep@2.0",
                    "relationship": "indirect",
                    "scope": "runtime",
                },
            },
        },
    },
}
DOCUMENTED: dict[str, Any] = {
    "version": 3,
    "job": {"id": "7", "correlator": "build_test", "html_url": "https://ci.example/7"},
    "sha": "ce587453ced02b1526dfb4cb910479d431683101",
    "ref": "refs/heads/main",
    "detector": {"name": "octo-detector", "version": "0.0.1", "url": "https://octo.example/"},
    "scanned": "2022-06-14T20:25:00Z",
    "manifests": {
        "package-lock.json": {
            "name": "package-lock.json",
            "file": {"source_location": "src/package-lock.json"},
            "resolved": {
                "@actions/core": {"package_url": "pkg:npm/%40actions/core@1.1.9", "dependencies": ["@actions/http"]},
                "@actions/http": {"package_url": "pkg:npm/%40actions/http@1.0.7", "scope": "development"},
            },
        },
        "yarn.lock": {
            "name": "yarn.lock",
            "file": {"source_location": "src/yarn.lock"},
            "resolved": {"http": {"package_url": "pkg:npm/%40actions/http@1.0.7", "scope": "runtime"}},
        },
    },
}
PEERS = {"syft": SYFT, "trivy": TRIVY, "documented": DOCUMENTED}
