"""Writes Kyverno's classic policies as its CEL kinds, and those about images as AssayPolicy.

With `--to kyverno-cel` ClusterPolicy and Policy become ValidatingPolicy, ImageValidatingPolicy, MutatingPolicy and
GeneratingPolicy; with `--to assay` verifyImages and ClusterImagePolicy become AssayPolicy. What the other language
cannot say is told on standard error and written beside the policy; exit code 1 where a rule has no form at all, and
with --strict where anything is lost.

    assay policy convert policies/ > converted.yaml
    assay policy convert --to assay cluster-image-policy.yaml --strict
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.errors import ExitCode, InputError
from assay.formats.json import Json

if TYPE_CHECKING:
    from assay.app.policy_convert import Conversion


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy convert``."""
    parser.add_argument("policy", metavar="FILE", nargs="+", type=Path, help="a file or folder of policies")
    parser.add_argument("--to", choices=("kyverno-cel", "assay"), default="kyverno-cel", help="the language to write")
    parser.add_argument("--strict", action="store_true", help="exit 1 if anything is lost")
    parser.add_argument("-o", "--output", choices=("yaml", "json"), default="yaml", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Convert everything, and say what is lost."""
    from assay.app import policy_convert
    from assay.formats import json_bytes

    found, problems = policy_convert.convert(arguments.policy, arguments.to)
    if problems:
        raise problems[0]
    if not found:
        raise InputError("there is no policy to convert", "name files with ClusterPolicy, Policy or ClusterImagePolicy")
    for one in found:
        _tell(one, context)
    if arguments.output == "json":
        sys.stdout.buffer.write(json_bytes.dump({"policies": [_as_json(one) for one in found]}))
    else:
        for one in found:
            sys.stdout.write(_as_yaml(one))
    bad = any(one.problem is not None or (one.converted and one.converted.refused) for one in found)
    return ExitCode.NO if bad or (arguments.strict and not all(one.whole for one in found)) else ExitCode.OK


def _tell(one: Conversion, context: Context) -> None:
    if one.problem is not None:
        context.warn(one.problem.what, one.problem.remedy)
    if one.converted is not None:
        for loss in one.converted.refused:
            context.warn(
                f"{one.place}: {loss.field} is not converted: {loss.what}",
                "keep the policy, or write this rule by hand",
            )
        for loss in one.converted.losses:
            context.warn(f"{one.place}: lost: {loss}", "look whether that matters here")


def _as_json(one: Conversion) -> Json:
    if one.converted is None:
        return {"policy": one.place, "problem": one.problem.what if one.problem else "", "objects": []}
    return {
        "policy": one.place,
        "objects": list(one.converted.objects),
        "lost": [{"field": loss.field, "what": loss.what, "effect": str(loss.effect)} for loss in one.converted.losses],
        "refused": [{"field": loss.field, "what": loss.what} for loss in one.converted.refused],
    }


def _as_yaml(one: Conversion) -> str:
    from assay.formats import yaml_text
    from assay.report.console import printable

    if one.converted is None:
        return f"# {printable(one.place)} cannot be read\n"
    told = [f"{loss.field} is not converted: {loss.what}" for loss in one.converted.refused]
    told += [f"lost: {loss}" for loss in one.converted.losses]
    head = "".join(f"# {printable(line)}\n" for line in (f"of {one.place}", *told))
    return head + "".join(f"---\n{yaml_text.dump(item).decode()}" for item in one.converted.objects)
