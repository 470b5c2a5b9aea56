"""What to do next, by rule: look once everywhere with the task's own words."""

from rookery.domain.actions import FINISH, Decision, ToolCall
from rookery.domain.reasoning import ActJob


def act(job: ActJob) -> Decision:
    """Call each tool that searches and was not called yet, and finish when there is none."""
    called = {seen.call.tool for turn in job.turns for seen in turn.seen}
    searches = [spec.name for spec in job.tools if spec.arguments.get("required") == ["query"]]
    left = [ToolCall(tool=name, arguments={"query": job.task}) for name in searches if name not in called]
    if not left:
        return Decision(thought="everything was searched", calls=[ToolCall(tool=FINISH)])
    return Decision(thought="search with the words of the task", calls=left)
