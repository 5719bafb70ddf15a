"""JavaScript: node_modules, package.json, Yarn's cache, and the lock files of npm, Yarn, pnpm, Bun and Deno."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.npm"

ECOSYSTEM = Ecosystem(
    name="npm",
    title="JavaScript (npm, Yarn, pnpm, Bun, Deno)",
    purl_types=("npm", "jsr"),
    parsers=(
        Parser("npm-package-json", f"{_HERE}.package_json:parse", ("**/package.json",)),
        Parser(
            "npm-package-lock",
            f"{_HERE}.package_lock:parse",
            ("**/package-lock.json", "**/npm-shrinkwrap.json", "**/node_modules/.package-lock.json"),
            max_size=256 << 20,
        ),
        Parser("npm-yarn-lock", f"{_HERE}.yarn_lock:parse", ("**/yarn.lock",)),
        Parser("npm-yarn-cache", f"{_HERE}.yarn_cache:parse", ("**/.yarn/cache/*.zip",)),
        Parser("npm-pnpm-lock", f"{_HERE}.pnpm_lock:parse", ("**/pnpm-lock.yaml", "**/node_modules/.pnpm/lock.yaml")),
        Parser("npm-bun-lock", f"{_HERE}.bun_lock:parse", ("**/bun.lock",)),
        Parser("npm-deno-lock", f"{_HERE}.deno:parse_lock", ("**/deno.lock",)),
        Parser("npm-deno-json", f"{_HERE}.deno:parse_manifest", ("**/deno.json", "**/deno.jsonc")),
    ),
    assemble=f"{_HERE}.assembly:assemble",
    proof=Proof.NATIVE,
    origin="npm, Yarn 1 and 4, pnpm, Bun and Deno",
    osv=("npm",),
)
