// The events page: rows come from the server as one scrolls, the address follows the search.
// All texts of events become text nodes here, never markup.
window.aisocEvents = (() => {
  const narrow = window.matchMedia("(max-width: 700px)");
  const kept = "aisoc.events.columns";
  const waiting = new Map();
  let grid = null;
  let generation = 0;
  let requests = 0;

  const node = (tag, classes, text) => {
    const made = document.createElement(tag);
    made.className = classes;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const chip = (row) => {
    const made = node("span", `chip severity-${row.severity}`, row.severity);
    made.title = row.reason;
    return made;
  };
  const card = (params) => {
    if (!params.data) return node("div", "event-card loading");
    const row = params.data;
    const made = node("div", "event-card");
    const first = node("div", "event-card-line");
    first.append(chip(row), node("span", "quiet small number", row.time), node("span", "quiet small", row.outcome));
    made.append(first, node("div", "strong event-card-text", row.title));
    made.append(node("div", "quiet small event-card-text", [row.actor, row.resource].filter(Boolean).join(" · ")));
    return made;
  };
  const columns = () => {
    const time = { colId: "time", headerName: "Time (UTC)", field: "time", sort: oldest() ? "asc" : "desc",
      sortable: true, sortingOrder: ["desc", "asc"], width: 184, cellClass: "number" };
    if (narrow.matches) return [{ ...time, flex: 1, cellRenderer: card, cellClass: "event-card-cell" }];
    return [
      time,
      { colId: "severity", headerName: "Severity", field: "severity", width: 110,
        cellRenderer: (params) => (params.data ? chip(params.data) : "") },
      { colId: "title", headerName: "Operation", field: "title", flex: 3, minWidth: 160 },
      { colId: "actor", headerName: "Actor", field: "actor", flex: 2, minWidth: 110 },
      { colId: "resource", headerName: "Resource", field: "resource", flex: 2, minWidth: 110 },
      { colId: "outcome", headerName: "Status", field: "outcome", width: 112 },
      { colId: "ip", headerName: "Address", field: "ip", width: 126 },
      { colId: "connector", headerName: "Connector", field: "connector", width: 115, hide: window.innerWidth < 1440 },
    ].map((column) => ({ tooltipField: column.field === "severity" ? undefined : column.field, ...column }));
  };
  const oldest = () => new URLSearchParams(location.search).get("order") === "oldest";
  const datasource = () => ({
    getRows: (params) => {
      const request = ++requests;
      waiting.set(request, params);
      const block = Math.floor(params.startRow / (params.endRow - params.startRow));
      emitEvent("aisoc_rows", { request, generation, block, oldest: params.sortModel[0]?.sort === "asc" });
    },
  });
  const keep = (event) => {
    if (narrow.matches || !event.source?.startsWith("ui") && event.type !== "columnVisible") return;
    localStorage.setItem(kept, JSON.stringify(grid.getColumnState()));
  };
  const restore = () => {
    try {
      const state = JSON.parse(localStorage.getItem(kept) ?? "null");
      if (Array.isArray(state) && !narrow.matches) {
        grid.applyColumnState({ state: state.map(({ sort, sortIndex, ...rest }) => rest), applyOrder: true });
      }
    } catch {
      localStorage.removeItem(kept);
    }
  };
  const open = (row) => row && emitEvent("aisoc_open", row.id);
  const options = {
    columns,
    datasource,
    rowHeight: () => (narrow.matches ? 86 : 38),
    rowId: (params) => params.data.id,
    ready: (event) => {
      grid = event.api;
      import("nicegui-echart"); // the bars come after the rows, but need not wait for their program
      restore();
      for (const type of ["columnResized", "columnMoved", "columnVisible"]) grid.addEventListener(type, keep);
    },
    clicked: (event) => open(event.data),
    pressed: (event) => {
      if (event.event.key === "Enter") open(event.data);
    },
  };

  return {
    ...options,
    // The server answers: rows, and the number of all once the last are among them.
    deliver: ({ request, rows, end, failed }) => {
      const params = waiting.get(request);
      waiting.delete(request);
      if (!params) return;
      if (failed) params.failCallback();
      else params.successCallback(rows, end ?? -1);
    },
    renew: (number, oldestFirst) => {
      generation = number;
      waiting.clear();
      grid?.applyColumnState({ state: [{ colId: "time", sort: oldestFirst ? "asc" : "desc" }] });
      grid?.setGridOption("datasource", datasource());
    },
    mark: (id) => {
      grid?.deselectAll();
      grid?.getRowNode(id)?.setSelected(true);
    },
    read: () => document.querySelector(".event-drawer")?.focus({ preventScroll: true }),
    focus: () => {
      const cell = grid?.getFocusedCell();
      if (cell) grid.setFocusedCell(cell.rowIndex, cell.column);
    },
    shown: () => (grid ? grid.getColumns().filter((column) => column.isVisible()).map((column) => column.getColId()) : []),
    show: (column, visible) => grid?.setColumnsVisible([column], visible),
    forget: () => {
      localStorage.removeItem(kept);
      grid?.resetColumnState();
    },
    address: (address, push) => {
      if (address === location.pathname + location.search) return;
      history[push ? "pushState" : "replaceState"]({}, "", address);
    },
    suggest: (proposed) => window.aisocSuggest?.(proposed),
  };
})();

window.addEventListener("popstate", () => {
  if (location.pathname !== "/events") return;
  const asked = new URLSearchParams(location.search);
  emitEvent("aisoc_address", {
    q: asked.get("q") ?? "",
    event: asked.get("event") ?? "",
    oldest: asked.get("order") === "oldest",
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.querySelector(".event-drawer") || event.defaultPrevented) return;
  if (document.querySelector(".q-dialog, .q-menu, .suggestions:not([hidden])")) return;
  emitEvent("aisoc_close");
});

// Copying works without a secure connection too, where browsers have no clipboard.
window.aisocCopy = (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
};

// What the search box proposes while somebody types.
(() => {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.role = "listbox";
  list.ariaLabel = "Suggestions";
  list.hidden = true;
  let box = null;
  let proposed = null;
  let active = -1;
  let timer = 0;

  const close = () => {
    list.hidden = true;
    active = -1;
    box?.setAttribute("aria-expanded", "false");
    box?.removeAttribute("aria-activedescendant");
  };
  const choose = (number) => {
    active = number;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    if (active >= 0) box.setAttribute("aria-activedescendant", `suggestion-${active}`);
  };
  const accept = (number) => {
    const { text, start, end, found } = proposed;
    const { insert } = found[number];
    const after = insert.endsWith(":") ? "" : " ";
    box.value = text.slice(0, start) + insert + after + text.slice(end).trimStart();
    const place = start + insert.length + after.length;
    box.setSelectionRange(place, place);
    close();
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  };
  const item = (each, number) => {
    const made = document.createElement("li");
    made.id = `suggestion-${number}`;
    made.role = "option";
    const word = document.createElement("span");
    word.className = "mono";
    word.textContent = each.text;
    const help = document.createElement("span");
    help.className = "quiet small";
    help.textContent = each.help;
    made.append(word, help);
    made.addEventListener("mousedown", (event) => {
      event.preventDefault();
      accept(number);
    });
    return made;
  };
  window.aisocSuggest = (answer) => {
    if (!box || document.activeElement !== box || box.value !== answer.text) return;
    proposed = answer;
    list.replaceChildren(...answer.found.map(item));
    if (!answer.found.length) return close();
    const place = box.closest(".search").getBoundingClientRect();
    list.style.left = `${place.left}px`;
    list.style.top = `${place.bottom + 4}px`;
    list.style.width = `${place.width}px`;
    if (!list.isConnected) document.body.append(list);
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    choose(-1);
  };
  document.addEventListener("input", (event) => {
    if (location.pathname !== "/events" || !event.target.closest?.(".search")) return;
    box = event.target;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) {
      box.setAttribute(name, value);
    }
    clearTimeout(timer);
    timer = setTimeout(() => emitEvent("aisoc_typed", { text: box.value, place: box.selectionStart ?? 0 }), 120);
  });
  document.addEventListener("focusout", (event) => event.target === box && close());
  // Before the box itself hears of it: Enter takes what is chosen and does not search yet.
  document.addEventListener("keydown", (event) => {
    if (event.target === box && event.key === "Enter") clearTimeout(timer);
    if (list.hidden || event.target !== box) return;
    const size = list.children.length;
    if (event.key === "ArrowDown") choose((active + 1) % size);
    else if (event.key === "ArrowUp") choose((active + size - 1) % size);
    else if ((event.key === "Enter" && active >= 0) || event.key === "Tab") accept(Math.max(active, 0));
    else {
      if (event.key === "Enter" || event.key === "Escape") close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
