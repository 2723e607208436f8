// <hg-chart>: draws the figures of a JSON address; the table below it stays for everyone.
//   data-chart   sankey | bars | line
//   data-source  address of the JSON
//   data-label   one sentence for screen readers
// JSON: {unit: "yuan" | "minute" | "count",
//        sankey: nodes [{name, short?, room?, url?}], links [{source, target, value, url?}]
//        bars, line: categories [text], series [{name, data: [number | {value, url}]}]}
// Money arrives in fen and is written in yuan here, on the last step; minutes are written in hours.
import * as echarts from "echarts/core";
import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  AriaComponent,
  BarChart,
  GridComponent,
  LegendComponent,
  LineChart,
  SankeyChart,
  SVGRenderer,
  TooltipComponent,
]);

const INK = "#1f2d2c";
const RULE = "#d6cdb9";
const SERIES = ["#125650", "#a8671a", "#2a456e", "#8c2418", "#6d7f3f"];
const ROOMS = {
  available: "#e4dbc3",
  reserved: "#cfe3da",
  encumbered: "#8fc0b2",
  accrued: "#3d8479",
  disbursed: "#0c3f3b",
};

const write = {
  yuan: (fen) =>
    (fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  hour: (hours) => hours.toLocaleString("zh-CN", { maximumFractionDigits: 2 }),
  count: (value) => value.toLocaleString("zh-CN"),
};
const shorten = {
  yuan: (fen) => (fen / 100).toLocaleString("zh-CN", { maximumFractionDigits: 0 }),
  hour: write.hour,
  count: write.count,
};

// An axis counts in round numbers of what it is marked in.
function inHours(figures) {
  if (figures.unit !== "minute") return figures;
  const series = figures.series.map((one) => ({
    ...one,
    data: one.data.map((mark) => ({ ...mark, value: mark.value / 60 })),
  }));
  return { ...figures, unit: "hour", series };
}

// Follows the page's type size, so that large type is large in pictures too.
function textSize() {
  return parseFloat(getComputedStyle(document.body).fontSize) * 0.875;
}

function common(figures, label) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return {
    animation: false,
    aria: { enabled: true, label: { description: label }, decal: { show: true } },
    color: SERIES,
    textStyle: { color: INK, fontFamily, fontSize: textSize() },
    tooltip: {
      // The HTML tooltip would set inline styles, which the security policy forbids.
      renderMode: "richText",
      valueFormatter: (value) => write[figures.unit](value),
    },
  };
}

// About as wide as the words will be: a Chinese character is a square, a letter half of one.
function widthOf(words) {
  return [...words].reduce((sum, sign) => sum + (sign.charCodeAt(0) > 0xff ? 1 : 0.6), 0);
}

// On a phone there is room for a short name only; the table has the rest.
const PHONE = 480;

function labelOf(node, { fed, feeds, narrow, size }) {
  const written = (name, value) => `${name} ${write.yuan(value)}`;
  if (!feeds.has(node.name)) return { formatter: ({ name, value }) => written(name, value) };
  // Who feeds others is named above its bar, where no band covers the words.
  const above = { position: [0, -1.5 * size], align: "left" };
  if (!narrow) return { ...(!fed.has(node.name) && above), formatter: ({ name, value }) => written(name, value) };
  return { ...above, formatter: () => node.short ?? node.name };
}

function sankey(figures, width) {
  const size = textSize();
  const narrow = width < PHONE;
  const fed = new Map();
  for (const { target, value } of figures.links) fed.set(target, (fed.get(target) ?? 0) + value);
  const feeds = new Set(figures.links.map(({ source }) => source));
  const ends = [...fed].filter(([name]) => !feeds.has(name));
  const widths = ends.map(([name, sum]) => widthOf(`${name} ${write[figures.unit](sum)}`));
  const data = figures.nodes.map((node) => ({
    ...node,
    label: labelOf(node, { fed, feeds, narrow, size }),
    itemStyle: { color: ROOMS[node.room] ?? SERIES[0], borderColor: INK, borderWidth: 0.5 },
  }));
  return {
    series: [
      {
        type: "sankey",
        data,
        links: figures.links,
        left: 8,
        top: 2 * size,
        right: (1 + Math.max(0, ...widths)) * size,
        nodeGap: 1.6 * size,
        layoutIterations: 0,
        label: { color: INK, fontSize: size },
        lineStyle: { color: "#8db8ac", opacity: 0.45 },
        emphasis: { focus: "adjacency" },
      },
    ],
  };
}

// Many bars, or bars with long names, lie down: then every name can be read.
function liesDown(type, categories) {
  return type === "bar" && (categories.length > 4 || categories.some((name) => name.length > 4));
}

function cartesian(type) {
  return (figures) => {
    const lying = liesDown(type, figures.categories);
    const size = textSize();
    const names = {
      type: "category",
      data: figures.categories,
      inverse: lying,
      axisLabel: { color: INK, fontSize: size, ...(lying && { width: 9 * size, overflow: "truncate", interval: 0 }) },
    };
    const values = {
      type: "value",
      axisLabel: { color: INK, fontSize: size, formatter: (value) => shorten[figures.unit](value) },
      splitLine: { lineStyle: { color: RULE } },
      splitNumber: lying ? 3 : 5,
    };
    return {
      grid: { left: 8, right: lying ? 28 : 16, top: figures.series.length > 1 ? 40 : 16, bottom: 8, containLabel: true },
      legend: { show: figures.series.length > 1, top: 0 },
      xAxis: lying ? values : names,
      yAxis: lying ? names : values,
      series: figures.series.map((one) => ({ ...one, type, barMaxWidth: 36, symbolSize: 7, showAllSymbol: true })),
    };
  };
}

const KINDS = { sankey, bars: cartesian("bar"), line: cartesian("line") };

class Chart extends HTMLElement {
  async connectedCallback() {
    const answer = await fetch(this.dataset.source, { credentials: "same-origin" }).catch(() => null);
    // Without figures the table below says everything; an empty frame would only alarm.
    if (!answer?.ok) return;
    const figures = inHours(await answer.json());
    const canvas = this.querySelector(".chart-picture");
    canvas.dataset.drawn = "";
    this.chart = echarts.init(canvas, null, { renderer: "svg" });
    this.chart.setOption({
      ...common(figures, this.dataset.label),
      ...KINDS[this.dataset.chart](figures, canvas.clientWidth),
    });
    this.chart.on("click", ({ data }) => data?.url && location.assign(data.url));
    this.observer = new ResizeObserver(() => this.chart.resize());
    this.observer.observe(canvas);
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    this.chart?.dispose();
  }
}

customElements.define("hg-chart", Chart);
