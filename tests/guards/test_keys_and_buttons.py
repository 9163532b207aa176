"""Enter in a text never decides, and no script takes keys that an input method composes with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
INCLUDE = re.compile(r'{% include "([^"]+)"[^%]*%}')
# A page's own text stands for fields that a form draws by itself.
FIELDS = re.compile(r"{{ ([\w.]*form[\w.]*|field)(\|\w+)? }}")

DECIDING = {
    *("complaint_move", "double_merge", "sub_task_end", "review_judge", "case_decide"),
    *("exemption_decide", "offer_decide", "departure_cancel", "departure_return"),
    *("finding_settle", "inspection_judge", "plan_decide", "plan_decide_many"),
}
"""Forms whose buttons decide, the only one they have too: a text in them must not press it."""


class Forms(HTMLParser):
    """The forms of a text: what each posts to, whether one types in it, and its buttons in order.

    A button or field that names its form (``form="…"``) belongs to that one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, object]] = []
        self._open: dict[str, object] | None = None
        self._by_id: dict[str, dict[str, object]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = {"action": given.get("action") or "", "types": False, "buttons": []}
            self.found.append(self._open)
            self._by_id[given.get("id") or ""] = self._open
            return
        form = self._by_id.get(given["form"] or "") if "form" in given else self._open
        if form is None:
            return
        kind = (given.get("type") or "").lower()
        if (tag == "button" and kind in ("", "submit")) or (tag == "input" and kind == "submit"):
            buttons = form["buttons"]
            assert isinstance(buttons, list)
            buttons.append("disabled" in given and "data-no-default" in given)
        elif tag == "input" and kind not in ("hidden", "file", "button"):
            # Enter in a text, and on a box or a choice too, presses the form's first button.
            form["types"] = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None and FIELDS.search(data):
            self._open["types"] = True


def deciding_by_enter(text: str) -> list[str]:
    """Return the forms in which Enter presses one of several buttons, or the one that decides."""
    parser = Forms()
    parser.feed(text)
    return [
        str(form["action"])
        for form in parser.found
        if isinstance(buttons := form["buttons"], list)
        and (len(buttons) > 1 or _decides(str(form["action"])))
        and not (buttons and buttons[0])
        and form["types"]
    ]


def _decides(action: str) -> bool:
    name = re.search(r":(\w+)", action)
    return name is not None and name[1] in DECIDING


def expanded(path: Path, depth: int = 0) -> str:
    """The template with what it includes."""
    text = path.read_text(encoding="utf-8")
    if depth > 6:
        return text
    return INCLUDE.sub(lambda found: _included(found[1], depth), text)


def _included(name: str, depth: int) -> str:
    path = TEMPLATES / name
    return expanded(path, depth + 1) if path.exists() else ""


def templates() -> Iterator[Path]:
    yield from TEMPLATES.rglob("*.html")


def test_the_guard_sees_forms_in_which_enter_decides() -> None:
    several = (
        '<form action="a"><input name="note"><button name="x" value="yes">Y</button>'
        '<button name="x" value="no">N</button></form>'
    )
    assert deciding_by_enter(several) == ["a"]
    neutral = several.replace("<input", "<button data-no-default disabled></button><input")
    assert deciding_by_enter(neutral) == []
    elsewhere = '<form id="f" action="b">{{ form.note }}</form>' + '<button form="f">1</button>' * 2
    assert deciding_by_enter(elsewhere) == ["b"]
    alone = '<form action="{% url "complaints:double_merge" 1 %}"><input><button>Go</button></form>'
    assert len(deciding_by_enter(alone.replace('"{%', "'{%").replace('%}"', "%}'"))) == 1
    assert deciding_by_enter('<form action="c"><input><button>Search</button></form>') == []


def test_enter_in_a_text_decides_nothing() -> None:
    # Quotes within a tag would end the attribute for the parser.
    found = {
        str(path.relative_to(TEMPLATES)): wrong
        for path in templates()
        if (wrong := deciding_by_enter(_one_line_tags(expanded(path))))
    }
    assert found == {}


def _one_line_tags(text: str) -> str:
    """Template tags without quotes: within an attribute they would end it; comments go."""
    text = re.sub(r"{#.*?#}", "", text)
    text = re.sub(r"{% (if|elif|else|endif|for|endfor|with|endwith|icon)\b[^%]*%}", " ", text)
    return re.sub(r"{%.*?%}", lambda tag: tag[0].replace('"', ""), text)


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.stem)
def test_every_script_listens_for_keys_through_the_one_helper(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    listening = re.findall(r"\.on(?:key\w+)\s*=|addEventListener\(\s*[\"'`]key\w+", text)
    assert listening == []
    if path.stem == "keys":
        assert "isComposing" in text
        assert "229" in text


def test_the_scripts_that_know_keys_are_seen() -> None:
    using = [path.stem for path in SCRIPTS.glob("*.js") if "keys.listen(" in path.read_text()]
    assert {"app", "log_drawer", "inspection_walk", "plan_board", "work_log"} <= set(using)


def test_no_request_is_set_off_by_a_key() -> None:
    # A key filter of htmx would not know of the input method.
    found = {
        str(path.relative_to(TEMPLATES))
        for path in templates()
        if re.search(r'hx-(trigger|on)[^=]*="[^"]*key(down|up|press)', path.read_text("utf-8"))
    }
    assert found == set()
