// What Grafana itself knows of fields and variables, and its library does not.
const grafana = require('@grafana/data');

// The settings that a field can have are registered by Grafana itself, which is not in the library; what is done to their values is.
const number = grafana.numberOverrideProcessor;
const standard = { displayName: grafana.displayNameOverrideProcessor, noValue: grafana.stringOverrideProcessor, decimals: number, min: number, max: number };
for (const id of ['unit', 'mappings', 'thresholds', 'color', 'links']) standard[id] = grafana.identityOverrideProcessor;
const custom = ['align', 'axisPlacement', 'cellOptions', 'drawStyle', 'fillOpacity', 'filterable', 'hidden', 'hideFrom.viz', 'inspect', 'lineInterpolation', 'lineStyle',
  'lineWidth', 'minWidth', 'showPoints', 'stacking', 'width', 'wrapHeaderText'];
const setting = (path, process, isCustom) => ({
  id: isCustom ? `custom.${path}` : path, path, name: path, isCustom, process, override: process, shouldApply: () => true, settings: { expandTemplateVars: path === 'displayName' },
});
const known = [
  ...Object.entries(standard).map(([path, process]) => setting(path, process, false)),
  ...custom.map((path) => setting(path, grafana.identityOverrideProcessor, true)),
];
const fieldConfigRegistry = new grafana.FieldConfigOptionsRegistry(() => known);

// What stands in a name for a label of the series, and in the address of a link for the text of a field of the row; other variables are those of
// the dashboard.
function replaceVariables(text, scoped) {
  const at = scoped?.__dataContext?.value;
  return text
    .replace(/\$\{__field\.labels\.(\w+)\}/g, (all, label) => at?.field.labels?.[label] ?? all)
    .replace(/\$\{__data\.fields\.(\w+)\}/g, (all, name) => {
      if (!at?.frame.fields.some((f) => f.name === name)) return `no field ${name}`;
      return grafana.getFieldDisplayValuesProxy({ frame: at.frame, rowIndex: at.rowIndex })[name].toString();
    });
}

module.exports = { known, fieldConfigRegistry, replaceVariables };
