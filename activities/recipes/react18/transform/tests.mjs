/** Step `tests`: hooks are tested with @testing-library/react; what has no successor there is named (row 19). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ts } from './common/packages.mjs';
import { Bindings } from './common/bindings.mjs';
import { Edits } from './common/edits.mjs';
import { quoteOf, removeFromList, rewriteImport } from './common/imports.mjs';
import { wrapInstanceCalls } from './instances.mjs';
import { patternOf } from './steps.mjs';

export const candidate = patternOf('tests');
export const suspect = /react-hooks['"/]|enzyme-adapter/;
const HOOKS = /^@testing-library\/react-hooks(\/(dom|native|pure|server|dom\/pure|native\/pure))?$/;
const MOVED = new Set(['renderHook', 'act', 'cleanup', 'RenderHookResult', 'RenderHookOptions']);
const LOST = new Set(['waitForNextUpdate', 'waitForValueToChange', 'waitFor', 'error', 'all']);
const LIBRARY = '@testing-library/react';
const OTHERS = [
  [/^(enzyme-adapter-react-1[67]|@wojtekmaj\/enzyme-adapter-react-17)$/, 'No adapter of Enzyme by its authors runs with React 18.', 'Use `@cfaester/enzyme-adapter-react-18`, or move these tests to @testing-library/react.'],
  [/^react-testing-library$/, 'This package was renamed, and its versions under this name stop at React 16.', `Import from ${LIBRARY}.`],
  [/^(@cypress\/react(17)?|cypress\/react)$/, '`mount` of this package renders with the API of React 17.', 'Import `mount` from `cypress/react18`.'],
];

export function transform(source, options = {}) {
  const edits = new Edits(source);
  let usesAct = false;
  let usesLibrary = false;
  for (const statement of source.tree.statements) {
    const specifier = specifierOf(statement);
    if (!specifier) continue;
    if (HOOKS.test(specifier.text)) moveHooks(edits, statement, specifier);
    if (!moveMount(edits, statement, specifier, options.root)) {
      for (const [pattern, reason, fix] of OTHERS) if (pattern.test(specifier.text)) edits.leave(statement, reason, fix);
    }
    usesLibrary ||= specifier.text.startsWith(LIBRARY);
    usesAct ||= /^(react-dom\/test-utils|react-test-renderer)$/.test(specifier.text);
  }
  for (const name of LIBRARIES) moveWaits(edits, name);
  wrapInstanceCalls(edits, LIBRARY);
  for (const use of new Bindings(source, 'react-dom/test-utils').uses) {
    if (use.name === 'renderIntoDocument') edits.leave(use.node, '`renderIntoDocument` renders with the API of React 17.', 'Render with @testing-library/react, or with `createRoot` within `act`.');
  }
  const result = edits.result();
  const alone = usesAct && !usesLibrary && /\bact\b/.test(source.text) && !source.text.includes('IS_REACT_ACT_ENVIRONMENT');
  return { ...result, facts: { alone: alone && !hasLibrary(options.root) } };
}

const LIBRARIES = [LIBRARY, `${LIBRARY}/pure`, '@testing-library/dom'];
const REMOVED = { wait: 'waitFor', waitForElement: 'findBy…` or `waitFor', waitForDomChange: 'waitFor' };
const THROWS = /\b(get(All)?By\w+\(|expect\()/;

/** Functions that the library had before the version for React 18: calls that mean the same as `waitFor`, or a row. */
function moveWaits(edits, name) {
  const { source } = edits;
  const bindings = new Bindings(source, name);
  const old = bindings.uses.filter((use) => Object.hasOwn(REMOVED, use.name));
  for (const binding of bindings.all.filter(({ kind, imported }) => kind === 'member' && Object.hasOwn(REMOVED, imported))) {
    const mine = old.filter((use) => use.binding === binding);
    const isNamed = ts.isImportSpecifier(binding.holder) || ts.isBindingElement(binding.holder);
    const known = bindings.all.find(({ imported, holder }) => imported === 'waitFor' && holder.parent === binding.holder.parent);
    const free = known ? known.local.text === 'waitFor' : !source.names.has('waitFor');
    if (isNamed && free && mine.length && mine.every(({ node }) => waitsTheSame(binding.imported, node))) {
      for (const { node } of mine) writeWait(edits, node);
      if (known || edits.addedWaitFor) removeFromList(edits, [...binding.holder.parent.elements], [binding.holder]);
      else edits.replace(binding.holder.getStart(), binding.holder.end, 'waitFor');
      edits.addedWaitFor = true;
    } else leaveRemoved(edits, binding.holder, binding.imported);
  }
  for (const { node, binding, name: removed } of old) if (!binding || binding.kind === 'module') leaveRemoved(edits, node, removed);
}

function leaveRemoved(edits, node, name) {
  edits.leave(node, `\`${name}\` is not in the version of ${LIBRARY} for React 18.`, `Use \`${REMOVED[name]}\`.`);
}

/** `wait` repeated until nothing was thrown, as `waitFor` does; `waitForElement` also until something was returned. */
function waitsTheSame(name, node) {
  const call = node.parent;
  if (!ts.isCallExpression(call) || call.expression !== node) return false;
  const [callback] = call.arguments;
  if (name === 'wait') return !callback || ts.isArrowFunction(callback) || ts.isFunctionExpression(callback);
  const returned = callback && ts.isArrowFunction(callback) && !ts.isBlock(callback.body) && callback.body.getText();
  return name === 'waitForElement' && Boolean(returned) && THROWS.test(returned) && !/\|\||\?|&&/.test(returned);
}

function writeWait(edits, node) {
  const call = node.parent;
  edits.replace(node.getStart(), node.end, 'waitFor');
  if (!call.arguments.length) edits.insert(call.end - 1, '() => {}');
}

/** Cypress 10.5 to 13 come with a `mount` for React 18 of their own. */
function moveMount(edits, statement, specifier, root) {
  if (!/^(@cypress\/react(17)?|cypress\/react)$/.test(specifier.text) || !root) return false;
  const major = cypressMajor(root, edits.source.name);
  if (major >= 14 && specifier.text === 'cypress/react') return true;
  const elements = ts.isImportDeclaration(statement) ? [...(statement.importClause?.namedBindings?.elements ?? [])] : [];
  const known = elements.length > 0 && !statement.importClause.name && elements.every((one) => /^(mount|MountOptions|MountReturn)$/.test((one.propertyName ?? one.name).text));
  if (!known || !(major >= 11)) return false;
  const quote = quoteOf(edits.source, specifier);
  edits.replace(specifier.getStart(), specifier.end, `${quote}cypress/react${major < 14 ? '18' : ''}${quote}`);
  return true;
}

/** The major version of Cypress that the nearest manifest asks for. */
function cypressMajor(root, name) {
  for (let folder = dirname(name); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const range = manifest.devDependencies?.cypress ?? manifest.dependencies?.cypress;
      if (typeof range === 'string') return Number(/\d+/.exec(range)?.[0]);
    } catch {
      // Another folder's manifest may say it.
    }
    if (folder === '.' || folder === '/') return undefined;
  }
}

function specifierOf(statement) {
  if (ts.isImportDeclaration(statement)) return statement.moduleSpecifier;
  if (!ts.isVariableStatement(statement)) return undefined;
  const call = statement.declarationList.declarations[0]?.initializer;
  const isRequire = call && ts.isCallExpression(call) && call.expression.getText() === 'require' && call.arguments.length === 1;
  return isRequire && ts.isStringLiteral(call.arguments[0]) ? call.arguments[0] : undefined;
}

/** The import moves whole, or not at all: the old library has no version for React 18. */
function moveHooks(edits, statement, specifier) {
  const { source } = edits;
  const bindings = new Bindings(source, specifier.text);
  const rows = [];
  const elements = ts.isImportDeclaration(statement) ? [...(statement.importClause?.namedBindings?.elements ?? [])] : [];
  const names = ts.isImportDeclaration(statement) ? elements.map((one) => [(one.propertyName ?? one.name).text, one.name.text, one]) : bindings.all.map((one) => [one.imported, one.local.text, one.local]);
  if (/native|server/.test(specifier.text)) rows.push([statement, `\`${specifier.text}\` has no successor in ${LIBRARY}.`]);
  if (!names.length || bindings.modules().length) rows.push([statement, `\`${specifier.text}\` is imported as a whole.`]);
  for (const [name, , node] of names) if (!MOVED.has(name)) rows.push([node, `\`${name}\` has no successor in ${LIBRARY}.`]);
  for (const [node, name] of lostUses(source, bindings)) rows.push([node, `\`${name}\` of what \`renderHook\` returns has no successor in ${LIBRARY}.`]);
  const fix = 'Import `renderHook` and `waitFor` from @testing-library/react, and write `await waitFor(() => expect(…))`.';
  for (const [node, reason] of rows) edits.leave(node, reason, fix);
  if (rows.length) return;
  writeImport(edits, statement, specifier, names);
  if (source.typed) turnTypes(edits, new Map(names.map(([name, local]) => [local, name])));
}

/** The old library names the type of a hook's properties before that of its result, the other one behind it. */
function turnTypes(edits, names) {
  const { source } = edits;
  source.walk((node) => {
    const name = ts.isCallExpression(node) ? node.expression : ts.isTypeReferenceNode(node) ? node.typeName : undefined;
    const [properties, result, ...more] = (name && node.typeArguments) || [];
    if (!result || more.length || !/^(renderHook|RenderHookResult)$/.test(names.get(name.getText()) ?? '')) return;
    edits.replace(properties.getStart(), properties.end, source.textOf(result));
    edits.replace(result.getStart(), result.end, source.textOf(properties));
  });
}

/** What is taken of a rendered hook and gone: `const { result, waitForNextUpdate } = renderHook(…)`, `result.error`. */
function lostUses(source, bindings) {
  const found = [];
  for (const use of bindings.uses.filter((one) => one.name === 'renderHook')) {
    const declaration = use.node.parent.parent;
    const { name } = ts.isVariableDeclaration(declaration) ? declaration : {};
    if (!name) continue;
    if (ts.isIdentifier(name)) lookAt(source, name, found);
    for (const element of name.elements ?? []) {
      const key = (element.propertyName ?? element.name).getText();
      if (LOST.has(key) && key !== 'error' && key !== 'all') found.push([element, key]);
      if (key === 'result' && ts.isIdentifier(element.name)) lookAt(source, element.name, found);
    }
  }
  source.walk((node) => {
    const isLost = ts.isIdentifier(node) && /^waitFor(NextUpdate|ValueToChange)$/.test(node.text) && !found.some(([one]) => node.pos >= one.pos && node.end <= one.end);
    const isResult = ts.isPropertyAccessExpression(node) && /^(error|all)$/.test(node.name.text) && /(^|\.)result$/.test(node.expression.getText());
    if (isLost && !found.some(([, name]) => name === node.text)) found.push([node, node.text]);
    else if (isResult && !found.some(([one]) => one === node)) found.push([node, node.name.text]);
  });
  return found;
}

function lookAt(source, name, found) {
  for (const ref of source.references(name)) {
    const access = ref.parent;
    if (!ts.isPropertyAccessExpression(access) || access.expression !== ref) continue;
    if (LOST.has(access.name.text)) found.push([access, access.name.text]);
    const next = access.parent;
    if (access.name.text === 'result' && ts.isPropertyAccessExpression(next) && /^(error|all)$/.test(next.name.text)) found.push([next, next.name.text]);
  }
}

function writeImport(edits, statement, specifier, names) {
  const { source } = edits;
  const other = source.tree.statements.find((one) => one !== statement && ts.isImportDeclaration(one) && one.moduleSpecifier.text === LIBRARY && one.importClause?.namedBindings?.elements);
  if (!other || !ts.isImportDeclaration(statement)) {
    const quote = quoteOf(source, specifier);
    return edits.replace(specifier.getStart(), specifier.end, quote + LIBRARY + quote);
  }
  const { elements } = other.importClause.namedBindings;
  const known = new Set(elements.map((one) => one.name.text));
  const more = names.filter(([, local]) => !known.has(local)).map(([name, local]) => (name === local ? name : `${name} as ${local}`));
  if (more.length && elements.length) edits.insert(elements.at(-1).end, `, ${more.join(', ')}`);
  const holders = [...(statement.importClause.namedBindings.elements ?? [])];
  return rewriteImport(edits, statement, holders, '');
}

function hasLibrary(root) {
  try {
    return !root || readFileSync(join(root, 'package.json'), 'utf8').includes(`"${LIBRARY}"`);
  } catch {
    return false;
  }
}

const SETUP = /(^|\/)(setupTests|setup[-.]?[tT]ests?|jest[-.]setup|setup[-.]?[jJ]est|test[-.]setup|vitest[-.]setup)\.[cm]?[jt]sx?$/;

/** Without @testing-library/react nothing tells React that it is tested: the repository's own set-up file does, or a row. */
export function finish(results, { root, files }) {
  const alone = results.filter((result) => result.facts?.alone);
  if (!alone.length) return results;
  const setup = files.find((name) => SETUP.test(name) && existsSync(join(root, name)));
  const text = setup && readFileSync(join(root, setup), 'utf8');
  if (text?.includes('IS_REACT_ACT_ENVIRONMENT')) return results;
  if (setup && !results.some((result) => result.file === setup)) {
    const newline = text.includes('\r\n') ? '\r\n' : '\n';
    const start = text === '' || /[\r\n]$/.test(text) ? '' : newline;
    const line = `${start}globalThis.IS_REACT_ACT_ENVIRONMENT = true;${newline}`;
    return [...results, { file: setup, edits: [[text.length, text.length, line]], leftovers: [] }];
  }
  const row = { line: 1, reason: '`act` is used without @testing-library/react, so React 18 must be told that it is tested.', fix: 'Set `globalThis.IS_REACT_ACT_ENVIRONMENT = true` in a set-up file of the tests.' };
  for (const result of alone) result.leftovers.push(row);
  return results;
}

