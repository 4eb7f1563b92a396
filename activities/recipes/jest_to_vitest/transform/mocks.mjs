/** Factories of mocked modules: what they give must be a module with its `default`, and what they use must be there early. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isFunction, ts } from './source.mjs';

const ENDINGS = ['', '.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs', '/index.ts', '/index.tsx', '/index.js', '/index.jsx'];

export function mocks(context) {
  const { source } = context;
  const hoisted = new Set();
  source.walk((node) => {
    if (!ts.isCallExpression(node) || !/^jest\s*\.\s*(mock|doMock)$/.test(node.expression.getText(source.tree))) return;
    const [path, factory] = node.arguments;
    if (!factory) return;
    if (!isFunction(factory)) {
      if (!ts.isIdentifier(factory)) source.leave(factory, 'The function that gives the mocked module is computed.', 'See that what it gives has `default`.');
      return;
    }
    const name = ts.isStringLiteralLike(path) ? path.text : '';
    for (const [value, isBody] of given(factory)) module(context, name, value, isBody);
    if (/mock$/.test(node.expression.getText(source.tree))) early(source, factory, hoisted);
  });
}

/** What a factory gives back: [expression, whether it is the body of an arrow]. */
function given(factory) {
  if (!ts.isBlock(factory.body)) return [[factory.body, true]];
  const found = [];
  const step = (node) => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found.push([node.expression, false]);
    ts.forEachChild(node, step);
  };
  ts.forEachChild(factory.body, step);
  return found;
}

function module(context, path, value, isBody) {
  const { source, options } = context;
  let inner = value;
  while (ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner)) inner = inner.expression;
  if (ts.isAwaitExpression(inner) || isLoaded(inner)) return;
  if (ts.isObjectLiteralExpression(inner)) {
    const names = inner.properties.map((one) => one.name?.getText(source.tree).replace(/['"]/g, ''));
    if (names.includes('__esModule') || names.includes('default') || !importsDefault(source, options, path)) return;
    const spread = inner.properties.find((one) => ts.isSpreadAssignment(one) && isLoaded(one.expression));
    if (spread) return;
    const text = [inner.getStart(source.tree), inner.end];
    source.replace(value.getStart(source.tree), text[0], isBody ? '{ const mocked = ' : '((mocked) => ({ ...mocked, default: mocked }))(');
    source.replace(text[1], value.end, isBody ? '; return { ...mocked, default: mocked }; }' : ')');
    return;
  }
  if (ts.isIdentifier(inner) && !isFunctionName(source, inner)) {
    if (importsDefault(source, options, path)) {
      const name = source.textOf(inner);
      source.replaceNode(value, `${isBody ? '(' : ''}{ ...${name}, default: ${name} }${isBody ? ')' : ''}`);
    }
    return;
  }
  if (ts.isCallExpression(inner) && !/^jest\s*\.\s*fn\b/.test(inner.getText(source.tree)) && !/\.mock\w+\(/.test(inner.getText(source.tree))) {
    source.leave(inner, 'Vitest takes from this function a module with its `default`.', 'See that what it gives has `default`, where that is imported.');
    return;
  }
  // A function, a class or a text is the whole module of CommonJS.
  source.replace(value.getStart(source.tree), value.getStart(source.tree), isBody ? '({ default: ' : '{ default: ');
  source.replace(value.end, value.end, isBody ? ' })' : ' }');
}

function isLoaded(node) {
  return ts.isCallExpression(node) && /^jest\s*\.\s*(requireActual|requireMock|createMockFromModule|genMockFromModule)\b/.test(node.expression.getText());
}

function isFunctionName(source, id) {
  let found = false;
  source.walk((node) => {
    if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name?.text === id.text) found = true;
    if (ts.isVariableDeclaration(node) && node.name.getText(source.tree) === id.text && node.initializer) found ||= isFunction(node.initializer) || /^jest\s*\.\s*fn\b/.test(node.initializer.getText(source.tree));
  });
  return found;
}

/** Whether a file of the repository imports the default of the module. */
function importsDefault(source, options, path) {
  const key = path.startsWith('.') ? resolved(source.root, posix.join(posix.dirname(source.name), path)) : path;
  return options.defaults.includes(key);
}

export function resolved(root, path) {
  return ENDINGS.map((ending) => path + ending).find((one) => /\.\w+$/.test(one) && existsSync(join(root, one))) ?? path;
}

/** Variables of the module that a factory uses at once: they are made before the imports. */
function early(source, factory, hoisted) {
  const declared = new Map();
  for (const statement of source.tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const one of statement.declarationList.declarations) if (ts.isIdentifier(one.name)) declared.set(one.name.text, one);
  }
  const own = new Set();
  const step = (node, isLater) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) own.add(node.name.text);
    const isRead = ts.isIdentifier(node) && declared.has(node.text) && !own.has(node.text) && !isName(node);
    if (isRead && !isLater) hoist(source, declared.get(node.text), node, hoisted);
    ts.forEachChild(node, (child) => step(child, isLater || (ts.isFunctionLike(node) && node !== factory)));
  };
  step(factory, false);
}

function isName(node) {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) && parent.name === node) || (ts.isPropertyAssignment(parent) && parent.name === node);
}

function hoist(source, declaration, use, hoisted) {
  if (hoisted.has(declaration)) return;
  hoisted.add(declaration);
  const value = declaration.initializer;
  if (!value) return;
  let stands = true;
  const step = (node) => {
    if (ts.isIdentifier(node) && !isName(node) && node.text !== 'jest' && !/^(undefined|Promise|Object|Array|Map|Set|Math|JSON|Date)$/.test(node.text)) stands &&= ownParameter(node, value);
    ts.forEachChild(node, step);
  };
  step(value);
  if (!stands) {
    source.leave(use, `The mocked module is made before the imports, and \`${declaration.name.text}\` is not there then.`, 'Make it in `vi.hoisted`, or use it in a function that is called later.');
    return;
  }
  const isObject = ts.isObjectLiteralExpression(value);
  source.replace(value.getStart(source.tree), value.getStart(source.tree), `vi.hoisted(() => ${isObject ? '(' : ''}`);
  source.replace(value.end, value.end, `${isObject ? ')' : ''})`);
}

function ownParameter(id, top) {
  for (let up = id.parent; up && up !== top.parent; up = up.parent) {
    if (ts.isFunctionLike(up) && up.parameters.some((one) => one.name.getText() === id.text)) return true;
    if (ts.isTypeNode(up)) return true;
  }
  return false;
}
