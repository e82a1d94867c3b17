"""A program beside the window that talks to the hub; to pause a download, the window ends it.

One order: {"plan": NAME}, {"words": KEY, "folder": ...} or {"fetch": PLAN, "folder": ...}; answers
{"plan": ...}, {"done": N, "total": N, "file": ..., "checking": ...}, {"finished": true} or
{"failed": SENTENCE}.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.app.models.helper_process import end_with_the_window, orders, say
from studio.app.models.hub import Progress, fetch, planned, remaining
from studio.app.models.hub_plan import HubError, Plan
from studio.app.models.word_lists import WORD_LISTS, plan_for


def main() -> None:
    """Do one order."""
    order = next(orders())
    end_with_the_window()
    try:
        _do(order)
    except HubError as error:
        say({"failed": str(error)})


def _do(order: dict[str, Any]) -> None:
    folder = Path(order.get("folder", "."))
    if "plan" in order:
        _say_plan(planned(order["plan"]), folder)
    elif "words" in order:
        row = next(row for row in WORD_LISTS if row.key == order["words"])
        _say_plan(plan_for(row, folder), folder)
    else:
        fetch(Plan.of(order["fetch"]), folder, _say_progress)
        say({"finished": True})


def _say_plan(plan: Plan, folder: Path) -> None:
    say({"plan": plan.record(), "left": remaining(plan, folder / plan.folder)})


def _say_progress(progress: Progress) -> None:
    say(asdict(progress))


if __name__ == "__main__":
    main()
