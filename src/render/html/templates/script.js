"use strict";
// The page is whole without this: it shows one view and one group at a time, filters, and moves by arrow keys.
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", function () {
  const sections = Array.from(document.querySelectorAll("main > section"));
  const tabs = Array.from(document.querySelectorAll("header nav a"));
  const items = Array.from(document.querySelectorAll("#group-list a"));
  const groups = Array.from(document.querySelectorAll("article.group"));

  function mark(links, id) {
    for (const link of links) {
      if (link.getAttribute("href") === "#" + id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function open(group) {
    for (const other of groups) other.classList.toggle("current", other === group);
    if (group) mark(items, group.id);
  }

  function show(moved) {
    const target = document.getElementById(location.hash.slice(1)) || sections[0];
    const section = target.closest("main > section");
    if (!section) return target.focus();
    for (const other of sections) other.classList.toggle("current", other === section);
    mark(tabs, section.id);
    const group = target.closest("article.group");
    if (group) open(group);
    if (!moved) return;
    const into = group || section.querySelector("h2");
    into.focus({ preventScroll: true });
    if (group) group.scrollIntoView({ block: "nearest" });
    const top = group && matchMedia("(max-width: 68rem)").matches ? group : null;
    if (top) top.scrollIntoView();
    else if (!group) window.scrollTo(0, 0);
  }

  open(groups[0]);
  show(false);
  window.addEventListener("hashchange", function () { show(true); });
  // A link to where one already is: the hash does not change.
  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) show(true);
  });

  // Arrow keys walk a list of links; Enter follows one.
  function walk(links, back, forth) {
    return function (event) {
      const seen = links.filter(function (link) { return link.offsetParent !== null; });
      const at = seen.indexOf(document.activeElement);
      const to = { [back]: at - 1, [forth]: at + 1, Home: 0, End: seen.length - 1 }[event.key];
      if (at < 0 || to === undefined || !seen[to]) return;
      event.preventDefault();
      seen[to].focus();
    };
  }
  const list = document.getElementById("group-list");
  if (list) list.addEventListener("keydown", walk(items, "ArrowUp", "ArrowDown"));
  document.querySelector("header nav").addEventListener("keydown", walk(tabs, "ArrowLeft", "ArrowRight"));

  const text = document.getElementById("filter-text");
  if (text) {
    const status = document.getElementById("filter-status");
    const buttons = Array.from(document.querySelectorAll("[data-show]"));
    const entries = Array.from(list.children).map(function (item) {
      return { item: item, text: item.textContent.toLowerCase().replace(/\s+/g, " ") };
    });
    let kind = "all";
    const filter = function () {
      const wanted = text.value.trim().toLowerCase();
      let shown = 0;
      for (const entry of entries) {
        const fits = (kind === "all" || entry.item.classList.contains(kind)) && entry.text.includes(wanted);
        entry.item.hidden = !fits;
        if (fits) shown += 1;
      }
      status.textContent = shown === entries.length ? "" : shown + " of " + entries.length + " groups";
    };
    text.addEventListener("input", filter);
    text.form.addEventListener("submit", function (event) { event.preventDefault(); });
    for (const button of buttons) {
      button.addEventListener("click", function () {
        kind = button.dataset.show;
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        filter();
      });
    }
  }

  // The matrix is a grid: one stop for Tab, arrow keys within.
  const table = document.getElementById("matrix-table");
  if (table) {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-readonly", "true");
    table.parentElement.removeAttribute("tabindex");
    const status = document.getElementById("matrix-status");
    const body = table.tBodies[0];
    let here = body.rows[0].cells[1];
    here.tabIndex = 0;
    table.addEventListener("keydown", function (event) {
      const cell = event.target.closest("td");
      if (!cell) return;
      const row = cell.parentElement.rowIndex - 1;
      const column = cell.cellIndex;
      const end = body.rows[row].cells.length - 1;
      const to = {
        ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
        ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
        Home: [event.ctrlKey ? 0 : row, 1], End: [event.ctrlKey ? body.rows.length - 1 : row, end],
      }[event.key];
      if (!to) return;
      event.preventDefault();
      const next = body.rows[to[0]] && to[1] > 0 && body.rows[to[0]].cells[to[1]];
      if (next) next.focus();
    });
    table.addEventListener("focusin", function (event) {
      const cell = event.target.closest("td");
      if (!cell) return;
      here.tabIndex = -1;
      here = cell;
      here.tabIndex = 0;
      const row = cell.parentElement;
      const names = table.tHead.rows[0].cells;
      status.textContent = row.cells[0].textContent + ", " + names[cell.cellIndex].textContent + ": " +
        ((cell.getAttribute("aria-label") || "").replace(/^all: /, "") || "nothing changed");
    });
    for (const cell of body.querySelectorAll("td")) if (cell !== here) cell.tabIndex = -1;
  }

  // On paper nothing can be unfolded.
  window.addEventListener("beforeprint", function () {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
});
