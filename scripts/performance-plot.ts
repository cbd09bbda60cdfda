/** How reading grows with the image: four small plots in one picture, readable in light and in dark mode. */

export interface ScalePoint {
  kind: string;
  size: number;
  figures: Record<string, { cpu: number; memory: number }>;
}

const WIDTH = 860;
const PANEL = { width: 360, height: 170, left: 60, top: 44, gapX: 70, gapY: 76 };
const SERIES = [
  { name: "inspect", mark: "own" },
  { name: "bare loop", mark: "bare" },
];

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    .small { font-size: 11px; fill: #59636e }
    .title { font-weight: 600 }
    .grid { stroke: #d1d9e0; stroke-width: 1 }
    .own { stroke: #0969da; fill: #0969da }
    .bare { stroke: #818b98; fill: #818b98 }
    polyline { fill: none !important; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .small { fill: #9198a1 }
      .grid { stroke: #3d444d }
      .own { stroke: #4493f8; fill: #4493f8 }
      .bare { stroke: #9198a1; fill: #9198a1 }
    }`;

interface Panel {
  title: string;
  kind: string;
  figure: "cpu" | "memory";
  unit: string;
}

const PANELS: Panel[] = [
  { title: "CPU seconds by MB unpacked", kind: "MB", figure: "cpu", unit: "s" },
  { title: "Peak memory by MB unpacked", kind: "MB", figure: "memory", unit: "MB" },
  { title: "CPU seconds by entries", kind: "entries", figure: "cpu", unit: "s" },
  { title: "Peak memory by entries", kind: "entries", figure: "memory", unit: "MB" },
];

/** @param points as the benchmark writes them @returns SVG */
export function plotScale(points: readonly ScalePoint[]): string {
  const height = PANEL.top + 2 * PANEL.height + PANEL.gapY + 44;
  const panels = PANELS.map((panel, i) => {
    const x = PANEL.left + (i % 2) * (PANEL.width + PANEL.gapX);
    const y = PANEL.top + Math.floor(i / 2) * (PANEL.height + PANEL.gapY);
    const chosen = points.filter(({ kind }) => kind === panel.kind);
    return `  <g transform="translate(${x} ${y})">\n${drawPanel(panel, chosen)}\n  </g>`;
  });
  const label = "CPU time and peak memory of inspect and of a bare loop, by bytes and by entries of the image";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">`,
    `  <style>${STYLE}\n  </style>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, figure, unit }: Panel, points: readonly ScalePoint[]): string {
  const widest = Math.max(...points.map(({ size }) => size));
  const most = roundUp(Math.max(...points.flatMap(({ figures }) => Object.values(figures).map((one) => one[figure]))));
  const x = (size: number) => round((size / widest) * PANEL.width);
  const y = (value: number) => round(PANEL.height - (value / most) * PANEL.height);
  const lines = [0, 0.5, 1].map(
    (part) =>
      `    <line class="grid" x1="0" x2="${PANEL.width}" y1="${y(part * most)}" y2="${y(part * most)}"/><text class="small" x="-8" y="${y(part * most) + 4}" text-anchor="end">${round(part * most)} ${unit}</text>`,
  );
  const ticks = points
    .filter(({ size }, i) => i === 0 || size >= widest / 8)
    .map(
      ({ size }) =>
        `    <text class="small" x="${x(size)}" y="${PANEL.height + 18}" text-anchor="${size === widest ? "end" : "middle"}">${short(size)}</text>`,
    );
  const curves = SERIES.map(({ name, mark }) => {
    const at = points.flatMap(({ size, figures }) => {
      const one = figures[name];
      return one === undefined ? [] : [{ x: x(size), y: y(one[figure]) }];
    });
    return { name, mark, at, last: at.at(-1) ?? { x: 0, y: 0 } };
  });
  const top = Math.min(...curves.map(({ last }) => last.y));
  const drawn = curves.map(({ name, mark, at, last }) => {
    const dots = at.map((dot) => `<circle class="${mark}" cx="${dot.x}" cy="${dot.y}" r="3"/>`).join("");
    const path = at.map((dot) => `${dot.x},${dot.y}`).join(" ");
    const label = round(last.y === top ? last.y - 10 : last.y + 20);
    return `    <polyline class="${mark}" points="${path}"/>${dots}<text x="${round(last.x - 6)}" y="${label}" text-anchor="end">${name}</text>`;
  });
  return [`    <text class="title" x="0" y="-14">${title}</text>`, ...lines, ...ticks, ...drawn].join("\n");
}

/** The next 1, 2, 4, 5 or 8 of its power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 8, 10].find((step) => step * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function short(size: number): string {
  return size >= 10_000 ? `${size / 1000}k` : `${size}`;
}
