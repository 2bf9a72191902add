// Copies the text of an element; the button shows for a moment that it worked.
window.aisocCopyShown = async (button, id) => {
  const element = document.getElementById(id);
  if (!element) return;
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  // Without https the clipboard is closed to scripts, but the selection can be copied.
  let done = false;
  try {
    await navigator.clipboard.writeText(element.textContent);
    done = true;
  } catch {
    done = document.execCommand("copy");
  }
  if (done) selection.removeAllRanges();
  Quasar.Notify.create({ message: done ? "Copied" : "Selected: copy it with Ctrl+C", timeout: 1500 });
};
