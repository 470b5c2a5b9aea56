"""Which way of binding a reply the server takes."""

from rookery.adapters.llms.openai_compatible.settings import Form
from rookery.adapters.support.openai.refusals import Fault

_ORDER: tuple[Form, ...] = ("json_schema", "json_object", "none")
_NAMES = ("response_format", "json_schema", "json_object")


class FormRefused(Exception):
    """The server does not take the present form."""


class Forms:
    """The present form; without one in the settings, the strongest that the server has not refused."""

    def __init__(self, chosen: Form | None) -> None:
        self._chosen = chosen
        self._notices: list[str] = []
        self.now: Form = chosen or _ORDER[0]

    @property
    def binds(self) -> bool:
        """Whether the present form makes the server bind decoding by the schema."""
        return self.now in ("json_schema", "llama_grammar")

    def require_taken(self, fault: Fault) -> None:
        """Check whether it is the form that a request was refused for.

        Raises:
            FormRefused: it is, and there is a weaker one.
        """
        said = f"{fault.param} {fault.message}"
        if self._chosen is None and self.now != _ORDER[-1] and any(name in said for name in _NAMES):
            raise FormRefused(fault.message)

    def weaken(self, refused: FormRefused, model: str) -> None:
        """Take the next weaker form, and note it."""
        said = str(refused) if len(str(refused)) <= 200 else f"{str(refused)[:200]}…"
        self._notices.append(
            f"{model} is not bound by {self.now} (the server says: {said}); its replies are only checked"
        )
        self.now = _ORDER[_ORDER.index(self.now) + 1]

    def take_notices(self) -> list[str]:
        """Return what has not been told yet."""
        notices, self._notices = self._notices, []
        return notices
