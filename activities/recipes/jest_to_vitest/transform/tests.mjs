/** Step `tests`: calls, types and comments of jest in code become those of vitest. */
import { callbacks } from './callbacks.mjs';
import { mocks } from './mocks.mjs';
import { requires } from './requires.mjs';
import { Source, functionAround, isAsync, ts } from './source.mjs';
import { types } from './types.mjs';

const SAME = new Set([
  'fn', 'spyOn', 'mock', 'unmock', 'doMock', 'clearAllMocks', 'resetAllMocks', 'restoreAllMocks', 'useRealTimers', 'useFakeTimers',
  'advanceTimersByTime', 'advanceTimersByTimeAsync', 'runAllTimers', 'runAllTimersAsync', 'runOnlyPendingTimers', 'runOnlyPendingTimersAsync',
  'advanceTimersToNextTimer', 'advanceTimersToNextTimerAsync', 'advanceTimersToNextFrame', 'getTimerCount', 'clearAllTimers', 'setSystemTime',
  'runAllTicks', 'isMockFunction', 'mocked', 'resetModules', 'getRealSystemTime',
]);
/** Old names of `fn`. */
const MADE = /^genMock(Function|Fn)$/;
const OTHER = { dontMock: 'doUnmock', setTimeout: 'setConfig', requireActual: 'importActual', requireMock: 'importMock', createMockFromModule: 'importMock', genMockFromModule: 'importMock', now: '' };
const BY_HAND = {
  isolateModules: 'Call `vi.resetModules()`, then `await import(…)`.',
  isolateModulesAsync: 'Call `vi.resetModules()`, then `await import(…)`.',
  setMock: 'Use `vi.doMock` with a function that gives the module.',
  replaceProperty: 'Set the property, and set it back afterwards; `vi.stubEnv` and `vi.stubGlobal` do so for theirs.',
  retryTimes: 'Set `retry` in the options of the tests.',
};
const SKIPPED = { xit: 'it.skip', xtest: 'test.skip', xdescribe: 'describe.skip', fit: 'it.only', fdescribe: 'describe.only' };
/** Libraries that are the same for vitest under another name, and those that are not. */
const REPLACED = { 'jest-canvas-mock': 'vitest-canvas-mock', 'jest-localstorage-mock': 'vitest-localstorage-mock', 'jest-mock-extended': 'vitest-mock-extended', 'jest-websocket-mock': 'vitest-websocket-mock' };
const LIBRARIES = { 'jest-fetch-mock': 'vitest-fetch-mock', 'jest-when': 'vitest-when' };

export function transform(root, name, options) {
  const source = new Source(root, name);
  const imported = globalsImport(source);
  const shadow = shadowed(source, imported);
  if (shadow) source.leave(shadow, 'Something else is called `jest` here, so the file was left as it is.', 'Rename it, or migrate the file by hand.');
  if (shadow) return source.result();
  const context = { source, options, imported, awaited: new Set(), names: new Set(), types: new Set() };
  docblock(source);
  source.walk((node) => {
    if (isJest(node)) member(context, node);
    if (ts.isIdentifier(node) && SKIPPED[node.text] && isCallee(node)) source.replaceNode(node, SKIPPED[node.text]);
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'failing' && /^(it|test)$/.test(node.expression.getText())) source.replaceNode(node.name, 'fails');
    if (ts.isIdentifier(node) && node.text === 'JEST_WORKER_ID') source.replaceNode(node, 'VITEST_POOL_ID');
    if (ts.isStringLiteralLike(node) && REPLACED[node.text]) source.replace(node.getStart() + 1, node.end - 1, REPLACED[node.text]);
    if (ts.isStringLiteralLike(node) && LIBRARIES[node.text]) source.leave(node, `\`${node.text}\` needs jest.`, `Use \`${LIBRARIES[node.text]}\`, or what vitest has for it.`);
    if (ts.isStringLiteralLike(node) && /^@testing-library\/jest-dom(\/extend-expect)?$/.test(node.text) && options.domMatchers) source.replaceNode(node, `${source.text[node.getStart()]}@testing-library/jest-dom/vitest${source.text[node.getStart()]}`);
    if (ts.isPropertyAccessExpression(node) && /^toThrowErrorMatching(Inline)?Snapshot$/.test(node.name.text)) source.leave(node.name, 'Vitest writes errors in snapshots as `[Error: message]`.', 'Run the tests with `-u`, and look at what changes.');
  });
  types(context);
  mocks(context);
  callbacks(context);
  requires(context);
  for (const around of context.awaited) makeAsync(source, around);
  imports(context);
  return source.result();
}

/** The import of `@jest/globals`, or its require. */
function globalsImport(source) {
  return source.tree.statements.find((one) => /^['"]@jest\/globals['"]$/.test((ts.isImportDeclaration(one) && one.moduleSpecifier.getText()) || ''));
}

function shadowed(source, imported) {
  let found;
  source.walk((node) => {
    const declares = (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isFunctionDeclaration(node) || ts.isBindingElement(node) || ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node)) && node.name;
    if (declares && ts.isIdentifier(declares) && declares.text === 'jest' && !(imported && node.pos >= imported.pos && node.end <= imported.end)) found ??= node;
  });
  return found;
}

export function isJest(node) {
  return ts.isIdentifier(node) && node.text === 'jest' && !((ts.isPropertyAccessExpression(node.parent) || ts.isPropertyAssignment(node.parent)) && node.parent.name === node) && !ts.isImportSpecifier(node.parent) && !ts.isQualifiedName(node.parent) && !ts.isNamespaceImport(node.parent);
}

function isCallee(node) {
  const { parent } = node;
  if (ts.isCallExpression(parent) || ts.isTaggedTemplateExpression(parent)) return (parent.expression ?? parent.tag) === node;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node && /^(each|only|concurrent)$/.test(parent.name.text);
}

function member(context, node) {
  const { source } = context;
  const access = node.parent;
  if (!ts.isPropertyAccessExpression(access) || access.expression !== node) {
    if (ts.isQualifiedName(access)) return;
    if (ts.isTypeQueryNode(access)) source.replaceNode(node, 'vi');
    else source.leave(node, '`jest` is used as a value.', 'Use `vi` of vitest.');
    return;
  }
  if (ts.isExpressionWithTypeArguments(access.parent)) return;
  const name = access.name.text;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (SAME.has(name) || MADE.test(name)) {
    if (MADE.test(name)) source.replaceNode(access.name, 'fn');
    source.replaceNode(node, 'vi');
    context.names.add('vi');
    // Vitest moves these to the top of the file from anywhere, jest to the top of their block.
    if (/^(mock|unmock)$/.test(name) && call && !isAtTop(call)) source.replaceNode(access.name, name === 'mock' ? 'doMock' : 'doUnmock');
    if (name === 'useFakeTimers' && call) fakeTimers(context, call);
    if (/^(mock|doMock)$/.test(name) && call?.arguments[2]) source.leave(call.arguments[2], 'Vitest has no virtual modules.', 'Name the module in `resolve.alias`, and remove the argument.');
  } else if (name === 'setTimeout' && call?.arguments.length === 1) {
    context.names.add('vi');
    const [time] = call.arguments;
    source.replace(node.getStart(), access.end, 'vi.setConfig');
    source.replace(time.getStart(), time.getStart(), '{ testTimeout: ');
    source.replace(time.end, time.end, ' }');
  } else if (name === 'dontMock') {
    context.names.add('vi');
    source.replace(node.getStart(), access.end, 'vi.doUnmock');
  } else if (name === 'now' && call) source.replace(node.getStart(), access.end, 'Date.now');
  else if (OTHER[name] && call) loaded(context, node, access, call);
  else source.leave(access, `Vitest has no \`${name}\` of jest.`, BY_HAND[name] ?? 'Look for what vitest has instead.');
}

/** A statement of the module, or a call that follows one of those. */
function isAtTop(call) {
  let up = call.parent;
  while (ts.isPropertyAccessExpression(up) || ts.isCallExpression(up)) up = up.parent;
  return ts.isExpressionStatement(up) && ts.isSourceFile(up.parent);
}

const TIMERS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'];

/** The legacy timers were mocks, and neither dates nor frames. */
function fakeTimers({ source, options }, call) {
  const [given] = call.arguments;
  const isLegacy = given ? given.getText(source.tree).includes('legacy') : options.legacyTimers.some((folder) => !folder || source.name.startsWith(`${folder}/`));
  if (given && !ts.isStringLiteralLike(given)) {
    if (/legacyFakeTimers|doNotFake|advanceTimers|timerLimit/.test(given.getText())) source.leave(given, 'Vitest names the options of fake timers otherwise.', 'Use `toFake`, `shouldAdvanceTime` and `loopLimit`.');
    return;
  }
  const quote = source.text.split("'").length >= source.text.split('"').length ? "'" : '"';
  const written = isLegacy ? `{ toFake: [${TIMERS.map((name) => quote + name + quote).join(', ')}] }` : '';
  if (given) source.replaceNode(given, written);
  else if (written) source.replace(call.arguments.pos, call.arguments.pos, written);
  if (!isLegacy || !ts.isExpressionStatement(call.parent)) return;
  const asked = TIMERS.filter((name) => new RegExp(`expect\\(\\s*(?:(?:global|window|globalThis)\\.)?${name}\\s*\\)`).test(source.text));
  const spies = asked.map((name) => ` vi.spyOn(globalThis, ${quote}${name}${quote});`).join('');
  const { end } = call.parent;
  if (spies) source.replace(end, end, `${source.text[end - 1] === ';' ? '' : ';'}${spies}`);
}

/** `requireActual` and its like: promises in vitest. */
function loaded(context, node, access, call) {
  const { source } = context;
  const around = functionAround(call);
  const canWait = !around || isAsync(around) || context.awaited.has(around) || mayWait(around);
  if (!canWait || source.tree.externalModuleIndicator === undefined && !around) {
    source.leave(access, `\`${access.name.text}\` gives a promise in vitest, and the function around it cannot wait for one.`, `Use \`await vi.${OTHER[access.name.text]}(…)\` where it can.`);
    return;
  }
  context.names.add('vi');
  if (around && !isAsync(around)) context.awaited.add(around);
  source.replace(node.getStart(), access.end, `${needsParentheses(call) ? '(' : ''}await vi.${OTHER[access.name.text]}`);
  if (needsParentheses(call)) source.replace(call.end, call.end, ')');
}

function needsParentheses(call) {
  const { parent } = call;
  return (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent) || ts.isNonNullExpression(parent)) && parent.expression === call;
}

/** The function of a mocked module, of a test or of a hook: whoever calls those waits. */
function mayWait(node) {
  const call = node.parent;
  if (!ts.isCallExpression(call) || !call.arguments.includes(node)) return false;
  const name = call.expression.getText();
  return /^(jest\.(mock|doMock)|(it|test|fit|xit|xtest)(\.\w+)*(\.each\b[\s\S]*)?|beforeEach|afterEach|beforeAll|afterAll)$/.test(name);
}

function makeAsync(source, node) {
  source.replace(node.getStart(source.tree), node.getStart(source.tree), 'async ');
}

function docblock(source) {
  const found = /@jest-environment(-options)?\b/g;
  const header = source.text.slice(0, source.tree.statements[0]?.getStart(source.tree) ?? source.text.length);
  for (const match of header.matchAll(found)) source.replace(match.index, match.index + match[0].length, `@vitest-environment${match[1] ?? ''}`);
}

/** Names of vitest are imported where those of jest were; else they are globals. Types always are. */
function imports(context) {
  const { source, imported } = context;
  if (imported) {
    const { importClause } = imported;
    const bindings = importClause?.namedBindings;
    source.replaceNode(imported.moduleSpecifier, imported.moduleSpecifier.getText().replace('@jest/globals', 'vitest'));
    for (const one of bindings?.elements ?? []) if ((one.propertyName ?? one.name).text === 'jest') source.replaceNode(one, 'vi');
    const missing = [...context.types].map((name) => `type ${name}`);
    if (missing.length && bindings?.elements?.length) source.replace(bindings.elements.at(-1).end, bindings.elements.at(-1).end, `, ${missing.join(', ')}`);
    return;
  }
  if (!context.types.size) return;
  const first = source.tree.statements[0];
  const quote = /from '|require\('/.test(source.text) || !/from "/.test(source.text) ? "'" : '"';
  const last = source.tree.statements.filter(ts.isImportDeclaration).at(-1);
  const text = `import type { ${[...context.types].sort().join(', ')} } from ${quote}vitest${quote};`;
  if (last) source.replace(last.end, last.end, `${source.newline}${text}`);
  else source.replace(first.getStart(source.tree), first.getStart(source.tree), `${text}${source.newline}`);
}
