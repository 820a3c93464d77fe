// Draws dashboards with Grafana's component library in headless Chromium, in the dark and in the light theme: node draw.mjs FILE DIR,
// where FILE holds [{board, frames: {title of a panel: frame}}]. DIR gets a picture and a page of each, and a line is printed for
// each fault.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

// Grafana's tables are drawn by a fork of react-data-grid that is in no registry. The original gives contexts to React in a way that
// Grafana's version of React does not know.
const grid = {
  name: 'grid',
  setup: (bundle) => bundle.onLoad({ filter: /react-data-grid\/lib\/index\.js$/ }, ({ path }) => ({
    contents: readFileSync(path, 'utf8').replace(/(jsxs?)\((\w+Context),/g, '$1($2.Provider,'),
  })),
};

const bundled = await build({
  entryPoints: [join(here, 'draw.jsx')], bundle: true, write: false, outdir: here, format: 'iife', jsx: 'automatic', logLevel: 'error', loader: { '.ttf': 'dataurl' }, plugins: [grid],
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  alias: { '@grafana/data': join(here, 'node_modules/@grafana/data') },
});
const inScript = (js) => js.replaceAll('</script', '<\\/script');
const text = (ending) => bundled.outputFiles.filter((f) => f.path.endsWith(ending)).map((f) => f.text).join('\n');
const css = text('.css');
const js = inScript(text('.js'));

const [file, into] = process.argv.slice(2).map((path) => resolve(path));
mkdirSync(into, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
process.on('exit', () => rmSync(profile, { recursive: true, force: true }));
for (const { board, frames } of JSON.parse(readFileSync(file))) {
  const [, back, unit] = board.time.from.match(/^now-(\d+)([dh])/);
  const to = Date.now();
  const from = to - back * { d: 86400e3, h: 3600e3 }[unit];
  const height = Math.max(...board.panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * 38 + 80;
  for (const mode of ['dark', 'light']) {
    const page = join(into, `${board.uid}-${mode}`);
    writeFileSync(`${page}.html`, `<!doctype html><meta charset="utf-8"><title>${board.title}</title><style>${css}</style><body><div id="root"></div>
<script>window.drawing = ${inScript(JSON.stringify({ board, frames, mode, from, to }))}</script><script>${js}</script>`);
    const { status, stderr } = spawnSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-quic', `--user-data-dir=${profile}`, '--enable-logging=stderr', '--virtual-time-budget=20000',
      `--window-size=1602,${height}`, `--screenshot=${page}.png`, pathToFileURL(`${page}.html`).href], { encoding: 'utf8' });
    const said = [...stderr.matchAll(/CONSOLE[^\]]*\] "((?:fault|wide|drawn)[^]*?)", source:/g)].map((m) => m[1]);
    if (status !== 0 || !said.includes('drawn')) said.push(`fault: ${board.uid}: it was not drawn: ${stderr.slice(0, 2000)}`);
    for (const line of said) if (line !== 'drawn') console.log(line);
  }
}
