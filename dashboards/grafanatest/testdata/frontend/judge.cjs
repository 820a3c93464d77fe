// Gives the values of frames the texts that Grafana shows, with its own front-end library, in the dark and in the light theme, and
// prints a line for each fault: node judge.cjs FILE, where FILE holds [{board, frames: {title of a panel: frame}}]. A frame has the
// form in which Grafana's server sends it.
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('', { url: 'http://localhost/' });
for (const [name, value] of Object.entries({ window, document: window.document, navigator: window.navigator })) {
  Object.defineProperty(globalThis, name, { value, configurable: true }); // the library is made for a browser
}
const grafana = require('@grafana/data');
const { readFileSync } = require('fs');

const { known, fieldConfigRegistry, replaceVariables } = require('./settings.cjs');

function* faults(panel, json, theme) {
  const ids = (panel.fieldConfig.overrides ?? []).flatMap((o) => o.properties.map((p) => p.id));
  for (const id of new Set([...ids, ...Object.keys(panel.fieldConfig.defaults).filter((id) => id !== 'custom')])) {
    if (!known.some((s) => s.id === id)) yield `there is no setting ${id}`;
  }
  const frame = grafana.dataFrameFromJSON(json);
  for (const { matcher } of panel.fieldConfig.overrides ?? []) {
    if (!grafana.fieldMatchers.getIfExists(matcher.id)) yield `there is no matcher ${matcher.id}`;
    const names = (f) => [f.name, grafana.getFieldDisplayName(f, frame)];
    if (matcher.id === 'byName' && frame.length > 0 && !frame.fields.some((f) => names(f).includes(matcher.options))) yield `no field ${matcher.options} has an override`;
  }
  const [shown] = grafana.applyFieldOverrides({ data: [frame], fieldConfig: panel.fieldConfig, fieldConfigRegistry, replaceVariables, theme, timeZone: 'utc' });
  if (frame.length === 0 && ['stat', 'gauge', 'bargauge'].includes(panel.type)) {
    const values = grafana.getFieldDisplayValues({ data: [shown], fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables, theme, timeZone: 'utc' });
    const texts = values.map(({ display }) => grafana.formattedValueToString(display));
    if (!texts.every((text) => text.startsWith('No data because '))) yield `without rows it says ${JSON.stringify(texts)}`;
    const width = ((panel.gridPos.w / 24) * 1900) / (panel.options.orientation === 'horizontal' ? 1 : texts.length); // of a screen of 1900 points, on which a letter is half as wide as high
    for (const text of texts) if (width / text.length / 0.55 < 11) yield `without rows its text is ${Math.round(width / text.length / 0.55)} points high: ${text}`;
  }
  for (const field of shown.fields) {
    const name = grafana.getFieldDisplayName(field, shown);
    if (field.type !== 'time' && (name === '' || /undefined|\[object|\$\{/.test(name))) yield `a field is called ${JSON.stringify(name)}`;
    for (const [row, value] of field.values.entries()) {
      const text = grafana.formattedValueToString(field.display(value));
      if (/NaN|undefined|Invalid|\[object/.test(text)) yield `${name}: ${JSON.stringify(value)} is shown as ${text}`;
      if (Number.isInteger(value) && field.config.unit === 'none' && /\.0+$/.test(text)) yield `${name}: the count ${value} is shown as ${text}`;
      if (value === null && ['timeseries', 'status-history'].includes(panel.type) && text !== '') yield `${name}: a tooltip says "${text}" where this series has no point`;
      for (const link of field.getLinks?.({ valueRowIndex: row }) ?? []) {
        if (!/^(https:\/\/|\/d\/|$)/.test(link.href)) yield `${name}: the link ${link.href}`; // an empty one is not shown
      }
    }
  }
}

const panels = (list) => list.flatMap((p) => [p, ...panels(p.panels ?? [])]);
const found = new Set();
let texts = 0;
for (const { board, frames } of JSON.parse(readFileSync(process.argv[2]))) {
  for (const mode of ['dark', 'light']) {
    for (const panel of panels(board.panels)) {
      if (panel.type === 'row' || !(panel.title in frames)) continue;
      texts++;
      for (const fault of faults(panel, frames[panel.title], grafana.createTheme({ colors: { mode } }))) found.add(`${board.uid}: ${panel.title}: ${fault}`);
    }
  }
}
if (texts === 0) found.add('no panel has a frame');
console.log([...found].map((fault) => `fault: ${fault}`).join('\n'));
