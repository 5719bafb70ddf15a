""".NET: dependency files of built programs, lock and project files, Paket, and assemblies."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.nuget"

ECOSYSTEM = Ecosystem(
    name="nuget",
    title=".NET (NuGet, Paket)",
    purl_types=("nuget", "github"),
    parsers=(
        Parser("nuget-deps", f"{_HERE}.runtime:parse_deps", ("**/*.deps.json",)),
        Parser("nuget-assets", f"{_HERE}.runtime:parse_assets", ("**/project.assets.json",)),
        Parser("nuget-lock", f"{_HERE}.lock:parse", ("**/packages.lock.json", "**/packages.*.lock.json")),
        Parser("nuget-config", f"{_HERE}.project:parse_config", ("**/packages.config", "**/packages.*.config")),
        Parser(
            "nuget-project",
            f"{_HERE}.project:parse",
            ("**/*.csproj", "**/*.fsproj", "**/*.vbproj", "**/*Packages.props", "**/Directory.Build.props"),
        ),
        Parser("nuget-paket-lock", f"{_HERE}.paket:parse_lock", ("**/paket.lock",)),
        Parser("nuget-paket", f"{_HERE}.paket:parse_dependencies", ("**/paket.dependencies",)),
        Parser("nuget-nuspec", f"{_HERE}.nuspec:parse", ("*.nuspec",), max_size=4 << 20),
        Parser("nuget-assembly", f"{_HERE}.assembly:parse", executables=("pe",), max_size=512 << 20),
    ),
    proof=Proof.FOREIGN,
    origin="osv-scalibr testdata, out of the suite lockfiles; deps.json, assets and assemblies are ours",
    assemble=f"{_HERE}.project:assemble",
    osv=("NuGet",),
    osv_fold="lower",
)
