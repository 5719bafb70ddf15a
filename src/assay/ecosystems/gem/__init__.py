"""Ruby's gems: Bundler's lock files, and the specifications of installed and of developed gems."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="gem",
    title="Ruby (RubyGems, Bundler)",
    purl_types=("gem",),
    parsers=(
        Parser("gem-lock", "assay.ecosystems.gem.lock:parse", ("**/Gemfile.lock", "**/gems.locked")),
        Parser(
            "gem-specification",
            "assay.ecosystems.gem.gemspec:parse",
            ("**/*.gemspec",),
            max_size=1 << 20,
        ),
        Parser(
            "gem-version-file",
            "assay.ecosystems.gem.version_file:parse",
            ("**/lib/**/version.rb",),
            max_size=64 << 10,
        ),
        Parser("gem-archive", "assay.ecosystems.gem.archive:parse", ("metadata.gz",), max_size=16 << 20),
    ),
    proof=Proof.NATIVE,
    origin="bundler 2.3, rubygems 3.3",
    assemble="assay.ecosystems.gem.version_file:assemble",
    osv=("RubyGems",),
)
