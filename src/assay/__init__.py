"""assay: software supply chain security in one package."""

__version__ = "0.1.0"
