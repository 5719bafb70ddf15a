"""The SBOM as one self-contained page; `page.write` makes it."""
