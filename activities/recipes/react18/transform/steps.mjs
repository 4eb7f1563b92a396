/**
 * The steps of the transform, in the order in which they are run.
 *
 * `pattern`: what a file's text must match; with `together`, also all patterns of one of these lists.
 * `needles`: a file without any of these strings is not read further. `rows`: the rows of the specification that a step does.
 * `finish`: the module that looks at the results of all files together. `needs`: what `options` must hold.
 */
export const STEPS = [
  { name: 'roots', pattern: /\b(unmountComponentAtNode|unstable_renderSubtreeIntoContainer|hydrate)\b|\.render\b|['"]render['"]|\brender\s*(as\b|[,}:=])|\brender\s*\(\s*[^)\s]|\bReactDOM\s*[,})]/, title: 'Create roots instead of rendering into containers', module: './roots/index.mjs', finish: './roots/across.mjs', rows: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11], needles: ['react-dom', 'ReactDOM', 'reactDom', 'ReactDom'], needs: [] },
  { name: 'server', pattern: /\brenderToNodeStream\b/, title: 'Stream with the new server functions', module: './server.mjs', rows: [9], needles: ['renderToNodeStream'], needs: [] },
  { name: 'lifecycles', pattern: /\bcomponentWill(Mount|ReceiveProps|Update)\b/, title: 'Name unsafe lifecycle methods so', module: './lifecycles.mjs', rows: [17], needles: ['componentWill'], needs: [] },
  { name: 'type-names', pattern: /\b(SFC|StatelessComponent|SFCElement|SFCFactory|ReactType|VFC|VoidFunctionComponent|RefForwardingComponent)\b/, title: 'Replace type names that React 18 removed', module: './type_names.mjs', rows: [12], needles: ['react'], needs: [] },
  { name: 'types', pattern: /^/, title: 'Fix what the new types report', module: './types.mjs', finish: './types.mjs', rows: [13, 14, 15, 16], needles: [''], needs: ['errors'] },
  { name: 'tests', pattern: /react-testing-library|@testing-library\/react|enzyme-adapter|react-dom\/test-utils|react-test-renderer|@cypress\/react|cypress\/react/, title: 'Move tests to the test library of React 18', module: './tests.mjs', finish: './tests.mjs', rows: [19], needles: ['react-testing-library', 'cypress/react', '@testing-library/dom', 'react-hooks', 'test-utils', 'enzyme', '@cypress/react', 'user-event', '@testing-library/react'], needs: [] },
  { name: 'docs', pattern: /\b(ReactDOM\.(render|hydrate|unmountComponentAtNode)\b|from ['"]react-dom['"]|require\(['"]react-dom['"]\))/, title: 'Update documentation that quotes the old calls', module: './docs.mjs', rows: [1], needles: ['ReactDOM', 'react-dom'], needs: [] },
  { name: 'report', pattern: /\bfindDOMNode\b|\buse(Layout)?Effect\b|\bsetState\b|\bie\s*(<=?\s*|>=?\s*)?\d+|browserslist/i, title: 'Report what a person should look at', module: './report.mjs', together: [[/\bfindDOMNode\b/], [/\buse(Layout)?Effect\b/, /\b(addEventListener|addListener|setInterval|subscribe|observe|on)\b[\s\])'"`!]{0,20}(\?\.)?\s{0,20}[(<]/], [/\bthis\.setState\(/, /\b(async|then|setTimeout|catch|finally|requestAnimationFrame)\b/, /\bthis\.(state|\w+\.current)\b/], [/\bie\s*(<=?\s*|>=?\s*)?\d+|browserslist/i]], rows: [8, 18, 22], needles: ['react', 'browserslist', 'ie ', 'IE '], needs: [] },
];

/** Whether a file's text has what the step looks for: no file is parsed in vain. */
export function mayMatch({ pattern, together }, text) {
  return pattern.test(text) && (!together || together.some((all) => all.every((one) => one.test(text))));
}

export function patternOf(name) {
  return STEPS.find((step) => step.name === name).pattern;
}
