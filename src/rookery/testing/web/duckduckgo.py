"""DuckDuckGo's page without scripts, as far as its results go."""

from html import escape
from urllib.parse import quote

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply

_HTML = {"Content-Type": "text/html; charset=UTF-8"}


class DuckDuckGo(LocalService):
    """The page of results; the first of them is an advertisement."""

    def answer(self, asked: Asked) -> Reply:
        """Answer `/html/`."""
        if asked.path != "/html/" or not asked.query.get("q"):
            return Reply(404)
        found = self.found(asked.query["q"])
        results = "".join(map(_result, found)) or '<div class="no-results">No results.</div>'
        advert = _result(Entry("https://advert.example/", "Buy rooks"), kind="result--ad ")
        page = f'<html><body><div id="links" class="results">{advert}{results}</div></body></html>'
        return Reply(200, page.encode(), _HTML)

    def take_for_robot(self) -> None:
        """Answer the next request as one that comes too often: status 202 and a riddle."""
        riddle = b'<html><div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></html>'
        self.refuse_next(202, _HTML, riddle)


def _result(entry: Entry, kind: str = "") -> str:
    link = f"//duckduckgo.com/l/?uddg={quote(entry.url, safe='')}&amp;rut=0"
    return (
        f'<div class="result results_links results_links_deep web-result {kind}"><div class="result__body">'
        f'<h2 class="result__title"><a class="result__a" href="{link}">{escape(entry.title)}</a></h2>'
        f'<a class="result__snippet" href="{link}">{escape(entry.text)}</a></div></div>'
    )
