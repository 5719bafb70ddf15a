"""The output formats of findings, one module each (`assay.report.findings.formats`)."""
