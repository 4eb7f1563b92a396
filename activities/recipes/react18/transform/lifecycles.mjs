/** Step `lifecycles`: `componentWillMount` and its like get the prefix `UNSAFE_`, in React components only (row 17). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ts } from './common/packages.mjs';
import { Bindings } from './common/bindings.mjs';
import { Edits } from './common/edits.mjs';
import { Source } from './common/source.mjs';
import { patternOf } from './steps.mjs';

export const candidate = patternOf('lifecycles');
export const suspect = candidate;
const OLD = /^componentWill(Mount|ReceiveProps|Update)$/;
const TEST = /(^|[/.])(__tests__|tests?|specs?)[/.]|\.(test|spec)\.[cm]?[jt]sx?$/;
const FIX = 'Rename it to `UNSAFE_…` if React calls it, or replace it.';
const ENDINGS = ['', '.js', '.jsx', '.ts', '.tsx', '.mjs', '/index.js', '/index.jsx', '/index.ts', '/index.tsx'];

export function transform(source, options) {
  const edits = new Edits(source);
  const classes = new Classes(source, options.root);
  source.walk((node) => {
    if (ts.isClassLike(node)) renameMembers(edits, node, node.members, classes.kindOf(node));
    else if (ts.isObjectLiteralExpression(node)) renameMembers(edits, node, node.properties, objectKind(node));
    else if (ts.isPropertyAccessExpression(node) && OLD.test(node.name.text)) renameAccess(edits, node, classes);
    else if (ts.isStringLiteral(node) && OLD.test(node.text)) renameString(edits, node);
  });
  return edits.result();
}

function renameMembers(edits, owner, members, kind) {
  const named = members.filter((member) => nameOf(member) && OLD.test(nameOf(member)) && !isStatic(member) && !isForbidden(member));
  if (kind === 'other') return;
  const names = new Set(members.map(nameOf));
  for (const member of named) {
    const name = nameOf(member);
    if (kind === 'unknown') {
      const what = ts.isClassLike(owner) ? 'The class does not visibly extend a React component' : 'The object may be a mixin of React components';
      edits.leave(member, `${what}, so \`${name}\` was left as it is.`, FIX);
    } else if (names.has(`UNSAFE_${name}`)) {
      edits.leave(member, `The component has \`${name}\` and \`UNSAFE_${name}\`; React calls both.`, 'Put both into one.');
    } else if (ts.isShorthandPropertyAssignment(member)) edits.insert(member.name.getStart(), `UNSAFE_${name}: `);
    else edits.insert(edits.source.text.indexOf(name, member.name.getStart()), 'UNSAFE_');
  }
}

/** A member's name, as an identifier or a string, in brackets or not. */
function nameOf({ name }) {
  const key = name && ts.isComputedPropertyName(name) ? name.expression : name;
  return key && (ts.isIdentifier(name) || ts.isStringLiteralLike(key)) ? key.text : undefined;
}

/** `componentWillMount: never` forbids the method and is none. */
function isForbidden(member) {
  return ts.isPropertyDeclaration(member) && !member.initializer;
}

function isStatic(member) {
  return ts.canHaveModifiers(member) && ts.getModifiers(member)?.some((one) => one.kind === ts.SyntaxKind.StaticKeyword);
}

function objectKind(node) {
  const call = node.parent;
  if (ts.isCallExpression(call) && call.arguments[0] === node && /(^|\.)(createReactClass|createClass)$/.test(call.expression.getText())) return 'react';
  const named = node.properties.filter((one) => one.name && OLD.test(one.name.getText()));
  const isFunction = (one) => ts.isMethodDeclaration(one) || (ts.isPropertyAssignment(one) && ts.isFunctionLike(one.initializer));
  return named.some(isFunction) ? 'unknown' : 'other';
}

/** Calls of the method: by the class itself and its subclasses, by a test on an instance, or by somebody unknown. */
function renameAccess(edits, node, classes) {
  const of = node.expression;
  const owner = ownerOf(node);
  if (of.kind === ts.SyntaxKind.ThisKeyword || of.kind === ts.SyntaxKind.SuperKeyword) {
    const kind = owner && (ts.isClassLike(owner) ? classes.kindOf(owner) : objectKind(owner));
    const declares = of.kind === ts.SyntaxKind.SuperKeyword || hasMember(owner, node.name.text);
    if (kind === 'react' && declares) edits.insert(node.name.getStart(), 'UNSAFE_');
    else if (kind !== 'other') edits.leave(node, `\`${node.name.text}\` may be called by this name although the component's was renamed.`, FIX);
  } else if (TEST.test(edits.source.name)) edits.insert(node.name.getStart(), 'UNSAFE_');
  else edits.leave(node, `\`${node.name.text}\` of another object is used here.`, FIX);
}

function renameString(edits, node) {
  const call = node.parent;
  const isSpy = ts.isCallExpression(call) && /(spy|stub|spyOn)$/.test(call.expression.getText());
  const isRead = ts.isElementAccessExpression(call) && call.argumentExpression === node;
  if ((isSpy || isRead) && TEST.test(edits.source.name)) edits.insert(node.getStart() + 1, 'UNSAFE_');
  else if (isSpy || isRead) edits.leave(node, `\`${node.text}\` of another object is used here by a text.`, FIX);
}

function ownerOf(node) {
  for (let up = node.parent; up; up = up.parent) {
    if (ts.isClassLike(up)) return up;
    if (ts.isObjectLiteralExpression(up) && objectKind(up) === 'react') return up;
  }
  return undefined;
}

function hasMember(owner, name) {
  const members = owner.members ?? owner.properties;
  return members.some((member) => member.name?.getText() === name) || ts.isClassLike(owner);
}

/** What the classes of a file extend: followed through the file, and through the repository's own modules. */
class Classes {
  constructor(source, root, depth = 0) {
    Object.assign(this, { source, root, depth });
    this.react = new Bindings(source, 'react');
  }

  /** `react`, `other` for a class that extends nothing or a known other thing, `unknown`. */
  kindOf(node, seen = new Set()) {
    const heritage = node.heritageClauses?.find((one) => one.token === ts.SyntaxKind.ExtendsKeyword);
    if (!heritage || seen.has(node)) return 'other';
    seen.add(node);
    return this.kindOfExpression(heritage.types[0].expression, seen);
  }

  kindOfExpression(node, seen) {
    while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) node = node.expression;
    const base = this.react.uses.find((use) => use.node === node);
    if (base) return /^(Pure)?Component$/.test(base.name) ? 'react' : 'unknown';
    if (!ts.isIdentifier(node)) return ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? 'unknown' : 'other';
    const [declaration] = this.source.symbol(node)?.declarations ?? [];
    if (!declaration) return 'other';
    if (ts.isClassLike(declaration)) return this.kindOf(declaration, seen);
    const value = ts.isVariableDeclaration(declaration) && declaration.initializer;
    if (value && ts.isClassLike(value)) return this.kindOf(value, seen);
    if (value && ts.isIdentifier(value)) return this.kindOfExpression(value, seen);
    return this.kindElsewhere(declaration) ?? 'unknown';
  }

  kindElsewhere(declaration) {
    const isDefault = ts.isImportClause(declaration);
    if (!(isDefault || ts.isImportSpecifier(declaration)) || !this.root || this.depth > 4) return undefined;
    const statement = isDefault ? declaration.parent : declaration.parent.parent.parent;
    const specifier = statement.moduleSpecifier.text;
    if (!specifier.startsWith('.')) return undefined;
    return kindInModule(this.root, this.source.name, specifier, isDefault ? 'default' : (declaration.propertyName ?? declaration.name).text, this.depth + 1);
  }
}

/** What a module's exported class extends, through modules that only export it again. */
function kindInModule(root, from, specifier, wanted, depth) {
  if (depth > 6 || !specifier.startsWith('.')) return undefined;
  const base = join(dirname(from), specifier);
  const name = ENDINGS.map((ending) => base + ending).find((one) => /\.\w+$/.test(one) && existsSync(join(root, one)));
  if (!name) return undefined;
  try {
    const other = new Source(name, readFileSync(join(root, name), 'utf8'));
    const found = findClass(other.tree, wanted === 'default' ? undefined : wanted);
    if (found) return new Classes(other, root, depth).kindOf(found);
    for (const [next, as] of exportsAgain(other.tree, wanted)) {
      const kind = kindInModule(root, name, next, as, depth + 1);
      if (kind) return kind;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/** Modules from which a name is exported again, with its name there. */
function exportsAgain(tree, wanted) {
  const found = [];
  for (const statement of tree.statements.filter(ts.isExportDeclaration)) {
    if (!statement.moduleSpecifier) continue;
    const { exportClause } = statement;
    if (!exportClause) found.push([statement.moduleSpecifier.text, wanted]);
    const element = exportClause?.elements?.find((one) => one.name.text === wanted);
    if (element) found.push([statement.moduleSpecifier.text, (element.propertyName ?? element.name).text]);
  }
  return found;
}

/** The exported class of a module: the one of a name, or the default. */
function findClass(tree, name) {
  const classes = tree.statements.filter(ts.isClassDeclaration);
  if (name) return classes.find((one) => one.name?.text === name);
  const isDefault = (one) => ts.getModifiers(one)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
  const assigned = tree.statements.find(ts.isExportAssignment)?.expression;
  return classes.find(isDefault) ?? classes.find((one) => assigned && ts.isIdentifier(assigned) && one.name?.text === assigned.text);
}
