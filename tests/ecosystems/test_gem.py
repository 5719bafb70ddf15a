"""Ruby: what the fixtures do not show of lock files, specifications and literals."""

from __future__ import annotations

import pytest

from assay.ecosystems.gem import gemspec, lock, ruby_literal, version_file
from assay.errors import Malformed
from assay.model.ecosystem import File, Located


def test_an_entry_before_a_section_is_refused() -> None:
    with pytest.raises(Malformed, match="before the first section"):
        lock.parse(File("Gemfile.lock", b"    rack (1.0)\nGEM\n"))
    with pytest.raises(Malformed, match="none of the sections"):
        lock.parse(File("Gemfile.lock", b"hello\nworld\n"))
    assert lock.parse(File("Gemfile.lock", b"\n")).components == ()


def test_a_merge_conflict_is_told_and_both_sides_are_read() -> None:
    text = b"GEM\n  specs:\n<<<<<<< a\n    rack (1.0)\n=======\n    rack (1.1)\n>>>>>>> b\n"
    found = lock.parse(File("Gemfile.lock", text))
    assert [item.version for item in found.components] == ["1.0", "1.1"]
    assert [item.reason for item in found.skipped] == ["unresolved merge conflict"]


def test_the_default_source_is_no_qualifier() -> None:
    text = b"GEM\n  remote: https://rubygems.example/\n  specs:\n    rack (1.0)\n    bad\n"
    found = lock.parse(File("gems.locked", text))
    assert [item.id for item in found.components] == ["pkg:gem/rack@1.0"]
    assert "without a version" in found.skipped[0].reason


def test_many_platforms_of_one_gem_do_not_square_the_edges() -> None:
    lines = [f"    a (1-p{index})\n      a (1)\n" for index in range(2000)]
    found = lock.parse(File("Gemfile.lock", ("GEM\n  specs:\n" + "".join(lines)).encode()))
    assert len(found.components) == 2000
    assert len(found.edges) < 40_000


@pytest.mark.parametrize(
    ("text", "strings"),
    [
        ('"rss".freeze', ["rss"]),
        ("'it\\'s'", ["it's"]),
        ('"caf\\u00e9\\n"', ["café\n"]),
        ("%q<rexml>.freeze", ["rexml"]),
        ('["MIT".freeze, "Ruby", # why\n "BSD"]', ["MIT", "Ruby", "BSD"]),
        ("%w[a b]", ["a", "b"]),
        ('"#{version}"', []),
        ("VERSION", []),
        ("%q<open", []),
    ],
)
def test_literals(text: str, strings: list[str]) -> None:
    assert ruby_literal.strings(text, 0) == strings


def spec(body: str, path: str = "usr/lib/ruby/specifications/a-1.gemspec") -> File:
    return File(path, f"Gem::Specification.new do |s|\n{body}\nend\n".encode())


def test_development_dependencies_are_no_needs() -> None:
    old = """s.name = "a"
    s.version = "1"
    if s.respond_to? :add_runtime_dependency then
      s.add_runtime_dependency(%q<b>.freeze, [">= 0"])
      s.add_development_dependency(%q<c>.freeze, [">= 0"])
    else
      s.add_dependency(%q<b>.freeze, [">= 0"])
      s.add_dependency(%q<c>.freeze, [">= 0"])
    end"""
    assert [need.names for need in gemspec.parse(spec(old)).needs] == [("b",)]
    new = 's.name = "a"\ns.version = "1"\ns.add_dependency "b"\ns.add_development_dependency "c"'
    assert [need.names for need in gemspec.parse(spec(new)).needs] == [("b",)]


def test_the_stub_tells_the_platform() -> None:
    text = b'# stub: a 1 java lib\n\nGem::Specification.new do |s|\n  s.name = "a"\n  s.version = "1"\nend\n'
    assert gemspec.parse(File("specifications/a-1-java.gemspec", text)).components[0].id == "pkg:gem/a@1?platform=java"


def test_a_specification_without_name_or_version_is_refused() -> None:
    for body in ("s.name = 'a'", "s.version = '1'", "s.name = name\ns.version = '1'"):
        with pytest.raises(Malformed):
            gemspec.parse(spec(body))
    with pytest.raises(Malformed, match="no Gem::Specification"):
        gemspec.parse(File("a.gemspec", b"--- !ruby/object:Gem::Specification\n"))


def test_a_constant_that_nobody_defines_leaves_the_version_open() -> None:
    file = spec('s.name = "a"\ns.version = A::VERSION', "a.gemspec")
    located = Located("a.gemspec", -1, gemspec.parse(file))
    other = Located("elsewhere/lib/a/version.rb", -1, version_file.parse(File("x", b"module A\nVERSION = '9'\nend\n")))
    assert version_file.assemble([located, other], None)[0].found.components[0].version == ""


def test_the_specification_inside_an_unpacked_gem_is_not_a_second_one() -> None:
    file = spec('s.name = "a"\ns.version = "1"', "var/lib/gems/3.1.0/gems/a-1/a.gemspec")
    assert gemspec.parse(file).components == ()
    checkout = spec('s.name = "a"\ns.version = "1"', "var/lib/gems/3.1.0/bundler/gems/a-0a1b2c/a.gemspec")
    assert gemspec.parse(checkout).components[0].presence.value == "installed"


def test_a_dependency_without_a_name_is_none() -> None:
    lines = (b"s.add_dependency %GGem%", b's.add_dependency ""', b's.add_dependency "b"')
    text = b'Gem::Specification.new "a", "1" do |s|\n' + b"\n".join(lines) + b"\nend\n"
    assert [need.names for need in gemspec.parse(File("a.gemspec", text)).needs] == [("b",)]
