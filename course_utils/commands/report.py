"""The table and the page of a run, made from its done markers and its ledger."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

from course_utils import files, presets
from course_utils.errors import CourseError
from course_utils.lesson import ledger

# Okabe and Ito's colours (2008); the dashes tell the lines apart without them. Width and height
# of a drawing, and its margins, are in the units of the drawing.
LINES = (("accuracy", "training", "#0072B2", "6 4"), ("val_accuracy", "validation", "#D55E00", ""))
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 236, 34, 112, 12, 36


def collect(folder) -> list[dict]:
    """Return what a run has done so far, a dict for each executed lesson, in the course's order.

    Returns
    -------
    list of dict
        The marker's content, and ``title``, ``label``, ``source``, ``device``, ``accuracy``,
        ``trainable``, ``stages``; a failed lesson has ``reason`` and no stages.

    Raises
    ------
    CourseError
        If no lesson has been run there.
    """
    folder, found = Path(folder), []
    for path in sorted([*folder.glob("done/*.json"), *folder.glob("failed/*.json")]):
        row = _read(path)
        entries = [_read(folder / "ledger" / name) for name in row.get("ledger", [])]
        entry = next(filter(None, entries), {}) if "reason" not in row else {}
        number = ledger.number(row.get("lesson", "?"))
        lesson, preset = presets.LESSONS.get(number), presets.PRESETS.get(row.get("preset"))
        if lesson and preset:
            facts = {"title": lesson.title, "label": preset.label, "pictures": None}
            facts |= {"accuracy": None, "trainable": None, "results": [], "device": None}
            found.append({**facts, **entry, **row})
    if not found:
        raise CourseError(f"{folder} holds no executed lesson. Make one with: course run")
    return sorted(found, key=lambda row: (row["lesson"], row["seed"], row["backbone"]))


def text_table(folder, numbers=None) -> str:
    """Return the table for the terminal: lesson, stage, accuracy, parameters, seconds, memory.

    Parameters
    ----------
    folder : path
        The run's.
    numbers : set of str, optional
        Lessons to show; all by default.
    """
    head = ("lesson", "stage", "validation accuracy", "parameters trained", "seconds", "peak MB")
    lines = [head]
    for row in collect(folder):
        if numbers and row["lesson"] not in numbers:
            continue
        seed = f" (seed {row['seed']})" if row["seed"] else ""
        name, stages = f"{row['lesson']} {row['title']}{seed}", row["results"]
        first = "FAILED" if "reason" in row else row.get("main", "")
        lines.append((name, first, *_cells(row), f"{row['peak_mb']:,}"))
        if len(stages) > 1:
            lines += [("", stage["name"], *_cells(stage), "") for stage in stages]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


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

    folder = Path(folder)
    rows = collect(folder)
    for row in rows:
        notebook = folder / row["notebook"]
        if "reason" in row:
            notebook = notebook.with_suffix(".failed.ipynb")
        row["page"] = export(notebook).name if notebook.is_file() else None
        row["curves"] = [
            curve(stage["history"], f"Lesson {row['lesson']}, {stage['name']} ({row['label']})")
            | {"name": stage["name"]}
            for stage in row["results"] or [{"name": row["title"], **row}]
            if len(_points(stage.get("history"), "accuracy")) > 1
        ]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"share": _share, "count": _count, "seconds": _seconds}
    template = Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    page = environment.from_string(template).render(
        name=folder.name,
        rows=rows,
        labels=_distinct(rows, "label"),
        sources=_distinct(rows, "pictures") or _distinct(rows, "dataset"),
        backbones=_distinct(rows, "backbone"),
        devices=_distinct(rows, "device"),
        versions=rows[-1]["versions"],
        seeds=_distinct(rows, "seed"),
        date=datetime.now().strftime("%d %B %Y, %H:%M").lstrip("0"),
        quick=any(row["preset"] == "quick" for row in rows),
    )
    return files.write_atomically(folder / "report.html", page.encode()).resolve()


def export(notebook) -> Path:
    """Write an executed notebook as a page beside it, unless a newer one is there.

    The classic template is used because it keeps the alternative texts of figures.
    """
    page = notebook.with_suffix(".html")
    if page.is_file() and page.stat().st_mtime_ns > notebook.stat().st_mtime_ns:
        return page
    import nbformat
    from nbconvert import HTMLExporter

    content = nbformat.read(notebook, as_version=4)
    exporter = HTMLExporter(template_name="classic", embed_images=True)
    text, _ = exporter.from_notebook_node(content, {"metadata": {"name": notebook.stem}})
    # The template's scripts come from elsewhere, and a page of results needs none; MathJax alone
    # stays where there are formulas, which can be read without it too.
    formulas = any(c.cell_type == "markdown" and "$" in c.source for c in content.cells)

    def keep(script):
        return script[0] if formulas and "mathjax" in script[0].lower() else ""

    text = re.sub(r"<script\b.*?</script>", keep, text, flags=re.DOTALL)
    return files.write_atomically(page, text.encode())


def curve(history, title) -> dict:
    """Draw training and validation accuracy over epochs.

    Parameters
    ----------
    history : dict of str to list of float
        Keras's, with ``accuracy`` and ``val_accuracy`` in 0–1; null where there was no number.
    title : str
        Begins the text for those who do not see the drawing.

    Returns
    -------
    dict
        ``svg``, a safe string; ``alt``, what it shows.
    """
    from markupsafe import Markup, escape

    lines = {key: _points(history, key) for key, *_ in LINES}
    values = [value for points in lines.values() for _, value in points]
    epochs = max(epoch for points in lines.values() for epoch, _ in points)
    # Two classes start at 0.5, give or take; more classes need the whole scale.
    low, step = (0.4, 0.1) if min(values) >= 0.4 else (0.0, 0.2)

    def place(epoch, value):
        across = (epoch - 1) / max(epochs - 1, 1)
        up = (value - low) / (1 - low)
        x = LEFT + across * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts, ends, told = [], [], []
    for count in range(round((1 - low) / step) + 1):
        value = low + count * step
        x, y = place(1, value)
        parts.append(f'<path class="grid" d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    for epoch in sorted({1, (epochs + 1) // 2, epochs}):
        x, y = place(epoch, low)
        parts.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{epoch}</text>')
    x, y = (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 2
    parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">epoch</text>')
    for key, name, colour, dashes in LINES:
        if not lines[key]:
            continue
        path = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in lines[key])
        style = f'stroke="{colour}" stroke-dasharray="{dashes}"'
        parts.append(f'<polyline class="line" points="{path}" {style}/>')
        first, last = lines[key][0][1], lines[key][-1][1]
        ends.append([place(*lines[key][-1]), f"{name} {last:.2f}", colour])
        told.append(f"{name} accuracy goes from {first:.2f} to {last:.2f}")
    # Two labels that would lie on each other are moved apart.
    if len(ends) == 2 and (gap := 15 - abs(ends[0][0][1] - ends[1][0][1])) > 0:
        upper, lower = sorted(ends, key=lambda end: end[0][1])
        upper[0] = (upper[0][0], upper[0][1] - gap / 2)
        lower[0] = (lower[0][0], lower[0][1] + gap / 2)
    for (x, y), text, colour in ends:
        parts.append(
            f'<text class="end" x="{x + 6:.1f}" y="{y + 4:.1f}" fill="{colour}">{text}</text>'
        )
    alt = f"{title}: {', '.join(told)} in {epochs} epochs."
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(alt)}">'
    return {"svg": Markup(svg + "".join(parts) + "</svg>"), "alt": alt}


def _points(history, key):
    history = history or {}
    values = history.get(key) or []
    # Keras's validation_freq: fewer values on the validation pictures than epochs.
    every = max(1, len(history.get("accuracy") or []) // len(values)) if values else 1
    numbered = enumerate(values, 1)
    return [(n * every, value) for n, value in numbered if isinstance(value, (int, float))]


def _read(path):
    """Return a file's content, or {} where it is not there or broken."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError):
        return {}


def _distinct(rows, key):
    return list(dict.fromkeys(row[key] for row in rows if row.get(key) is not None))


def _cells(row):
    return _share(row.get("accuracy")), _count(row.get("trainable")), _seconds(row.get("seconds"))


def _share(value):
    return "–" if value is None else f"{value:.3f}"


def _count(value):
    return "–" if value is None else f"{value:,}"


def _seconds(value):
    return "–" if value is None else f"{value:,.1f}"
