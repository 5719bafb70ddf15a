"""What Kyverno adds to JMESPath, all together."""

from __future__ import annotations

from assay.engines.policy.queries import data_functions, text_functions, time_functions
from assay.engines.policy.queries.arithmetic import add, divide, modulo, multiply, subtract, total
from assay.engines.policy.queries.function import ANY, LIST, Function

_SUMS = (
    Function("add", (ANY, ANY), add),
    Function("sum", (LIST,), total),
    Function("subtract", (ANY, ANY), subtract),
    Function("multiply", (ANY, ANY), multiply),
    Function("divide", (ANY, ANY), divide),
    Function("modulo", (ANY, ANY), modulo),
)
FUNCTIONS = (*_SUMS, *text_functions.FUNCTIONS, *data_functions.FUNCTIONS, *time_functions.FUNCTIONS)
