// The chart of a report. The table below says the same, so that nothing is lost without it.

const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 2], [14, 4]];
const HUES = [212, 28, 150, 280, 0, 60, 190, 330];

const dark = matchMedia("(prefers-color-scheme: dark)");

function colours() {
  const style = getComputedStyle(document.body);
  return {
    text: style.getPropertyValue("color"),
    line: style.getPropertyValue("--line"),
    of: (index) => `hsl(${HUES[index % HUES.length]} 60% ${dark.matches ? 70 : 38}%)`,
  };
}

function draw(figure) {
  figure.querySelector(".uplot")?.remove();
  const chart = JSON.parse(figure.dataset.chart);
  const { text, line, of } = colours();
  const number = new Intl.NumberFormat(chart.locale);
  const day = new Intl.DateTimeFormat(chart.locale, { month: "short", day: "numeric", timeZone: "UTC" });
  const places = chart.labels.map((label, index) => (chart.lines ? Date.parse(`${label}T00:00:00Z`) / 1000 : index));
  const named = (value) =>
    value == null ? "" : chart.lines ? day.format(value * 1000) : Number.isInteger(value) ? chart.labels[value] ?? "" : "";
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const short = (label) => (label.length > 14 ? `${label.slice(0, 13)}…` : label);
  new uPlot({
    width: figure.clientWidth - 32,
    height: 260,
    scales: {
      x: { time: false, ...(chart.lines ? {} : { range: () => [-0.6, chart.labels.length - 0.4] }) },
      y: { range: (_, least, most) => [0, Math.max(1, most) * 1.1] },
    },
    axes: [
      { ...axis, values: (_, at) => at.map((value) => short(named(value))), ...(chart.lines ? {} : { incrs: [1, 2, 5, 10] }) },
      { ...axis, values: (_, at) => at.map((value) => number.format(value)), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] },
    ],
    series: [
      { label: chart.along, value: (_, value) => named(value) },
      ...chart.series.map(([label], index) => ({
        label,
        stroke: of(index),
        width: 2,
        dash: DASHES[index % DASHES.length],
        value: (_, value) => (value == null ? "–" : number.format(value)),
        ...(chart.lines ? {} : { dash: [], fill: of(index), paths: uPlot.paths.bars({ size: [0.6, 60] }) }),
      })),
    ],
  }, [places, ...chart.series.map(([, values]) => values)], figure);
}

const all = () => document.querySelectorAll("[data-chart]").forEach(draw);
all();
document.body.addEventListener("htmx:afterSettle", all);
dark.addEventListener("change", all);
let wide = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== wide) {
    wide = innerWidth;
    all();
  }
});
