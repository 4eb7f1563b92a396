/** Root rewrites that are run, of code that chooses, loads late, calls back in a row, or runs again. */
const head = "import React from 'react';\nimport ReactDOM from 'react-dom';\nimport { Counter, Old, log } from './parts';\n";
const late = "import React from 'react';\nimport { Counter, log } from './parts';\n";
const element = "document.getElementById('root')";

/** Renders, counts, renders again and unmounts: one mount, its state kept, one clean-up. */
const keepsState = async ({ run, at, click, expect, settle, log }) => {
  const module = run();
  const node = at('#root');
  await module.first(node);
  await settle();
  click('button');
  await settle();
  await module.again(node);
  await settle();
  expect(at('button')?.textContent, 'b1', 'text');
  await module.stop(node);
  await settle();
  expect(log.filter((line) => / c$/.test(line)), ['mount c', 'unmount c'], 'log');
};

const logs = (...lines) => async ({ run, expect, settle, log }) => {
  run();
  await settle();
  expect(log, lines, 'log');
};

/** Runs the module three times, as hot updates do, with what each run keeps for the next. */
const hot = { extra: () => ({ hot: { accept() {}, dispose(keep) { this.keep = keep; } } }), behave: async ({ run, extra, expect, settle, log, at }) => {
  for (let turn = 0; turn < 3; turn++) {
    run();
    await settle();
    const data = {};
    extra.hot.keep(data);
    extra.hot.data = data;
  }
  expect([at('button').textContent, log.filter((line) => line === 'mount c').length - log.filter((line) => line === 'unmount c').length], ['a0', 1], 'mounted');
} };

/** A test file: runs its tests, which wrap each update in `act` or none. */
const tested = (acts, ...lines) => async ({ run, expect, settle, log }) => {
  const tests = [];
  globalThis.it = (name, test) => tests.push(test);
  globalThis.IS_REACT_ACT_ENVIRONMENT = acts;
  run();
  for (const test of tests) await test();
  globalThis.IS_REACT_ACT_ENVIRONMENT = false;
  await settle();
  expect(log, lines, 'log');
};
const acted = head.replace('React from', 'React, { act } from');

export const cases = [
  { name: 'a container that is there only after a wait', before: `${head}async function go() {\n  await 0;\n  document.body.replaceChildren(Object.assign(document.createElement('div'), { id: 'late' }));\n  await 0;\n  ReactDOM.render(<Counter />, document.getElementById('late'));\n}\ngo();\nwindow.addEventListener('never', go);\n`, behave: logs('mount c'), has: 'getRoot(' },
  { name: 'callbacks in a row', before: `${head}const node = ${element};\nReactDOM.render(<Counter label="a" />, node, () => log.push('one'));\nReactDOM.render(<Counter label="b" />, node, () => log.push('two'));\n`, behave: logs('one', 'mount c', 'two') },
  { name: 'callback that renders again', before: `${head}const node = ${element};\nReactDOM.render(<Counter label="a" />, node, () => {\n  log.push('one');\n  ReactDOM.render(<Counter label="b" />, node, () => log.push('two'));\n});\n`, behave: logs('one', 'mount c', 'two') },
  { name: 'callback that unmounts', rows: [/while React renders or commits/], before: `${head}const node = ${element};\nReactDOM.render(<Old />, node, () => {\n  log.push(node.textContent);\n  ReactDOM.unmountComponentAtNode(node);\n});\n`, behave: logs('mount old', 'old', 'unmount old') },
  { name: 'callback that uses this by name', same: true, rows: [/uses `this`/], before: `${head}function done() { this.setState({}); }\nReactDOM.render(<Old />, ${element}, done);\n` },
  { name: 'assigned and never read', before: `${head}let app;\nexport function first() {\n  app = ReactDOM.render(<Counter label="a" />, ${element});\n}\nexport function again() {\n  app = ReactDOM.render(<Counter label="b" />, ${element});\n}\nexport const stop = () => ReactDOM.unmountComponentAtNode(${element});\n`, behave: keepsState },
  { name: 'hydrate or render, chosen once', html: '<div id="root"><i>old</i></div>', before: `${head}const node = ${element};\nconst show = node.hasChildNodes() ? ReactDOM.hydrate : ReactDOM.render;\nshow(<Old />, node, () => log.push('done'));\n`, behave: logs('mount old', 'done'), lacks: ['WeakMap', 'ReactDOM'] },
  { name: 'hydrate or render, chosen for several calls', before: `${head}const show = window.ssr ? ReactDOM.hydrate : ReactDOM.render;\nexport const first = (node) => { show(<Counter label="a" />, node); };\nexport const again = (node) => { show(<Counter label="b" />, node); };\nexport const stop = (node) => [node].forEach(ReactDOM.unmountComponentAtNode);\n`, behave: keepsState, has: 'forEach(unmountRoot)' },
  { name: 'awaited import', before: `${late}export async function first(node) {\n  const { render } = await import('react-dom');\n  render(<Counter label="a" />, node);\n}\nexport async function again(node) {\n  const ReactDOM = (await import('react-dom')).default;\n  ReactDOM.render(<Counter label="b" />, node);\n}\nexport async function stop(node) {\n  const { default: ReactDOM } = await import('react-dom');\n  ReactDOM.unmountComponentAtNode(node);\n}\n`, behave: keepsState, has: "const { createRoot } = await import('react-dom/client');", lacks: "import('react-dom')" },
  { name: 'import with then', before: `${late}import('react-dom').then((ReactDOM) => {\n  ReactDOM.render(<Counter label="a" />, ${element});\n});\n`, behave: logs('mount c'), has: "import('react-dom/client').then(({ createRoot }) => {\n  const root = createRoot(" },
  { name: 'own hot updates of a constant', ...hot, before: `${head}ReactDOM.render(<Counter label="a" />, ${element});\nif (module.hot) {\n  module.hot.accept();\n}\n` },
  { name: 'own hot updates of a function', ...hot, before: `${head}const show = (node) => {\n  ReactDOM.render(<Counter label="a" />, node);\n};\nshow(${element});\nmodule.hot.accept();\n` },
  { name: 'a list that is unmounted by another look-up', html: '<div id="root" class="w"></div>', before: `${head}document.querySelectorAll('.w').forEach((node) => {\n  ReactDOM.render(<Old />, node);\n});\nArray.from(document.getElementsByClassName('w')).forEach((node) => {\n  ReactDOM.unmountComponentAtNode(node);\n});\n`, has: 'unmountRoot(node);' },
  { name: 'a list of which one is unmounted', html: '<div id="root" class="w"></div>', before: `${head}document.querySelectorAll('.w').forEach((node) => {\n  ReactDOM.render(<Counter label="a" />, node);\n});\nexport const first = () => {};\nexport const again = () => {\n  document.querySelectorAll('.w').forEach((node) => {\n    ReactDOM.render(<Counter label="b" />, node);\n  });\n};\nexport const stop = () => ReactDOM.unmountComponentAtNode(document.querySelector('#root.w'));\n`, behave: keepsState },
  { name: 'a helper of tests that renders', file: 'a.test.jsx', before: `${head}const show = (label, node) => ReactDOM.render(<Counter label={label} />, node);\nit('a', () => {\n  const div = document.createElement('div');\n  show('a', div);\n  log.push(div.textContent);\n  show('b', div);\n  log.push(div.textContent);\n});\n`, behave: tested(false, 'mount c', 'a0', 'b0'), has: 'ReactDOM.flushSync(() => getRoot(node).render(' },
  { name: 'a helper of tests whose instance is used', file: 'a.test.jsx', same: true, rows: [/is used/], before: `${head}function show(element) {\n  return ReactDOM.render(element, show.node);\n}\nit('a', () => {\n  log.push(show(<Old />).props);\n});\n` },
  { name: 'instance read by the next of a promise', same: true, rows: [/is used/], before: `${head}Promise.resolve().then(() => ReactDOM.render(<Old />, ${element})).then((old) => old.setState({}));\n` },
  { name: 'act', file: 'a.test.jsx', before: `${acted}it('a', async () => {\n  const div = document.createElement('div');\n  act(() => {\n    ReactDOM.render(<Counter label="a" />, div);\n  });\n  await act(async () => {\n    ReactDOM.render(<Counter label="b" />, div);\n  });\n  log.push(div.textContent);\n  act(() => {\n    ReactDOM.unmountComponentAtNode(div);\n  });\n});\n`, behave: tested(true, 'mount c', 'b0', 'unmount c'), lacks: 'WeakMap' },
];
