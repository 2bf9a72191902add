// The alerts' keyboard, the choice of several, and the address. What is shown the server draws; here nothing is drawn.
window.aisocAlerts = (() => {
  let current = null;
  const all = (what) => [...document.querySelectorAll(what)];
  const rows = () => all("[data-alert]");
  const row = (id) => rows().find((each) => each.dataset.alert === id);
  const link = (each) => each?.querySelector(".alert-title");
  const boxes = () => all(".alert-choice");
  const chosen = () => rows().filter((each) => each.querySelector(".alert-choice")?.checked).map((each) => each.dataset.alert);
  const drawer = () => document.querySelector(".alert-drawer");
  const alone = () => document.querySelector("[data-only-alert]")?.dataset.onlyAlert;
  const tell = () => {
    const whole = document.querySelector(".alert-choice-all");
    const count = boxes().filter((box) => box.checked).length;
    if (whole) [whole.checked, whole.indeterminate] = [count > 0 && count === boxes().length, count > 0 && count < boxes().length];
    emitEvent("aisoc_alerts_chosen", chosen());
  };
  const mark = (id) => {
    current = id;
    for (const each of rows()) each.classList.toggle("current", each.dataset.alert === id);
  };
  const move = (step) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((each) => each.dataset.alert === (current ?? focused()));
    const next = list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + step))];
    mark(next.dataset.alert);
    next.scrollIntoView({ block: "nearest" });
    if (drawer()) emitEvent("aisoc_alert_open", current);
    else link(next).focus({ preventScroll: true });
  };
  const focused = () => document.activeElement?.closest("[data-alert]")?.dataset.alert ?? null;
  // What a key is about: the alert of this page, those that are chosen, or the one that the reader is at.
  const meant = () => {
    if (alone()) return [alone()];
    if (!drawer() && chosen().length) return chosen();
    const at = focused() ?? (row(current) ? current : null);
    return at ? [at] : [];
  };
  // What the server has sent is there a moment later.
  const focus = (find, preventScroll, tries = 60) => {
    const found = find();
    if (found) found.focus({ preventScroll });
    else if (tries) requestAnimationFrame(() => focus(find, preventScroll, tries - 1));
  };
  const acts = { e: "close", a: "assign", n: "note" };
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable=true]") !== null;

  document.addEventListener("keydown", (event) => {
    if (!document.querySelector("[data-alerts-keys]") || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector(".q-dialog, .q-menu")) return;
    const steps = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
    const inDrawer = event.key.startsWith("Arrow") && event.target.closest(".alert-drawer");
    if (steps[event.key] && rows().length && !inDrawer) {
      event.preventDefault();
      move(steps[event.key]);
    } else if (acts[event.key] && meant().length) {
      event.preventDefault();
      emitEvent("aisoc_alert_key", { act: acts[event.key], ids: meant() });
    } else if (event.key === "x" && focused()) {
      row(focused()).querySelector(".alert-choice")?.click();
    }
  });
  document.addEventListener("focusin", (event) => {
    const id = event.target.closest?.("[data-alert]")?.dataset.alert;
    if (id) mark(id);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".alert-choice-all")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches(".alert-choice, .alert-choice-all")) tell();
  });

  return {
    mark,
    // The rows changed: whoever stood at one that is gone goes on at its neighbour, if the focus went with it.
    gone: (ids) => {
      const list = rows();
      const at = list.findIndex((each) => each.dataset.alert === (focused() ?? current));
      if (at < 0 || !ids.includes(list[at].dataset.alert)) return;
      const left = (each) => !ids.includes(each.dataset.alert);
      const next = list.slice(at).find(left) ?? list.slice(0, at).reverse().find(left);
      const had = focused() !== null || document.activeElement === document.body;
      mark(next?.dataset.alert ?? null);
      if (next && had) link(next).focus({ preventScroll: true });
    },
    choose: () => {
      for (const box of boxes()) box.checked = false;
      tell();
    },
    chosen: tell,
    note: () => focus(() => document.querySelector(".note-box:not(.q-dialog *) textarea"), false),
    read: () => focus(drawer, true),
    back: (id) => link(row(id) ?? row(current))?.focus({ preventScroll: true }),
    address: (address, push) => {
      if (address === location.pathname + location.search) return;
      history[push ? "pushState" : "replaceState"]({}, "", address);
    },
  };
})();

window.addEventListener("popstate", () => {
  if (location.pathname === "/alerts") emitEvent("aisoc_alerts_address", location.search.slice(1));
});
