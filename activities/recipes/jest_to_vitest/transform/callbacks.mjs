/** Tests and hooks that call `done`, and hooks that give something back. */
import { isFunction, isAsync, ts } from './source.mjs';

const TESTS = /^(it|test|fit|xit|xtest)(\.(only|skip|concurrent|failing))?$/;
const HOOKS = /^(before|after)(Each|All)$/;

export function callbacks({ source }) {
  source.walk((node) => {
    if (!ts.isCallExpression(node)) return;
    const name = node.expression.getText(source.tree);
    const isHook = HOOKS.test(name);
    const body = isHook ? node.arguments[0] : node.arguments[1];
    if (/\.each\b/.test(name) && ts.isCallExpression(node.expression)) each(source, body);
    if (!(isHook || TESTS.test(name)) || !isFunction(body)) return;
    if (body.parameters.length) withDone(source, body);
    else if (isHook) givesBack(source, body);
  });
}

function each(source, body) {
  const last = isFunction(body) && body.parameters.at(-1);
  if (last && last.name.getText() === 'done') source.leave(last, 'Vitest gives no `done` to tests.', 'Give back a promise.');
}

/** `(done) => { … }` becomes a function that gives back a promise. */
function withDone(source, body) {
  const [parameter] = body.parameters;
  if (!ts.isIdentifier(parameter.name) || isAsync(body) || body.parameters.length > 1) {
    source.leave(parameter, 'Vitest gives no callback to tests and hooks.', 'Give back a promise.');
    return;
  }
  const name = parameter.name.text;
  let onlyCalled = true;
  source.walk((node) => {
    if (!ts.isIdentifier(node) || node.text !== name || node === parameter.name) return;
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) return;
    onlyCalled &&= ts.isCallExpression(parent) && parent.expression === node && !parent.arguments.length;
  }, body);
  const generic = source.typed ? '<void>' : '';
  const start = body.parameters.pos;
  const open = source.text.lastIndexOf('(', start);
  const hasParentheses = open >= body.getStart(source.tree) && /^\s*$/.test(source.text.slice(open + 1, start));
  const from = hasParentheses ? open : parameter.getStart(source.tree);
  const to = hasParentheses ? source.text.indexOf(')', body.parameters.end) + 1 : parameter.end;
  const type = source.typed ? ': any' : '';
  const block = ts.isBlock(body.body);
  if (onlyCalled) source.replace(from, to, '()');
  else source.replace(from, to, '()');
  const isArrow = ts.isArrowFunction(body);
  const promise = onlyCalled ? `new Promise${generic}((${name}) => ` : `new Promise${generic}((resolve, reject) => {${source.newline}${indent(source, body)}const ${name} = Object.assign((error${type ? '?: any' : ''}) => (error ? reject(error) : resolve()), { fail: reject });`;
  if (isArrow && block) {
    // The block stays; what is before and after it changes.
    if (onlyCalled) source.replace(body.body.getStart(source.tree), body.body.getStart(source.tree), promise);
    else source.replace(body.body.getStart(source.tree), body.body.getStart(source.tree) + 1, promise);
    source.replace(body.end, body.end, ')');
  } else if (isArrow) {
    const text = onlyCalled ? `${promise}{ ` : `${promise} `;
    source.replace(body.body.getStart(source.tree), body.body.getStart(source.tree), text);
    source.replace(body.end, body.end, '; })');
  } else {
    const at = body.body.getStart(source.tree);
    const inner = onlyCalled ? `{ return ${promise}{` : `{ return ${promise}`;
    source.replace(at, at + 1, inner);
    source.replace(body.end, body.end, '); }');
    if (usesThis(source, body)) source.leave(body, 'The function uses `this`.', 'Look at whether it still means what it should.');
  }
}

function usesThis(source, body) {
  let found = false;
  source.walk((node) => {
    found ||= node.kind === ts.SyntaxKind.ThisKeyword;
  }, body);
  return found;
}

function indent(source, body) {
  const statement = ts.isBlock(body.body) && body.body.statements[0];
  if (!statement) return '  ';
  const start = source.text.lastIndexOf('\n', statement.getStart(source.tree)) + 1;
  return /^[ \t]*/.exec(source.text.slice(start))[0];
}

/** What a hook gives back is called afterwards, if it is a function: mocks are. */
function givesBack(source, body) {
  if (!ts.isArrowFunction(body) || ts.isBlock(body.body) || isAsync(body)) return;
  const text = source.textOf(body.body);
  if (!/^\(?jest\s*\.\s*(fn|spyOn)\b/.test(text) && !/\.mock(Implementation|ReturnValue|ResolvedValue|RejectedValue)(Once)?\([\s\S]*\)$/.test(text)) {
    if (!ts.isBinaryExpression(body.body) || !isFunction(body.body.right)) return;
  }
  source.replace(body.body.getStart(source.tree), body.body.getStart(source.tree), '{ ');
  source.replace(body.end, body.end, '; }');
}
