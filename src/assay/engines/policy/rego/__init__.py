"""Rego (Open Policy Agent's language), by an engine that can be chosen.

`compiling.compile(source)` gives a `source.Program` that regorus evaluates in this process; an OPA server is the other
choice (`assay.app.opa`). ``faults`` are what goes wrong; ``calls`` is what policies may ask the world.
"""
