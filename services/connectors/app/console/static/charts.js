// Charts: dragging over bars chooses a range from the start.
window.aisocBrush = (chart) => {
  if (!chart || chart.aisocBrush) return;
  chart.aisocBrush = true;
  chart.dispatchAction({
    type: "takeGlobalCursor",
    key: "brush",
    brushOption: { brushType: "lineX", brushMode: "single" },
  });
};
