/**
 * The steps of the transform, in the order in which they are run.
 *
 * `needles`: a file without any of these strings is not read further. `rows`: the rows of the specification that a step does.
 * `needs`: what `options` must hold.
 */
export const STEPS = [
  { name: 'roots', title: 'Create roots instead of rendering into containers', module: './roots/index.mjs', rows: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11], needles: ['react-dom', 'ReactDOM', 'reactDom', 'ReactDom'], needs: [] },
  { name: 'server', title: 'Stream with the new server functions', module: './server.mjs', rows: [9], needles: ['renderToNodeStream'], needs: [] },
  { name: 'lifecycles', title: 'Name unsafe lifecycle methods so', module: './lifecycles.mjs', rows: [17], needles: ['componentWill'], needs: [] },
  { name: 'type-names', title: 'Replace type names that React 18 removed', module: './type_names.mjs', rows: [12], needles: ['react'], needs: [] },
  { name: 'types', title: 'Fix what the new types report', module: './types.mjs', rows: [13, 14, 15, 16], needles: [''], needs: ['before', 'after'] },
  { name: 'tests', title: 'Move tests to the test library of React 18', module: './tests.mjs', rows: [19], needles: ['react-hooks', 'test-utils', 'enzyme', '@cypress/react', 'user-event', '@testing-library/react'], needs: [] },
  { name: 'docs', title: 'Update documentation that quotes the old calls', module: './docs.mjs', rows: [1], needles: ['ReactDOM', 'react-dom'], needs: [] },
  { name: 'report', title: 'Report what a person should look at', module: './report.mjs', rows: [8, 18, 22], needles: ['react', 'browserslist', 'ie 11', 'IE 11'], needs: [] },
];
