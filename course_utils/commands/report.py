"""The table and the page of a run, made from its done markers and its ledger."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from pathlib import Path

from course_utils import files, presets
from course_utils.errors import CourseError
from course_utils.lesson import ledger


def collect(folder) -> list[dict]:
    """Return what a run has done so far, a dict for each executed lesson, in the course's order.

    Returns
    -------
    list of dict
        The ledger entry's content and, above it, the marker's, with ``title``, ``label``,
        ``results`` (empty for a failed lesson, which has ``reason``) and ``variant``: what tells
        the row from others of its run, such as "seed 1".

    Raises
    ------
    CourseError
        If no lesson has been run there.
    """
    folder, rows = Path(folder), []
    for path in [*folder.glob("done/[!.]*.json"), *folder.glob("failed/[!.]*.json")]:
        row = files.read_json(path)
        if not row.keys() >= {*ledger.KEYS, "notebook", "seconds", "peak_mb", "versions"}:
            continue  # damaged; the next run does that lesson again
        lesson = presets.LESSONS.get(ledger.number(row.get("lesson")))
        preset = presets.PRESETS.get(row.get("preset"))
        if lesson and preset:
            names = [] if "reason" in row else row.get("ledger", [])
            entries = [files.read_json(folder / "ledger" / name) for name in names]
            facts = {"title": lesson.title, "label": preset.label, "results": []}
            rows.append({**facts, **next(filter(None, entries), {}), **row})
    if not rows:
        raise CourseError(f"{folder} holds no executed lesson. Make one with: course run")
    differ = [key for key in ledger.KEYS[1:] if len({row[key] for row in rows}) > 1]
    for row in rows:
        words = [f"seed {row[key]}" if key == "seed" else row[key] for key in differ]
        row["variant"] = ", ".join(words)
    return sorted(rows, key=lambda row: [row[key] for key in ledger.KEYS])


def text_table(folder, numbers=None) -> str:
    """Return the table for the terminal: lesson, approach, accuracy, parameters, seconds, memory.

    Parameters
    ----------
    folder : path
        The run's.
    numbers : set of str, optional
        Lessons to show; all by default.
    """
    head = ("lesson", "approach", "validation accuracy", "parameters trained", "seconds", "peak MB")
    lines = [head]
    for row in collect(folder):
        if numbers and row["lesson"] not in numbers:
            continue
        name = f"{row['lesson']} {row['title']}" + (f" ({row['variant']})" * bool(row["variant"]))
        first = "FAILED" if "reason" in row else row.get("main") or ""
        lines.append((name, first, *ledger.cells(row)[1:], f"{row['peak_mb']:,}"))
        if len(row["results"]) > 1:
            lines += [("", each["name"], *ledger.cells(each)[1:], "") for each in row["results"]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    form = "  ".join(f"{{:{'<' if i < 2 else '>'}{width}}}" for i, width in enumerate(widths))
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(form.format(*line).rstrip() for line in lines)


def build(folder) -> Path:
    """Write ``report.html`` and the executed lessons as pages beside it.

    Parameters
    ----------
    folder : path
        The run's.

    Returns
    -------
    Path
        The report. It needs no other file but for its links, and no network.

    Raises
    ------
    CourseError
        If no lesson has been run there, or the disk is full.
    """
    import jinja2

    from course_utils.plots.curves import history_figure
    from course_utils.plots.figure import picture

    folder = Path(folder)
    rows = collect(folder)
    for row in rows:
        notebook = folder / row["notebook"]
        row["page"] = export(notebook.with_suffix(".failed.ipynb") if "reason" in row else notebook)
        row["software"] = ", ".join(" ".join(item) for item in row["versions"].items())
        row["curves"] = [
            {
                "name": result["name"],
                "picture": picture(*history_figure(result["history"]), flat=True),
            }
            for result in row["results"]
            if len((result.get("history") or {}).get("accuracy") or []) > 1
        ]
    jinja = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    jinja.filters["cells"] = ledger.cells
    jinja.filters["base64"] = lambda content: base64.b64encode(content).decode()
    template = Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    date = datetime.now().strftime("%d %B %Y, %H:%M").lstrip("0")
    page = jinja.from_string(template).render(name=folder.name, rows=rows, date=date)
    return files.write_atomically(folder / "report.html", page.encode()).resolve()


def export(notebook) -> Path | None:
    """Write an executed notebook as a page beside it, unless it is there already.

    The classic template is used because it keeps the alternative texts of figures.

    Returns
    -------
    Path or None
        None where the notebook is missing or damaged.
    """
    if not notebook.is_file():
        return None
    source, page = notebook.read_bytes(), notebook.with_suffix(".html")
    stamp = f"<!-- made from SHA-256 {hashlib.sha256(source).hexdigest()} -->\n".encode()
    if page.is_file() and page.read_bytes().endswith(stamp):
        return page
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="classic", embed_images=True)
    try:
        content = nbformat.reads(source.decode(), as_version=4)
        text, _ = exporter.from_notebook_node(content, {"metadata": {"name": notebook.stem}})
    except Exception:  # of many kinds, for a file that is no notebook
        return None
    # The template's scripts come from elsewhere, and a page of results needs none.
    text = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
    return files.write_atomically(page, text.encode() + stamp)
