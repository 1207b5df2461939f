// Draws how long one process took over the weeks, beside what was usual; a table says the same.
"use strict";
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let [plot, drawn] = [null, null];

  const short = (seconds) => {
    if (seconds === null || seconds === undefined) return "–";
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    if (hours) return `${hours}h${String(minutes).padStart(2, "0")}m`;
    return minutes ? `${minutes}m${String(Math.round(seconds % 60)).padStart(2, "0")}s` : `${Math.round(seconds)}s`;
  };
  const ROUND = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800];
  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

  function draw() {
    const [place, source] = [document.getElementById("chart"), document.getElementById("chart-data")];
    if (!place || !source || place.clientWidth === 0) return;
    const look = getComputedStyle(document.documentElement);
    const colour = (name) => look.getPropertyValue(name).trim();
    const state = [source.textContent, place.clientWidth, dark.matches].join();
    if (state === drawn) return;
    drawn = state;
    plot?.destroy();
    const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
    const edge = { stroke: colour("--c"), width: 1, points: { show: false }, value: (_, seconds) => short(seconds) };
    plot = new uPlot({
      width: place.clientWidth,
      height: 240,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { y: { range: (_, least, most) => [0, Math.max(most ?? 1, 1) * 1.1] } },
      axes: [
        { ...axis, values: (_, days) => days.map((one) => day(one).slice(5)), incrs: [1, 2, 7, 14].map((n) => n * 86400) },
        { ...axis, size: 64, values: (_, seconds) => seconds.map(short), incrs: ROUND },
      ],
      series: [
        { label: "Date", value: (_, seconds) => (seconds === null ? "–" : day(seconds)) },
        { label: "Usual from", ...edge },
        { label: "Usual to", ...edge },
        { label: "Took", stroke: colour("--ink"), width: 2, points: { show: true, size: 6 }, value: edge.value },
      ],
      bands: [{ series: [2, 1], fill: colour("--c-tint") }],
    }, JSON.parse(source.textContent), place);
  }

  draw();
  document.addEventListener("etl:shown", draw);
  dark.addEventListener("change", draw);
  addEventListener("resize", draw);
})();
