// Draws the charts of a page with uPlot: <figure data-chart> holds its numbers as JSON and a table that says the same.
// With data-chart-url the numbers are asked for again every data-chart-every seconds, until the answer says "done".
(() => {
  "use strict";
  const HEIGHT = 240;

  // Tabler's colours are expressions (light-dark(…)) that a canvas cannot read: the browser works them out on an element.
  const colour = (name) => {
    const probe = document.createElement("i");
    probe.className = `chart-colour-${name}`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };

  const words = (chart) => {
    const when = (options) => new Intl.DateTimeFormat(chart.language === "en" ? "en-GB" : chart.language, { timeZone: chart.zone, ...options });
    const number = new Intl.NumberFormat(chart.language);
    const hour = when({ hour: "2-digit", minute: "2-digit" });
    const day = when({ day: "numeric", month: "short" });
    const both = when({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    return {
      number: (value) => (value == null ? "–" : number.format(value)),
      tick: (ms) => (chart.by === "day" || hour.format(ms) === "00:00" ? day : hour).format(ms),
      moment: (ms) => (chart.by === "day" ? day : both).format(ms),
    };
  };

  // Bars stand on each other, so that their top is the sum; the legend still says each one's own number.
  const stacked = (chart) => {
    const sums = chart.times.map(() => 0);
    return chart.series.map(([, , numbers]) => numbers.map((value, at) => (sums[at] += value ?? 0)));
  };

  const columns = (chart) => {
    const series = chart.series.map(([, , numbers]) => numbers);
    return chart.kind === "bars" ? [chart.times, ...stacked(chart).reverse()] : [chart.times, ...series];
  };

  const settings = (figure, state, width) => {
    const { chart } = state;
    const say = words(chart);
    const bars = chart.kind === "bars";
    const step = chart.times.length > 1 ? chart.times[1] - chart.times[0] : 3_600_000;
    const order = bars ? [...chart.series.keys()].reverse() : [...chart.series.keys()];
    const axis = { stroke: colour("words"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
    const most = (max) => Math.max(4, max * 1.08);
    return {
      width, height: HEIGHT, ms: 1,
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars } },
      legend: { markers: { width: 0, fill: (u, at) => colour(chart.series[order[at - 1]][1]) } },
      scales: {
        x: { range: (u, min, max) => [min - step / 2, max + step / 2] },
        y: { range: (u, min, max) => [0, most(max ?? 0)] },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 64, values: (u, splits) => splits.map(say.tick) },
        { ...axis, size: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6], values: (u, splits) => splits.map(say.number) },
      ],
      series: [
        { label: figure.dataset.time, value: (u, at) => (at == null ? "–" : say.moment(at)) },
        ...order.map((index) => ({
          label: chart.series[index][0],
          stroke: colour(chart.series[index][1]),
          fill: bars ? colour(chart.series[index][1]) : undefined,
          width: bars ? 0 : 2,
          points: { show: false },
          paths: bars ? uPlot.paths.bars({ size: [0.72, 40], radius: 0.1 }) : uPlot.paths.linear(),
          value: (u, value, series, at) => {
            const own = at == null ? null : state.chart.series[index][2][at];
            return own == null ? "–" : `${say.number(own)}${chart.unit ? `\u00a0${chart.unit}` : ""}`;
          },
        })),
      ],
    };
  };

  const draw = (figure, state) => {
    const canvas = figure.querySelector(".chart-canvas");
    state.plot?.destroy();
    state.plot = new uPlot(settings(figure, state, canvas.clientWidth), columns(state.chart), canvas);
  };

  const refresh = async (figure, state) => {
    if (!figure.isConnected) return;
    try {
      const answer = await fetch(figure.dataset.chartUrl, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      const news = await answer.json();
      state.chart = { ...state.chart, ...news };
      if (news.series.length === state.plot.series.length - 1) state.plot.setData(columns(state.chart));
      else draw(figure, state);
      if (news.done) return;
    } catch { /* the server is away for a moment: ask again */ }
    later(figure, state);
  };
  const later = (figure, state) => setTimeout(() => refresh(figure, state), 1000 * Number(figure.dataset.chartEvery));

  const start = (figure) => {
    if (figure.dataset.drawn) return;
    figure.dataset.drawn = "yes";
    const state = { chart: JSON.parse(figure.querySelector("script").textContent), plot: null };
    draw(figure, state);
    document.addEventListener("mailhub:theme", () => figure.isConnected && draw(figure, state));
    new ResizeObserver(() => {
      const width = figure.querySelector(".chart-canvas").clientWidth;
      if (state.plot && width && width !== state.plot.width) state.plot.setSize({ width, height: HEIGHT });
    }).observe(figure);
    if (figure.dataset.chartUrl) later(figure, state);
  };

  const startAll = () => document.querySelectorAll("[data-chart]").forEach(start);
  startAll();
  document.addEventListener("htmx:load", startAll);
})();
