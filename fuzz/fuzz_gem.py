"""Ruby: Gemfile.lock, specifications, version.rb, metadata of gems; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.gem import archive, gemspec, lock, version_file

_READERS: list[Reader] = [
    (lock.parse, "Gemfile.lock"),
    (gemspec.parse, "specifications/a.gemspec"),
    (version_file.parse, "lib/a/version.rb"),
    (archive.parse, "metadata.gz"),
]

SEEDS: list[bytes] = [
    (
        b"\x00GIT\n  remote: https://git.example/a\n  revision: 0a\n  specs:\n    a (1-java)\n"
        b"      b (~> 1)\n    b (2)\n\nCHECKSUMS\n  b (2) sha256=00\n"
    ),
    (
        b'\x01Gem::Specification.new do |s|\n  s.name = "a".freeze\n  s.version = A::V\n'
        b"  s.licenses = [%q<MIT>, %w[a b]]\nend\n"
    ),
    (
        b'\x01Gem::Specification.new "a", \'1\' do |s|\n  s.add_dependency %q(b).freeze, [">= 0"]\n'
        b'  s.metadata = { "wiki_uri" => "x" }\n'
    ),
    (
        b"\x03--- !ruby/object:Gem::Specification\nname: a\nversion: !ruby/object:Gem::Version\n  version: '1.10'\n"
        b"dependencies:\n- !ruby/object:Gem::Dependency\n  name: b\n  type: :runtime\nlicenses:\n- MIT\n"
        b"metadata:\n  wiki_uri: b\n"
    ),
    b'\x02module A\n  class B\n    V = "1"\n',
]


def run(data: bytes) -> None:
    feed(_READERS, data)
