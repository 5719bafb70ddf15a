"""One small module per output format of SBOMs; `assay.report.formats` says how they are found."""
