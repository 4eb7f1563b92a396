/** How often code runs: whether a place is reached at most once each time its module is loaded, and who uses a call's value. */
import { ts } from '../common/packages.mjs';
import { isWrite } from '../common/bindings.mjs';

const ONCE = new Set([
  'then', 'catch', 'finally', 'setTimeout', 'requestAnimationFrame', 'requestIdleCallback', 'ready', 'domready', 'domReady',
  'loadableReady', '$', 'jQuery', 'it', 'test', 'specify', 'only', 'skip', 'describe', 'before', 'beforeAll', 'after', 'afterAll', 'act', 'expect',
  'flushSync', 'unstable_batchedUpdates', 'startup', 'Promise', 'nextTick', 'queueMicrotask',
]);
const ONCE_EVENTS = new Set(['DOMContentLoaded', 'load', 'deviceready']);
const IGNORE_VALUE = new Set([
  ...ONCE, 'forEach', 'addEventListener', 'useEffect', 'useLayoutEffect', 'accept', 'subscribe', 'on', 'once', 'listen',
  'setInterval', 'beforeEach', 'afterEach', 'each', 'dispose', 'startTransition', 'setImmediate', 'click', 'reaction', 'autorun',
]);
const IGNORE_METHODS = /^(component(Did|Will)\w+|UNSAFE_\w+|(dis)?connectedCallback|attributeChangedCallback|constructor|ngOn\w+|ngAfter\w+|mounted|beforeDestroy|destroyed|updated)$/;

export function isFunction(node) {
  return ts.isFunctionLike(node) && Boolean(node.body);
}

export function functionOf(node) {
  for (let up = node.parent; up; up = up.parent) if (isFunction(up) || ts.isSourceFile(up)) return up;
  return node;
}

/** Whether a function is run at once, in its place, by what it is handed to. */
export function runsInPlace(fn) {
  const call = fn.parent;
  return Boolean(call) && ts.isCallExpression(call) && call.arguments.includes(fn) && /^(act|flushSync|unstable_batchedUpdates|batch|expect)$/.test(calleeName(call));
}

/** The function of a node, past those that run in their place. */
export function homeOf(node) {
  let fn = functionOf(node);
  while (runsInPlace(fn)) fn = functionOf(fn);
  return fn;
}

export function isLoop(node) {
  return ts.isIterationStatement(node, false);
}

export function calleeName(call) {
  const callee = call.expression;
  if (ts.isIdentifier(callee)) return callee.text;
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : '';
}

/** Skips parentheses and casts around an expression. */
export function outer(node) {
  while (ts.isParenthesizedExpression(node.parent) || ts.isAsExpression(node.parent) || ts.isNonNullExpression(node.parent)) node = node.parent;
  return node;
}

export function runsOnce(source, node, seen = new Set()) {
  for (let [child, up] = [node, node.parent]; up; [child, up] = [up, up.parent]) {
    if (isLoop(up) && up.statement === child) return false;
    if (ts.isClassLike(up)) return false;
    if (!isFunction(up)) continue;
    if (seen.has(up)) return false;
    seen.add(up);
    const where = onlyPlace(source, up);
    if (where === undefined) return false;
    if (where !== up) return runsOnce(source, where, seen);
  }
  return true;
}

/** The one place from which a function runs, once; undefined where there may be more. */
function onlyPlace(source, fn) {
  if (ts.isFunctionExpression(fn) && fn.name && source.references(fn.name).length) return undefined;
  if (isParticular(fn)) return fn;
  const name = nameOf(fn);
  if (!name || isExported(fn)) return undefined;
  const refs = source.references(name);
  if (refs.length !== 1 || isWrite(refs[0])) return undefined;
  const [ref] = refs;
  const called = ts.isCallExpression(ref.parent) && ref.parent.expression === ref;
  return called || isParticular(ref) ? ref : undefined;
}

/** A function expression, or a function's name, that is called in its place or handed to something that calls it once. */
function isParticular(node) {
  const whole = outer(node);
  const { parent } = whole;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
    if (parent.expression === whole) return isFunction(node);
    if (calleeName(parent) === 'addEventListener') return ONCE_EVENTS.has(parent.arguments[0]?.text);
    return ONCE.has(calleeName(parent));
  }
  if (ts.isPropertyAccessExpression(parent) && ['call', 'apply'].includes(parent.name.text)) return isFunction(node);
  return ts.isBinaryExpression(parent) && parent.right === whole && /^(window\.)?onload$/.test(parent.left.getText());
}

export function nameOf(fn) {
  if (ts.isFunctionDeclaration(fn)) return fn.name;
  const { parent } = outer(fn);
  if (parent && ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name;
  return undefined;
}

export function isExported(fn) {
  const holder = ts.isFunctionDeclaration(fn) ? fn : fn.parent?.parent?.parent;
  return Boolean(holder && ts.canHaveModifiers(holder) && ts.getModifiers(holder)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword));
}

/**
 * Who uses the value of an expression: 'unused', 'used', 'variable' (a constant that nobody reads), 'assigned' (to a variable
 * that nobody reads), or a function's name whose callers outside the file decide (`{ name }`), or 'unknown'.
 */
export function valueUse(source, node, seen = new Set()) {
  for (let [child, up] = [node, node.parent]; ; [child, up] = [up, up.parent]) {
    if (ts.isExpressionStatement(up) || ts.isVoidExpression(up)) return 'unused';
    if (ts.isArrowFunction(up)) return resultUse(source, up, seen);
    if (ts.isReturnStatement(up)) return resultUse(source, functionOf(up), seen);
    if (ts.isVariableDeclaration(up)) return unreadVariable(source, up) ? 'variable' : 'used';
    if (ts.isBinaryExpression(up)) {
      const kind = up.operatorToken.kind;
      const { AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken, CommaToken } = ts.SyntaxKind;
      if (kind === CommaToken && up.left === child) return 'unused';
      if (isUnreadAssignment(source, up)) return 'assigned';
      const passes = [AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken, CommaToken].includes(kind);
      if (!passes || up.left === child) return 'used';
    } else if (ts.isConditionalExpression(up)) {
      if (up.condition === child) return 'used';
    } else if (!ts.isParenthesizedExpression(up) && !ts.isAsExpression(up) && !ts.isNonNullExpression(up) && !ts.isAwaitExpression(up)) return 'used';
  }
}

function unreadVariable(source, declaration) {
  const list = declaration.parent;
  const statement = list.parent;
  const simple = ts.isIdentifier(declaration.name) && list.declarations.length === 1 && ts.isVariableStatement(statement);
  return simple && !statement.modifiers?.length && source.references(declaration.name).length === 0;
}

/** `name = value;`, where nobody reads the variable and only this file can. */
function isUnreadAssignment(source, { left, operatorToken, parent }) {
  if (operatorToken.kind !== ts.SyntaxKind.EqualsToken || !ts.isIdentifier(left) || !ts.isExpressionStatement(parent)) return false;
  const [declaration, ...more] = source.symbol(left)?.declarations ?? [];
  if (!declaration || more.length || !ts.isVariableDeclaration(declaration) || isExported(declaration.name)) return false;
  return source.references(declaration.name).every((ref) => isWrite(ref) && ts.isBinaryExpression(ref.parent) && ts.isExpressionStatement(ref.parent.parent));
}

/** What becomes of what a function returns. */
function resultUse(source, fn, seen) {
  if (seen.has(fn)) return 'unused';
  seen.add(fn);
  if (fn.type?.kind === ts.SyntaxKind.VoidKeyword || ts.isConstructorDeclaration(fn)) return 'unused';
  if (fn.type && !/\b(void|any|unknown|mixed)\b/.test(fn.type.getText())) return 'used';
  if (ts.isMethodDeclaration(fn) || ts.isPropertyDeclaration(fn.parent)) {
    const name = (ts.isMethodDeclaration(fn) ? fn.name : fn.parent.name).getText();
    return IGNORE_METHODS.test(name) ? 'unused' : methodUse(source, fn, name, seen);
  }
  const whole = outer(fn);
  const { parent } = whole;
  if (parent && ts.isCallExpression(parent)) return handedTo(source, parent, whole, seen);
  if (parent && ts.isNewExpression(parent)) return 'unused';
  if (parent && (ts.isReturnStatement(parent) || ts.isArrowFunction(parent))) {
    const effect = outer(functionOf(fn)).parent;
    if (effect && ts.isCallExpression(effect) && /Effect$/.test(calleeName(effect))) return 'unused';
    return 'unknown';
  }
  if (parent && ts.isJsxExpression(parent)) return 'unused';
  if (parent && ts.isBinaryExpression(parent) && /(^|\.)on[a-z]+$/.test(parent.left.getText())) return 'unused';
  return namedUse(source, fn, seen);
}

/** Who reads what a method returns, if only its own class calls it. */
function methodUse(source, fn, name, seen) {
  let owner = fn.parent;
  while (!ts.isClassLike(owner) && !ts.isObjectLiteralExpression(owner)) owner = owner.parent;
  const uses = [];
  source.walk((node) => {
    if (!ts.isPropertyAccessExpression(node) || node.name.text !== name) return;
    const isOwn = node.expression.kind === ts.SyntaxKind.ThisKeyword && node.pos >= owner.pos && node.end <= owner.end;
    const isCall = ts.isCallExpression(node.parent) && node.parent.expression === node;
    uses.push(isOwn && isCall ? valueUse(source, node.parent, seen) : 'unknown');
  });
  if (uses.includes('used')) return 'used';
  return uses.length && uses.every((use) => use === 'unused' || use === 'variable') ? 'unused' : 'unknown';
}

function handedTo(source, call, whole, seen) {
  if (call.expression === whole) return valueUse(source, call, seen);
  const name = calleeName(call);
  if (name === 'then' || name === 'catch') return chainUse(source, call, seen);
  if (name === 'flushSync' || name === 'unstable_batchedUpdates') return valueUse(source, call, seen) === 'unused' ? 'unused' : 'unknown';
  return IGNORE_VALUE.has(name) ? 'unused' : 'unknown';
}

/** Who reads what a promise gives: the next function of its chain, or whoever has the promise. */
function chainUse(source, call, seen) {
  const access = call.parent;
  const next = ts.isPropertyAccessExpression(access) && access.expression === call && ts.isCallExpression(access.parent) ? access.parent : undefined;
  if (!next) return valueUse(source, call, seen) === 'unused' ? 'unused' : 'unknown';
  if (access.name.text !== 'then') return chainUse(source, next, seen);
  const [reader] = next.arguments;
  if (!reader || !isFunction(reader)) return 'used';
  return reader.parameters.length ? 'used' : 'unused';
}

function namedUse(source, fn, seen) {
  const name = nameOf(fn);
  if (!name) return 'unknown';
  let outside = isExported(fn);
  let known = true;
  for (const ref of source.references(name)) {
    const { parent } = ref;
    if (ts.isExportSpecifier(parent) || ts.isExportAssignment(parent)) outside = true;
    else if (ts.isCallExpression(parent) && parent.expression === ref) {
      const use = valueUse(source, parent, seen);
      if (use === 'used') return 'used';
      if (use !== 'unused' && use !== 'variable' && use !== 'assigned') known = false;
    } else if (!(ts.isCallExpression(parent) && IGNORE_VALUE.has(calleeName(parent))) && !ts.isPropertyAccessExpression(parent)) known = false;
  }
  if (!known) return 'unknown';
  return outside ? { name: name.text } : 'unused';
}
