"""Records where in Qt's headers what is used of Qt stands: ``python record_qt.py /usr/include/x86_64-linux-gnu/qt5``.

The folder is what the packages qtbase5-dev and qttools5-dev of a distribution install: Qt 5.15, which PythonQt wraps in
Slicer 5.10. Recorded is what the module, its tests, the stand-in and ``slicer.util`` name, as far as Qt 6 has it too:
later versions of Slicer are built with that. The records of other classes, of CTK and Slicer, are left as they are.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import slicer.util
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

REPOSITORY = Path(__file__).parents[2]
RECORDS = Path(__file__).with_name("recorded_api.json")
#: Where the header of a class is, when its name does not say so.
_HEADERS = {"Qt": "qnamespace", "QEvent": "qcoreevent"}


def _without_comments(text: str) -> str:
    """The text without comments and the preprocessor's lines, every line still where it was."""
    text = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
    text = re.sub(
        r"\bQT?_(?:DECL_)?DEPRECATED\w*(?:\((?:[^()\"]|\"[^\"]*\")*\))?", lambda match: " " * len(match[0]), text
    )
    return re.sub(r"//[^\n]*|^[ \t]*#(?:[^\n\\]|\\[^\n])*", "", text, flags=re.MULTILINE)


def _class_body(text: str, name: str) -> tuple[str, str, int]:
    """Bases, body and position of a class, struct or namespace.

    Raises:
        LookupError: The header declares no such thing.
    """
    pattern = rf"\b(?:class|struct|namespace)\s+(?:Q_[A-Z_]+_EXPORT\s+|QDESIGNER_\w+\s+)?{name}\b([^{{;]*)\{{"
    match = re.search(pattern, text)
    if match is None:
        raise LookupError(name)
    depth, end = 1, match.end()
    while depth:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return match[1], text[match.end() : end - 1], match.end()


def _statements(body: str) -> Iterator[tuple[int, str]]:
    """Each declaration of a class body with its position; the bodies of functions are left out."""
    start, depth, position = 0, 0, 0
    while position < len(body):
        character = body[position]
        if character == "{":
            if depth == 0 and not re.match(r"\s*enum\b", body[start:position]):
                yield start, body[start:position]
                start = -1
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0 and start == -1:
                start = position + 1
        elif depth == 0 and start != -1:
            at_macro_end = character == "\n" and re.match(
                r"\s*(Q\w+\s*\(.*\)|Q_OBJECT|Q_GADGET)\s*$", body[start:position]
            )
            at_section = character == ":" and re.match(
                r"\s*(public|protected|private|Q_SIGNALS)(\s+Q_SLOTS)?\s*$", body[start:position]
            )
            if character == ";" or at_macro_end or at_section:
                yield start, body[start : position + 1]
                start = position + 1
        position += 1


def members_of(text: str, name: str) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The bases of a class, and its public members with kind, line and declaration."""
    text = _without_comments(text)
    bases, body, offset = _class_body(text, name)
    members: dict[str, dict[str, str]] = {}
    section = "public" if name == "Qt" else "private"
    for position, statement in _statements(body):
        declaration = re.sub(r"^template ?<[^>]*> ?", "", " ".join(statement.split()).rstrip(";").strip())
        line = text.count("\n", 0, offset + position + len(statement) - len(statement.lstrip())) + 1
        if found := re.fullmatch(r"(public|protected|private|Q_SIGNALS)( Q_SLOTS)? ?:", declaration):
            section = found[1]
            continue

        def record(key: str, kind: str, declaration: str = declaration, line: int = line) -> None:
            members.setdefault(key, {"kind": kind, "line": str(line), "declaration": declaration})

        if found := re.match(r"Q_PROPERTY\( ?(.*?[ *&])(\w+) (READ|MEMBER)\b", declaration):
            record(found[2], "property")
        elif section in ("private", "protected") or re.match(
            r"Q\w+ ?\(|Q_OBJECT|Q_GADGET|friend|typedef|using", declaration
        ):
            continue
        elif found := re.match(r"enum\b(?: class)? ?(\w*)[^{]*\{(.*)\}", declaration):
            for value in re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", found[2]):
                record(value, "enum value", f"enum {found[1]} {{ … {value} … }}")
        elif found := re.search(r"([~\w]+)\s*\(", declaration):
            if section == "Q_SIGNALS":
                for signature in _signatures(declaration, found[1]):
                    record(signature, "signal")
            elif found[1] not in (name, f"~{name}", "operator") and "operator" not in declaration.split("(")[0]:
                static = declaration.startswith("static ")
                # A class finds the static method of this name, an object the property (as QTimer's singleShot).
                shared = static and members.get(found[1], {}).get("kind") == "property"
                record(f"static {found[1]}" if shared else found[1], "static method" if static else "method")
    return re.findall(r"public\s+(\w+)", bases), members


def _signatures(declaration: str, name: str) -> list[str]:
    """The signatures of a signal as Qt normalises them; one more for each argument with a default."""
    arguments = re.search(rf"{name}\s*\((.*?)\)(?:, QPrivateSignal)?$", declaration.replace(", QPrivateSignal", ""))
    types, required = [], 0
    for argument in filter(None, (text.strip() for text in (arguments[1] if arguments else "").split(","))):
        if argument == "QPrivateSignal":
            continue
        required += "=" not in argument
        typed = re.sub(r"\bconst\b|&|=.*", "", argument).split()
        stars = "*" * argument.partition("=")[0].count("*")
        types.append(typed[0].rstrip("*") + stars)
    return [f"{name}({','.join(types[:count])})" for count in range(required, len(types) + 1)]


def _used() -> set[str]:
    """The names that occur where Qt is used."""
    folders = (REPOSITORY / "MuscleSeg", REPOSITORY / "Testing" / "MuscleSeg", Path(__file__).parent)
    sources = [path for folder in folders for path in folder.rglob("*.py")] + [Path(slicer.util.__file__)]
    names: set[str] = set()
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.keyword) and node.arg:
                names.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= set(re.findall(r"\w+", node.value))
    for panel in (REPOSITORY / "MuscleSeg").rglob("*.ui"):
        root = ElementTree.parse(panel)
        names |= {element.get(key, "") for element in root.iter() for key in ("class", "name")}
    return names


def _in_qt_6(class_name: str) -> type | None:
    found = (getattr(module, class_name, None) for module in (QtWidgets, QtGui, QtCore, QtUiTools))
    return next(filter(None, found), None)


def _is_in_qt_6(class_name: str, key: str, kind: str) -> bool:
    """Whether Qt 6 has a member, under the same signature if it is a signal."""
    qt_class = _in_qt_6(class_name)
    if kind == "property":
        return qt_class.staticMetaObject.indexOfProperty(key) >= 0
    if kind == "signal":
        return qt_class.staticMetaObject.indexOfSignal(key) >= 0
    return hasattr(qt_class, key.removeprefix("static "))


def _header_of(include: Path, name: str) -> tuple[Path, list[str], dict[str, dict[str, str]]]:
    """The header that declares a class, the bases and the members.

    Raises:
        LookupError: There is none.
    """
    likely = sorted(include.glob(f"*/{_HEADERS.get(name, name.lower())}.h"))
    for header in [*likely, *sorted(include.glob("*/q*.h"))]:
        try:
            return header, *members_of(header.read_text(encoding="utf-8"), name)
        except LookupError:
            continue
    raise LookupError(name)


def main(include: Path) -> None:
    """Renew the records of Qt's classes."""
    records = json.loads(RECORDS.read_text(encoding="utf-8"))
    used = _used()
    classes = {name: record for name, record in records["classes"].items() if record["module"] != "qt"}
    wanted = sorted(name for name in used if re.fullmatch(r"Qt|Q[A-Z]\w+", name) and _in_qt_6(name))
    wanted += [record["inherits"] for record in classes.values() if record["inherits"]]
    while wanted:
        name = wanted.pop()
        if name in classes:
            continue
        try:
            header, bases, members = _header_of(include, name)
        except LookupError:
            continue
        base = next((base for base in bases if base.startswith("Q") and base != "QPaintDevice"), None)
        classes[name] = {
            "module": "qt",
            "file": header.relative_to(include).as_posix(),
            "inherits": base,
            "members": {
                key: member
                for key, member in members.items()
                if re.findall(r"\w+", key.removeprefix("static "))[0] in used and _is_in_qt_6(name, key, member["kind"])
            },
        }
        wanted += [base] if base else []
        # What a method gives must be known too.
        for key, member in classes[name]["members"].items():
            given = re.findall(r"\bQ[A-Z]\w+", member["declaration"].partition(key.split("(")[0].split()[-1])[0])
            wanted += filter(_in_qt_6, given)
    records["classes"] = classes
    RECORDS.write_text(json.dumps(records, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
