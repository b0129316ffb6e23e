"""What JSON Schema cannot say about valid data, told to schemathesis' generator. No check is touched here.

In valid data a cursor is one that its list gave (it is opaque, and bound to its list), an amount has at most the
decimals of the currency beside it, and what must lie ahead does. Fields that do not go together are 422, as what the
business refuses is. Invalid data stays as generated.
"""

import json
import os
import re
from datetime import datetime, timedelta, timezone

import schemathesis

CURSORS = json.loads(os.environ.get("CONTRACT_CURSORS", "{}"))
DECIMALS = json.loads(os.environ.get("CONTRACT_DECIMALS", "{}"))
MAX_DIGITS = 18
AMOUNT = re.compile(r"^[0-9]+(\.[0-9]+)?$")
AMOUNT_FIELD = re.compile(r"amount|deposit|limit|fee|daily|threshold|per", re.IGNORECASE)
# Instants that must lie ahead, though not by more than ten years.
NEXT_YEAR = (datetime.now(timezone.utc) + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
AHEAD = ("executeAt", "expiresAt")


@schemathesis.hook
def map_case(context, case):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if isinstance(case.query, dict) or hasattr(case.query, "get"):
        page(case)
    fit_amounts(case.body)
    return case


def page(case):
    if "cursor" not in case.query:
        return
    del case.query["cursor"]
    path = case.operation.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace("{" + name + "}", str(value))
    if path in CURSORS:
        # A cursor keeps its filters: another value for one of them would be refused.
        case.query.clear()
        case.query["cursor"] = CURSORS[path]


def fit_amounts(node):
    if isinstance(node, list):
        for item in node:
            fit_amounts(item)
    if not isinstance(node, dict):
        return
    for name in AHEAD:
        if name in node:
            node[name] = NEXT_YEAR
    if "cron" in node:
        # A pattern cannot say which months there are, nor that the 31st is in none of some.
        node["cron"] = "0 9 1 * *"
    for name in ("every", "catchUp"):
        if name in node:
            # Nor how long a number of minutes may be.
            node[name] = "7d"
    # A quote's amount is in its `from`. Where no currency stands beside it, the amount is in that of the resource in
    # the path: all seeded ones are EUR.
    currency = node.get("currency", node["from"] if node.get("from") in DECIMALS else "EUR")
    decimals = DECIMALS.get(currency) if isinstance(currency, str) else None
    for name, value in node.items():
        if decimals is not None and isinstance(value, str) and AMOUNT_FIELD.search(name) and AMOUNT.match(value):
            node[name] = fitting(value, decimals)
        else:
            fit_amounts(value)


def fitting(amount, decimals):
    whole, _, fraction = amount.partition(".")
    whole, fraction = whole[: MAX_DIGITS - decimals], fraction[:decimals]
    fits = f"{whole}.{fraction}" if fraction else whole
    # What was cut may have been all that it was worth.
    return fits if amount.strip("0.") == "" or fits.strip("0.") != "" else "1"
