// Draws one dashboard with Grafana's own component library: window.drawing is {board, frames, mode, from, to}, with the frames by the
// titles of their panels, in the form in which Grafana's server sends them. What a reader could not see is said on the console.
import { Component } from 'react';
import { createRoot } from 'react-dom/client';
import * as data from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, PortalContainer, ThemeContext, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { fieldConfigRegistry, replaceVariables } from '../frontend/settings.cjs';

const { board, frames, mode, from, to } = window.drawing;
const theme = data.createTheme({ colors: { mode } });
const range = { from: data.dateTime(from), to: data.dateTime(to), raw: { from: data.dateTime(from), to: data.dateTime(to) } };

// Grafana lays panels out in 24 columns and lines of 30 points, 8 apart; this many points have they on a screen of 1920.
const screen = 1570;
const gap = 8;
const column = (screen - 23 * gap) / 24;
const across = (units) => Math.round(units * column + (units - 1) * gap);
const down = (units) => units * 30 + (units - 1) * gap;

// What the panels, which are not in the library, take for what a dashboard leaves open.
const open = {
  timeseries: {
    drawStyle: 'line', lineWidth: 1, fillOpacity: 0, lineInterpolation: 'linear', showPoints: 'auto', pointSize: 5, axisPlacement: 'auto', axisColorMode: 'text',
    gradientMode: 'none', barAlignment: 0, barWidthFactor: 0.6, spanNulls: false, scaleDistribution: { type: 'linear' }, stacking: { mode: 'none', group: 'A' },
    thresholdsStyle: { mode: 'off' }, hideFrom: { tooltip: false, viz: false, legend: false },
  },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
};

function Stat({ panel, frame, width, height }) {
  const { options, fieldConfig } = panel;
  const values = data.getFieldDisplayValues({ fieldConfig, reduceOptions: { calcs: [], ...options.reduceOptions }, replaceVariables, theme, data: [frame], timeZone: 'utc' });
  const named = values.length > 1 || options.textMode !== 'auto';
  return <VizRepeater {...{ width, height }} source={values} getValues={() => values} getAlignmentFactors={data.getDisplayValueAlignmentFactors} renderCounter={0} autoGrid orientation={options.orientation}
    renderValue={(at) => <BigValue value={named ? at.value.display : { ...at.value.display, title: undefined }} count={at.count} colorMode={options.colorMode} graphMode={options.graphMode}
      justifyMode={options.justifyMode} textMode={options.textMode} disableWideLayout={!options.wideLayout} alignmentFactors={at.alignmentFactors} text={options.text} width={at.width} height={at.height} theme={theme} />} />;
}

function Bars({ panel, frame, width, height }) {
  const { options, fieldConfig } = panel;
  const values = data.getFieldDisplayValues({ fieldConfig, reduceOptions: options.reduceOptions, replaceVariables, theme, data: [frame], timeZone: 'utc' });
  return <VizRepeater {...{ width, height }} source={values} getValues={() => values} getAlignmentFactors={data.getDisplayValueAlignmentFactors} renderCounter={0} itemSpacing={10}
    minVizWidth={options.minVizWidth} minVizHeight={options.minVizHeight} maxVizHeight={options.maxVizHeight} orientation={options.orientation}
    renderValue={(at) => <BarGauge value={at.value.display} field={at.value.field} display={at.value.view?.getFieldDisplayProcessor(at.value.colIndex)} displayMode={options.displayMode}
      valueDisplayMode={options.valueMode} namePlacement={options.namePlacement} showUnfilled={options.showUnfilled} text={options.text} alignmentFactors={at.alignmentFactors}
      orientation={at.orientation} itemSpacing={8} lcdCellWidth={12} width={at.width} height={at.height} theme={theme} />} />;
}

const Table = ({ panel, frame, width, height }) =>
  <TableNG data={frame} fieldConfig={panel.fieldConfig} cellHeight={panel.options.cellHeight} structureRev={1} timeRange={range} getActions={() => []} enableVirtualization={false} {...{ width, height }} />;

const Chart = ({ panel, frame, width, height }) =>
  <TimeSeries frames={[frame]} structureRev={1} timeRange={range} timeZone="utc" legend={panel.options.legend} options={panel.options} {...{ width, height }} />;

const Text = ({ width, height, children }) =>
  <div style={{ width, height, display: 'flex', alignItems: 'center', justifyContent: 'center', color: theme.colors.text.secondary }}>{children}</div>;

const views = { stat: Stat, bargauge: Bars, table: Table, timeseries: Chart };

function Panel({ panel }) {
  const { fieldConfig, gridPos, title, description, type } = panel;
  const [frame] = data.applyFieldOverrides({ data: [data.dataFrameFromJSON(frames[title])], fieldConfig, fieldConfigRegistry, replaceVariables, theme, timeZone: 'utc' });
  data.cacheFieldDisplayNames([frame]);
  for (const field of frame.fields) field.config = { ...field.config, custom: { ...open[type], ...field.config.custom } };
  const View = views[type];
  const empty = frame.length === 0 && (type === 'table' || type === 'timeseries');
  return (
    <PanelChrome width={across(gridPos.w)} height={down(gridPos.h)} title={title} description={description} padding={type === 'table' ? 'none' : 'md'}>
      {(width, height) => empty ? <Text {...{ width, height }}>{fieldConfig.defaults.noValue}</Text>
        : View ? <View {...{ panel, frame, width, height }} /> : <Text {...{ width, height }}>a {type} is not in Grafana's library</Text>}
    </PanelChrome>
  );
}

class Guard extends Component {
  state = {};
  static getDerivedStateFromError = (error) => ({ error });
  componentDidCatch(error) { console.log(`fault: ${board.uid}: ${this.props.title}: ${error.stack}`); }
  render() { return this.state.error ? String(this.state.error) : this.props.children; }
}

function Board() {
  const panels = board.panels.filter((p) => p.type === 'row' || p.title in frames);
  const at = ({ gridPos: { x, y, w, h } }) => ({ position: 'absolute', left: x * (column + gap), top: 40 + y * 38, width: across(w), height: down(h) });
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles isExtensionSidebarOpen={false} />
      <div style={{ position: 'relative', margin: 16, color: theme.colors.text.primary }}>
        <h2>{board.title}</h2>
        {panels.map((p) => (
          <div key={p.id} data-title={p.title} style={at(p)}>
            {p.type === 'row' ? <div style={{ fontWeight: 500, lineHeight: '30px' }}>⌄ {p.title}</div> : <Guard title={p.title}><Panel panel={p} /></Guard>}
          </div>
        ))}
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

// What stands outside of its cell to the left is not seen, nor is what the title of a column has beyond its cell. Grafana moves a table
// sideways whose columns need more room.
function measure() {
  for (const grid of document.querySelectorAll('[role=grid]')) {
    const at = `${board.uid}: ${grid.closest('[data-title]').dataset.title}`;
    if (grid.scrollWidth > grid.clientWidth + 1) console.log(`wide: ${at}: ${grid.scrollWidth} points in ${grid.clientWidth}`);
    for (const cell of grid.querySelectorAll('[role=columnheader], [role=gridcell]')) {
      const text = document.createRange();
      text.selectNodeContents(cell);
      const inside = text.getBoundingClientRect();
      const box = cell.getBoundingClientRect();
      const isTitle = cell.role === 'columnheader';
      if (inside.left < box.left - 1 || isTitle && inside.right > box.right + 1) console.log(`fault: ${at}: ${isTitle ? 'the title ' : ''}${cell.textContent} is cut`);
    }
  }
  console.log('drawn');
}

document.body.style.background = theme.colors.background.canvas;
createRoot(document.getElementById('root')).render(<Board />);
setTimeout(measure, 3000);
