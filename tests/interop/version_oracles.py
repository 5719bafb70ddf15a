"""Programs that say what an ecosystem's own tool makes of pairs of versions, for `test_version_orders`.

Each reads lines of two versions parted by a tab and writes for each ``-1``, ``0``, ``1``, or ``E`` where one of them is
no version. They are built into ``bench/.build/oracles``, from packages of their registries at the versions below.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "bench/.build/oracles"
SECONDS = 600

MAVEN = """import java.io.*;
import org.apache.maven.artifact.versioning.ComparableVersion;
public class Maven { public static void main(String[] given) throws Exception {
  var lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
  for (String line; (line = lines.readLine()) != null;) {
    String[] pair = line.split("\\t", -1);
    var one = new ComparableVersion(pair[0]);
    System.out.println(Integer.signum(one.compareTo(new ComparableVersion(pair[1]))));
  } } }
"""
COMPOSER = """<?php require 'Composer/Semver/autoload.php';
use Composer\\Semver\\Comparator;
while (($line = fgets(STDIN)) !== false) {
  [$one, $other] = explode("\\t", rtrim($line, "\\n"));
  echo Comparator::lessThan($one, $other) ? -1 : (Comparator::greaterThan($one, $other) ? 1 : 0), "\\n";
}
"""
NPM = """const semver = require('semver')
for (const line of require('fs').readFileSync(0, 'utf8').split('\\n').filter(Boolean)) {
  const [one, other] = line.split('\\t')
  console.log(semver.valid(one) && semver.valid(other) ? semver.compare(one, other) : 'E')
}
"""
GEM = """STDIN.each_line do |line|
  one, other = line.chomp.split("\\t")
  ok = Gem::Version.correct?(one) && Gem::Version.correct?(other)
  puts ok ? Gem::Version.new(one) <=> Gem::Version.new(other) : "E"
end
"""
HEX = """IO.stream(:stdio, :line) |> Enum.each(fn line ->
  [one, other] = line |> String.trim_trailing("\\n") |> String.split("\\t")
  ok = Version.parse(one) != :error and Version.parse(other) != :error
  IO.puts(if ok, do: %{lt: -1, eq: 0, gt: 1}[Version.compare(one, other)], else: "E")
end)
"""
CRAN = """for (line in readLines(file("stdin"))) {
  pair <- strsplit(line, "\\t", fixed = TRUE)[[1]]
  ok <- !any(is.na(package_version(pair, strict = FALSE)))
  cat(if (ok) compareVersion(pair[1], pair[2]) else "E", "\\n", sep = "")
}
"""
GO = """package main
import ("bufio"; "fmt"; "os"; "strings"; "golang.org/x/mod/semver")
func main() {
  for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
    one, other, _ := strings.Cut(lines.Text(), "\\t")
    if !semver.IsValid(one) || !semver.IsValid(other) { fmt.Println("E"); continue }
    fmt.Println(semver.Compare(one, other))
  }
}
"""
CARGO = """use semver::Version;
fn main() {
  for line in std::io::stdin().lines() {
    let line = line.unwrap();
    let (one, other) = line.split_once('\\t').unwrap();
    match (Version::parse(one), Version::parse(other)) {
      (Ok(one), Ok(other)) => println!("{}", one.cmp_precedence(&other) as i8),
      _ => println!("E"),
    }
  }
}
"""
PYTHON = """import sys
{0}
for line in sys.stdin:
    one, other = line.rstrip("\\n").split("\\t")
    print(compare(one, other))
"""
PYPI = """from packaging.version import parse
def compare(one, other):
    return (parse(one) > parse(other)) - (parse(one) < parse(other))
"""
PORTAGE = """from portage.versions import vercmp
def compare(one, other):
    found = vercmp(one, other)
    return "E" if found is None else (found > 0) - (found < 0)
"""
CONAN = """from conan.internal.model.version import Version
def compare(one, other):
    return (Version(one) > Version(other)) - (Version(one) < Version(other))
"""
CABAL = """import Distribution.Parsec (simpleParsec)
import Distribution.Version (Version, VersionRange, withinRange)
import System.Environment (getArgs)

compared :: Version -> Version -> Int
compared one other = fromEnum (compare one other) - 1

within :: Version -> VersionRange -> Int
within version range = fromEnum (withinRange version range)

main :: IO ()
main = do
  given <- getArgs
  let told one other
        | given == ["ranges"] = within <$> simpleParsec one <*> simpleParsec other
        | otherwise = compared <$> simpleParsec one <*> simpleParsec other
      judge line = let (one, other) = break (== '\\t') line in maybe "E" show (told one (drop 1 other))
  interact (unlines . map judge . lines)
"""
SWIFT = """import PackageDescription

while let line = readLine() {
    let pair = line.split(separator: "\\t", omittingEmptySubsequences: false).map(String.init)
    if let one = Version(pair[0]), let other = Version(pair[1]) {
        print(one < other ? -1 : one > other ? 1 : 0)
    } else {
        print("E")
    }
}
"""
ALPM = """import ctypes, ctypes.util
vercmp = ctypes.CDLL(ctypes.util.find_library("alpm")).alpm_pkg_vercmp
def compare(one, other):
    found = vercmp(one.encode(), other.encode())
    return (found > 0) - (found < 0)
"""


def maven() -> list[str]:
    """Of Maven 3.8.5: later ones judge words after dots otherwise."""
    folder = _folder("maven", {"Maven.java": MAVEN})
    artifact = "-Dartifact=org.apache.maven:maven-artifact:3.8.5"
    _run(_tool("mvn"), "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={folder}")
    _run(_tool("mvn"), "-q", "-B", "dependency:copy", "-Dartifact=org.apache.commons:commons-lang3:3.8.1",
         f"-DoutputDirectory={folder}")  # fmt: skip
    return [_tool("java"), "-cp", f"{folder}/*", str(folder / "Maven.java")]


def composer() -> list[str]:
    """Debian's php-composer-semver."""
    if not Path("/usr/share/php/Composer/Semver/autoload.php").exists():
        pytest.skip("there is no composer/semver: apt-get install php-cli php-composer-semver")
    return [_tool("php"), str(_folder("composer", {"main.php": COMPOSER}) / "main.php")]


def npm() -> list[str]:
    """node-semver."""
    folder = _folder("npm", {"main.js": NPM, "package.json": "{}"})
    _run(_tool("npm"), "install", "--silent", "--prefix", str(folder), "semver@7.7.2")
    return [_tool("node"), str(folder / "main.js")]


def golang() -> list[str]:
    """golang.org/x/mod/semver."""
    folder = _folder("golang", {"main.go": GO, "go.mod": "module oracle\n\ngo 1.21\n"})
    _run(_tool("go"), "get", "golang.org/x/mod@v0.20.0", folder=folder)
    _run(_tool("go"), "build", "-o", "oracle", ".", folder=folder)
    return [str(folder / "oracle")]


def cargo() -> list[str]:
    """The semver crate."""
    package = '[package]\nname = "oracle"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nsemver = "1"\n'
    folder = _folder("cargo", {"src/main.rs": CARGO, "Cargo.toml": package})
    _run(_tool("cargo"), "build", "--quiet", folder=folder)
    return [str(folder / "target/debug/oracle")]


def cabal() -> list[str]:
    """The Cabal library that GHC brings."""
    folder = _folder("cabal", {"Main.hs": CABAL})
    _run(_tool("ghc"), "-v0", "-package", "Cabal", "Main.hs", "-o", "oracle", folder=folder)
    return [str(folder / "oracle")]


def swift() -> list[str]:
    """PackageDescription of the Swift toolchain, with which a Package.swift is read (Debian 13: swiftlang)."""
    folder = _folder("swift", {"main.swift": SWIFT})
    told = subprocess.run([_tool("swiftc"), "-print-target-info"], capture_output=True, check=True, timeout=SECONDS)
    library = json.loads(told.stdout)["paths"]["runtimeResourcePath"] + "/pm/ManifestAPI"
    options = ("-I", library, "-L", library, "-lPackageDescription", "-Xlinker", "-rpath", "-Xlinker", library)
    _run(_tool("swiftc"), *options, "main.swift", "-o", "oracle", folder=folder)
    return [str(folder / "oracle")]


def script(program: str, name: str, text: str) -> Callable[[], list[str]]:
    """A script for a program that brings its own versions."""
    return lambda: [_tool(program), str(_folder(name.partition(".")[0], {name: text}) / name)]


def python(name: str, text: str, *packages: str) -> Callable[[], list[str]]:
    """A Python script with packages in an environment of their own."""

    def built() -> list[str]:
        folder = _folder(name, {"main.py": PYTHON.format(text)})
        if packages and not (folder / "env").exists():
            _run(sys.executable, "-m", "venv", str(folder / "env"))
            _run(str(folder / "env/bin/python"), "-m", "pip", "install", "--quiet", *packages)
        return [str(folder / "env/bin/python") if packages else sys.executable, str(folder / "main.py")]

    return built


def _folder(name: str, files: dict[str, str]) -> Path:
    folder = BUILD / name
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def _tool(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"there is no {name}")


def _run(*command: str, folder: Path | None = None) -> None:
    subprocess.run(command, check=True, cwd=folder, timeout=SECONDS, env={**os.environ, "GOTOOLCHAIN": "auto"})
