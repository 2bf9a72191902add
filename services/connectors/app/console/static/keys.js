// The keyboard: "/" searches, or filters where a page has a filter of its own, "g" and a letter goes to a place, "?"
// helps. Nothing while somebody types.
(() => {
  const places = { o: "/", a: "/alerts", e: "/events", r: "/rules", c: "/connectors", s: "/settings" };
  let going = 0;
  window.aisocHelp = () => document.getElementById("open-help")?.click();
  const typing = (target) => target.closest("input, textarea, select, [contenteditable=true], .cm-editor") !== null;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      (document.querySelector(".page-filter input") ?? document.querySelector(".search input"))?.focus();
    } else if (event.key === "?") {
      window.aisocHelp();
    } else if (event.key === "g") {
      going = Date.now();
      return;
    } else if (Date.now() - going < 1500 && places[event.key]) {
      event.preventDefault(); // so that a page does not take the letter for one of its own keys
      location.assign(places[event.key]);
    }
    going = 0;
  });
})();
