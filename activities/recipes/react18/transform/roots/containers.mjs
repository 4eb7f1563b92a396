/**
 * Which element a container expression means.
 *
 * `literal`: looked up in the document by a literal. `fresh`: made here, so nobody else renders into it, or one after the
 * other of a list that was `found` in the document. `variable`: a constant of unknown origin. `dynamic`: anything else, a
 * parameter or a field. `exact` says that the key tells it from others.
 */
import { ts } from '../common/packages.mjs';
import { isWrite } from '../common/bindings.mjs';
import { calleeName, isFunction, isLoop, runsInPlace, runsOnce } from './once.mjs';

export function strip(node) {
  while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node) || ts.isSatisfiesExpression?.(node) || ts.isTypeAssertionExpression(node)) {
    node = node.expression;
  }
  return node;
}

export function resolveContainer(source, expression, seen = new Set()) {
  const node = strip(expression);
  const literal = literalLookup(source, node);
  if (literal) return { kind: 'literal', lookup: expression, ...literal };
  if (isFresh(source, node)) return { kind: 'fresh', key: node, exact: true };
  if (!ts.isIdentifier(node) || seen.has(node.text)) return { kind: 'dynamic', key: 'dynamic', exact: false };
  seen.add(node.text);
  return resolveVariable(source, node, seen);
}

function resolveVariable(source, id, seen) {
  const dynamic = { kind: 'dynamic', key: 'dynamic', exact: false };
  const symbol = source.symbol(id);
  const [declaration, ...more] = symbol?.declarations ?? [];
  if (!symbol && id.text !== 'undefined') return { kind: 'variable', key: `global ${id.text}`, exact: false };
  if (!declaration || more.length || declaration.getSourceFile() !== source.tree) return dynamic;
  if (ts.isImportSpecifier(declaration) || ts.isImportClause(declaration)) return { kind: 'variable', key: symbol, exact: false };
  if (isDistinct(source, declaration)) return { kind: 'fresh', key: symbol, exact: true, declaration, found: true };
  if (!ts.isVariableDeclaration(declaration) || !declaration.initializer || !ts.isIdentifier(declaration.name)) return dynamic;
  if (source.references(declaration.name).some(isWrite)) return dynamic;
  const from = resolveContainer(source, declaration.initializer, seen);
  if (from.kind === 'literal') return { ...from, declaration };
  if (from.kind === 'fresh') return from.declaration ? from : { ...from, key: symbol, declaration };
  if (from.kind === 'variable') return from;
  return runsOnce(source, declaration) ? { kind: 'variable', key: symbol, exact: false, declaration } : dynamic;
}

function literalLookup(source, node) {
  const text = node.getText().replace(/^(window|global|globalThis|self)\./, '');
  if (text === 'document.body' || text === 'document.documentElement') return { key: text, exact: true };
  if (ts.isElementAccessExpression(node)) {
    const inner = /^document\.getElementsBy(TagName|ClassName|Name)\(\s*(['"`])([^'"`$]*)\2\s*\)\[\s*(\d+)\s*\]$/.exec(text);
    return inner ? { key: `${inner[1]} ${inner[3]} ${inner[4]}`, exact: true, nullable: false } : undefined;
  }
  if (!ts.isCallExpression(node) || node.arguments.length !== 1) return undefined;
  const callee = node.expression.getText().replace(/^(window|global|globalThis|self)\./, '');
  const isId = callee === 'document.getElementById';
  if (!isId && callee !== 'document.querySelector') return undefined;
  const value = stringValue(source, node.arguments[0]);
  if (value === undefined) return undefined;
  if (value.name) return { key: `${callee} ${value.name}`, exact: false };
  return { key: isId ? `#${value.text}` : value.text.trim(), exact: true };
}

/** The text of a literal or of a constant; the name of a constant that another module has. */
function stringValue(source, node) {
  node = strip(node);
  if (ts.isStringLiteralLike(node)) return { text: node.text };
  if (!ts.isIdentifier(node)) return undefined;
  const [declaration] = source.symbol(node)?.declarations ?? [];
  if (!declaration) return undefined;
  if (ts.isImportSpecifier(declaration) || ts.isImportClause(declaration)) return { name: node.text };
  const constant = ts.isVariableDeclaration(declaration) && declaration.parent.flags & ts.NodeFlags.Const;
  return constant && declaration.initializer ? stringValue(source, declaration.initializer) : undefined;
}

function isFresh(source, node) {
  if (!ts.isCallExpression(node)) return false;
  const callee = node.expression.getText();
  if (/(^|\.)document\.(createElement|createElementNS|createDocumentFragment)$/.test(callee)) return true;
  const name = calleeName(node);
  if (name === 'attachShadow') return true;
  const moves = ['appendChild', 'insertBefore', 'prependChild'].includes(name);
  return moves && node.arguments.length > 0 && isFresh(source, strip(node.arguments[0]));
}

/** A variable of a loop over elements that a selector found: each time another element. */
function isDistinct(source, declaration) {
  if (ts.isParameter(declaration)) {
    const fn = declaration.parent;
    const call = fn.parent;
    if (fn.parameters?.[0] !== declaration || !ts.isIdentifier(declaration.name) || !ts.isCallExpression(call)) return false;
    const loop = ['forEach', 'map'].includes(calleeName(call)) && ts.isPropertyAccessExpression(call.expression);
    return loop && runsOnce(source, call) && isElementList(source, call.expression.expression) && unwritten(source, declaration);
  }
  const loop = declaration.parent?.parent;
  if (!loop || !ts.isForOfStatement(loop) || !ts.isIdentifier(declaration.name)) return false;
  return runsOnce(source, loop) && isElementList(source, loop.expression) && unwritten(source, declaration);
}

function unwritten(source, declaration) {
  return !source.references(declaration.name).some(isWrite);
}

function isElementList(source, node) {
  node = strip(node);
  if (ts.isIdentifier(node)) {
    const [declaration] = source.symbol(node)?.declarations ?? [];
    const value = declaration && ts.isVariableDeclaration(declaration) && declaration.initializer;
    return Boolean(value) && !ts.isIdentifier(strip(value)) && unwritten(source, declaration) && isElementList(source, value);
  }
  const text = node.getText();
  if (ts.isArrayLiteralExpression(node) && node.elements.length === 1 && ts.isSpreadElement(node.elements[0])) return isElementList(source, node.elements[0].expression);
  if (!ts.isCallExpression(node)) return false;
  if (/^Array\.from$/.test(node.expression.getText()) && node.arguments.length === 1) return isElementList(source, node.arguments[0]);
  return /^(window\.)?document\.(querySelectorAll|getElementsBy\w+)\(/.test(text) && node.expression.getText().split('(').length === 1;
}

const KEEPS = /^(appendChild|removeChild|insertBefore|append|prepend|contains|replaceChild|isConnected)$/;

/** Whether other code can get at a fresh container: it is stored, returned, or handed to more than the document. */
export function escapes(source, declaration, calls) {
  if (!declaration) return false;
  if (!ts.isIdentifier(declaration.name)) return true;
  const own = new Set(calls.map((call) => strip(call.container)));
  return source.references(declaration.name).some((ref) => {
    const { parent } = ref;
    if (own.has(ref) || (ts.isNonNullExpression(parent) && own.has(strip(parent)))) return false;
    if (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) return parent.expression !== ref;
    if (ts.isCallExpression(parent) && parent.expression !== ref) return !KEEPS.test(calleeName(parent));
    return !(ts.isIfStatement(parent) || ts.isPrefixUnaryExpression(parent) || ts.isConditionalExpression(parent) || ts.isExpressionStatement(parent));
  });
}

/** Whether TypeScript would say of a container that it may be null, as far as this file tells. */
export function mayBeNull(source, expression) {
  if (!source.typed || ts.isNonNullExpression(expression) || ts.isAsExpression(expression)) return false;
  const node = strip(expression);
  if (ts.isCallExpression(node) && /(^|\.)(getElementById|querySelector|closest)$/.test(node.expression.getText())) return true;
  const type = source.checker.getTypeAtLocation(node);
  const missing = ts.TypeFlags.Null | ts.TypeFlags.Undefined;
  if (type.flags & missing) return true;
  if (type.isUnion()) return type.types.some((one) => one.flags & missing);
  if (type.flags & ts.TypeFlags.Any && saysNull(source, node)) return true;
  return ts.isPropertyAccessExpression(node) && node.name.text === 'current' && isNullRef(source, node.expression);
}

/** Whether the declaration says so of a type that another module has. */
function saysNull(source, node) {
  const [declaration] = source.checker.getSymbolAtLocation(ts.isPropertyAccessExpression(node) ? node.name : node)?.declarations ?? [];
  if (!declaration?.type) return false;
  const isNothing = (one) => one.kind === ts.SyntaxKind.UndefinedKeyword || (ts.isLiteralTypeNode(one) && one.literal.kind === ts.SyntaxKind.NullKeyword);
  return Boolean(declaration.questionToken) || (ts.isUnionTypeNode(declaration.type) && declaration.type.types.some(isNothing));
}

function isNullRef(source, id) {
  if (!ts.isIdentifier(id)) return false;
  const [declaration] = source.symbol(id)?.declarations ?? [];
  const call = declaration && ts.isVariableDeclaration(declaration) && declaration.initializer;
  return Boolean(call) && ts.isCallExpression(call) && /useRef$|createRef$/.test(call.expression.getText()) && !/any/.test(call.typeArguments?.[0]?.getText() ?? '');
}

/** The loop inside `within` that holds a node, if there is one. */
export function loopOf(node, within) {
  for (let [child, up] = [node, node.parent]; up && child !== within; [child, up] = [up, up.parent]) {
    if (isLoop(up) && up.statement === child) return up;
    if (isFunction(up) && !runsInPlace(up)) return undefined;
  }
  return undefined;
}
