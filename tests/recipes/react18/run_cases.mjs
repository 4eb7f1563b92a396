/**
 * Runs every case in one process: migrates it, compares, migrates the result again, and runs it under React 18 and jsdom.
 * Prints `{ name: [what is wrong, …] }` as JSON.
 */
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { JSDOM } from 'jsdom';
import ts from 'typescript';

const transformFolder = new URL('../../../activities/recipes/react18/transform/', import.meta.url);
const { Source } = await import(new URL('common/source.mjs', transformFolder));
const { apply } = await import(new URL('common/edits.mjs', transformFolder));
const { STEPS } = await import(new URL('steps.mjs', transformFolder));

const dom = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
for (const name of ['window', 'document', 'navigator', 'HTMLElement', 'Node']) {
  Object.defineProperty(globalThis, name, { value: name === 'window' ? dom.window : dom.window[name], configurable: true });
}
const require = createRequire(import.meta.url);
const React = require('react');
const steps = {};
for (const { name, module } of STEPS) {
  try {
    steps[name] = await import(new URL(module, transformFolder));
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  }
}

export const settle = async () => {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** Components that tell what happens to them, for the cases to import as `./parts`. */
function makeParts(log) {
  const Counter = ({ name = 'c', label = '' }) => {
    const [count, setCount] = React.useState(0);
    React.useEffect(() => {
      log.push(`mount ${name}`);
      return () => log.push(`unmount ${name}`);
    }, []);
    return React.createElement('button', { onClick: () => setCount(count + 1) }, `${label}${count}`);
  };
  class Old extends React.Component {
    componentDidMount() {
      log.push('mount old');
    }
    componentWillUnmount() {
      log.push('unmount old');
    }
    render() {
      return React.createElement('i', null, this.props.label ?? 'old');
    }
  }
  return { Counter, Old, log };
}

function load(file, text, parts, extra) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.React, esModuleInterop: true };
  const code = ts.transpileModule(text, { compilerOptions, fileName: file }).outputText;
  const module = { exports: {}, hot: extra.hot };
  const given = (name) => (name === './parts' ? parts : (extra.modules?.[name] ?? require(name)));
  new Function('module', 'exports', 'require', code)(module, module.exports, given);
  return module.exports;
}

async function behave(one, text) {
  const log = [];
  const problems = [];
  const { error, warn } = console;
  console.error = console.warn = (...words) => problems.push(`console: ${words.join(' ').slice(0, 200)}`);
  document.body.innerHTML = one.html ?? '<div id="root"></div><div id="other"></div>';
  try {
    const expect = (actual, expected, what) => {
      if (JSON.stringify(actual) !== JSON.stringify(expected)) problems.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
    };
    const at = (selector) => document.querySelector(selector);
    const click = (selector) => at(selector).dispatchEvent(new window.MouseEvent('click', { bubbles: true }));
    const extra = one.extra?.(log) ?? {};
    const run = () => load(one.file ?? 'case.jsx', text, makeParts(log), extra);
    await one.behave({ run, log, expect, at, click, settle, extra });
    await settle();
  } catch (caught) {
    problems.push(`threw ${caught.stack.slice(0, 300)}`);
  } finally {
    Object.assign(console, { error, warn });
  }
  return problems;
}

function migrate(one, text) {
  const step = steps[one.step ?? 'roots'];
  const file = one.file ?? 'case.jsx';
  if (!step.candidate.test(text)) return { edits: [], leftovers: [], text };
  const isCode = /\.([cm]?[jt]s|[jt]sx)$/.test(file);
  const source = isCode && new Source(file, text);
  const result = source ? step.transform(source, one.options ?? {}) : step.transformText(file, text, one.options ?? {});
  for (const wish of one.step === 'types' ? result.facts.wishes : []) result.edits.push(...step.giveChildren('', wish, source));
  return { ...result, text: apply(text, result.edits) };
}

async function check(one) {
  const problems = [];
  const result = migrate(one, one.before);
  const reasons = result.leftovers.map((row) => row.reason);
  const wanted = one.rows ?? [];
  if (reasons.length !== wanted.length || !wanted.every((row, at) => row.test(reasons[at]))) problems.push(`rows: ${JSON.stringify(reasons)}`);
  if (one.after !== undefined && result.text !== one.after) problems.push(`after:\n${result.text}`);
  if (one.same && result.text !== one.before) problems.push(`changed:\n${result.text}`);
  if (one.has) for (const part of [one.has].flat()) if (!result.text.includes(part)) problems.push(`no ${part} in:\n${result.text}`);
  if (one.lacks) for (const part of [one.lacks].flat()) if (result.text.includes(part)) problems.push(`${part} in:\n${result.text}`);
  const again = one.once ? { edits: [] } : migrate(one, result.text);
  if (again.edits.length) problems.push(`the second run changes:\n${again.text}`);
  if (one.behave) problems.push(...(await behave(one, result.text)).map((text) => `${text}\n${result.text}`));
  return problems;
}

const found = {};
const only = process.argv[2];
for (const name of readdirSync(new URL('cases/', import.meta.url)).sort()) {
  const { cases } = await import(new URL(`cases/${name}`, import.meta.url));
  for (const one of cases) {
    if (only && !one.name.includes(only)) continue;
    try {
      found[one.name] = await check(one);
    } catch (error) {
      found[one.name] = [error.stack];
    }
  }
}
process.stdout.write(JSON.stringify(found));
process.exit(0);
