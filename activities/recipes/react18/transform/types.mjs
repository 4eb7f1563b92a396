/**
 * Step `types`: edits only where the new types bring a diagnostic that the old ones did not (rows 13 to 16).
 *
 * `options.errors` are those diagnostics, each `{ file, line, column, code, message }`. What cannot be fixed by a rule is a row
 * with the compiler's own words, so the rows are the whole list of what is left to do.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ts } from './common/packages.mjs';
import { Edits } from './common/edits.mjs';
import { Source } from './common/source.mjs';

export const candidate = /^/;
const ENDINGS = ['.tsx', '.ts', '.jsx', '.js', '/index.tsx', '/index.ts'];
const FUNCTION_TYPES = /^(React\.)?(FC|FunctionComponent|VFC|VoidFunctionComponent|SFC)$/;

export function transform(source, options) {
  const edits = new Edits(source);
  const wishes = [];
  const fixed = new Set();
  for (const one of options.errors.filter(({ file }) => file === source.name)) {
    const node = source.typed ? nodeAt(source, one) : undefined;
    const fix = node && (children(source, node, one, options.root) ?? inPlace(edits, node, one, fixed));
    if (!fix) edits.leftovers.push(rowOf(one, 'Change the types here; the types of React 18 are stricter.'));
    else if (fix !== true) wishes.push({ ...fix, diagnostic: one });
  }
  return { ...edits.result(), facts: { wishes } };
}

function rowOf({ line, message, code }, fix) {
  return { line, reason: `TypeScript: ${message.split('\n')[0]} (TS${code})`, fix, breaks_build: true };
}

function nodeAt(source, { line, column }) {
  const starts = source.tree.getLineStarts();
  if (line > starts.length) return undefined;
  const position = starts[line - 1] + column - 1;
  let found;
  source.walk((node) => {
    if (node.getStart() <= position && node.end > position) found = node;
  });
  return found;
}

/** The component whose properties lack `children`: that of the function or class, or that of the tag. */
function children(source, node, { code, message }, root) {
  if (!/'children'|no properties in common/.test(message) && !(code === 2769 && /children/.test(message))) return undefined;
  const tag = ts.isIdentifier(node) && isTagName(node) ? node : undefined;
  if (tag) return declaredAt(source, tag, root);
  for (let up = node; up; up = up.parent) {
    if (ts.isClassLike(up)) return { file: source.name, name: up.name?.text ?? '', at: up.pos };
    if (ts.isVariableDeclaration(up) && up.type && isFunctionType(up.type)) return { file: source.name, name: up.name.getText(), at: up.pos };
  }
  return undefined;
}

function isTagName(node) {
  const { parent } = node;
  return (ts.isJsxOpeningElement(parent) || ts.isJsxSelfClosingElement(parent)) && parent.tagName === node;
}

function isFunctionType(type) {
  return ts.isTypeReferenceNode(type) && FUNCTION_TYPES.test(type.typeName.getText());
}

function declaredAt(source, tag, root) {
  const [declaration] = source.symbol(tag)?.declarations ?? [];
  if (!declaration) return undefined;
  const isDefault = ts.isImportClause(declaration);
  if (!isDefault && !ts.isImportSpecifier(declaration)) return { file: source.name, name: tag.text };
  const statement = isDefault ? declaration.parent : declaration.parent.parent.parent;
  const specifier = statement.moduleSpecifier.text;
  if (!specifier.startsWith('.') || !root) return undefined;
  const base = join(dirname(source.name), specifier);
  const file = ENDINGS.map((ending) => base + ending).find((name) => existsSync(join(root, name)));
  return file && { file, name: isDefault ? '' : (declaration.propertyName ?? declaration.name).text };
}

/** Fixes that belong where the diagnostic is; true where one was made. */
function inPlace(edits, node, { code, message }, fixed) {
  const once = (where, make) => {
    if (!fixed.has(where)) make();
    fixed.add(where);
    return true;
  };
  if (code === 7006 && ts.isParameter(node.parent) && isUseCallback(node.parent.parent)) return once(node, () => typeParameter(edits, node.parent));
  const context = /unknown/.test(message) ? contextOf(node) : undefined;
  if (context) return once(context, () => typeContext(edits, context));
  if (code === 2322 && /^Type '(\{\}|unknown)'.* is not assignable to type '(React\.)?ReactNode'/.test(message)) {
    const expression = ts.isJsxExpression(node) ? node.expression : expressionIn(node);
    const react = reactName(edits.source);
    return Boolean(expression && react) && once(expression, () => edits.insert(expression.end, ` as ${react}.ReactNode`));
  }
  return undefined;
}

function expressionIn(node) {
  let whole = node;
  while (whole.parent && ts.isExpression(whole.parent) && !ts.isJsxExpression(whole.parent)) whole = whole.parent;
  return ts.isJsxExpression(whole.parent) && ts.isExpression(whole) ? whole : undefined;
}

function isUseCallback(fn) {
  return ts.isCallExpression(fn.parent) && /(^|\.)useCallback$/.test(fn.parent.expression.getText());
}

function typeParameter(edits, parameter) {
  const fn = parameter.parent;
  const before = edits.source.text.slice(fn.getStart(), parameter.getStart());
  const bare = ts.isArrowFunction(fn) && !before.includes('(');
  if (bare) edits.replace(parameter.getStart(), parameter.end, `(${parameter.name.getText()}: any)`);
  else edits.insert((parameter.questionToken ?? parameter.name).end, ': any');
}

/** The `this.context` that a diagnostic is about: around it, before it, or what it is taken from. */
function contextOf(node) {
  const isContext = (one) => one?.getText() === 'this.context';
  for (let up = node; up && ts.isExpression(up); up = up.parent) if (isContext(up)) return up;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && isContext(parent.expression)) return parent.expression;
  const declaration = ts.isBindingElement(parent) ? parent.parent.parent : undefined;
  return declaration && ts.isVariableDeclaration(declaration) && isContext(declaration.initializer) ? declaration.initializer : undefined;
}

/** A type at the place itself: a field of the class would need an option of Babel, or would be set to undefined. */
function typeContext(edits, context) {
  const { source } = edits;
  let owner = context;
  while (owner && !ts.isClassLike(owner)) owner = owner.parent;
  const type = owner?.members.find((member) => member.name?.getText() === 'contextType' && ts.isPropertyDeclaration(member) && member.initializer);
  const react = reactName(source);
  const text = type && react ? `${react}.ContextType<typeof ${type.initializer.getText()}>` : 'any';
  const isValue = ts.isVariableDeclaration(context.parent);
  if (!isValue) edits.insert(context.getStart(), '(');
  edits.insert(context.end, isValue ? ` as ${text}` : ` as ${text})`);
}

function reactName(source) {
  for (const statement of source.tree.statements) {
    if (!ts.isImportDeclaration(statement) || statement.moduleSpecifier.text !== 'react') continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) return name.text;
    if (namedBindings && ts.isNamespaceImport(namedBindings)) return namedBindings.name.text;
  }
  return undefined;
}

/** Gives `children` to each component that a diagnostic named, in whichever file it is. */
export function finish(results, { root }) {
  const byFile = new Map(results.map((result) => [result.file, result]));
  const wishes = new Map();
  for (const { file: from, facts } of results) {
    for (const wish of facts?.wishes ?? []) wishes.set(`${wish.file} ${wish.name}`, { ...wish, from });
  }
  for (const wish of wishes.values()) {
    const result = byFile.get(wish.file) ?? { file: wish.file, edits: [], leftovers: [], facts: {} };
    byFile.set(wish.file, result);
    const made = giveChildren(root, wish);
    if (made) result.edits = merge(result.edits, made);
    else byFile.get(wish.from).leftovers.push(rowOf(wish.diagnostic, 'Add `children` to the properties of this component.'));
  }
  return [...byFile.values()];
}

function merge(edits, more) {
  const known = new Set(edits.map(String));
  return [...edits, ...more.filter((edit) => !known.has(String(edit)))].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** The edits that wrap a component's properties in `PropsWithChildren`; undefined where it has another form. */
export function giveChildren(root, { file, name }, given) {
  let source;
  try {
    source = given ?? new Source(file, readFileSync(join(root, file), 'utf8'));
  } catch {
    return undefined;
  }
  const slot = source.typed ? findSlot(source, name) : undefined;
  if (!slot) return undefined;
  const edits = new Edits(source);
  const wrapper = wrapperName(edits);
  const { argument, at } = slot;
  if (argument && /PropsWithChildren/.test(argument.getText())) return [];
  if (argument) {
    edits.insert(argument.getStart(), `${wrapper}<`);
    edits.insert(argument.end, '>');
  } else edits.insert(at, `<${wrapper}>`);
  return edits.result().edits;
}

/** Where the type of a component's properties stands: `{ argument }`, or `{ at }` where there is none yet. */
function findSlot(source, name) {
  let slot;
  const isNamed = (node) => (name ? node.name?.getText() === name : isDefaultExport(source, node));
  source.walk((node) => {
    if (slot) return;
    if (ts.isVariableDeclaration(node) && isNamed(node) && node.type && isFunctionType(node.type)) {
      slot = { argument: node.type.typeArguments?.[0], at: node.type.typeName.end };
    } else if (ts.isClassLike(node) && isNamed(node)) {
      const base = node.heritageClauses?.find((one) => one.token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
      if (base && /(^|\.)(Pure)?Component$/.test(base.expression.getText())) slot = { argument: base.typeArguments?.[0], at: base.expression.end };
    } else if ((ts.isFunctionDeclaration(node) && isNamed(node)) || (ts.isVariableDeclaration(node) && isNamed(node) && node.initializer && ts.isArrowFunction(node.initializer))) {
      const [parameter] = (ts.isFunctionDeclaration(node) ? node : node.initializer).parameters;
      if (parameter?.type) slot = { argument: parameter.type };
    }
  });
  return slot;
}

function isDefaultExport(source, node) {
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((one) => one.kind === ts.SyntaxKind.DefaultKeyword)) return true;
  const assigned = source.tree.statements.find(ts.isExportAssignment)?.expression;
  return Boolean(assigned) && ts.isIdentifier(assigned) && node.name?.getText() === assigned.text;
}

/** `PropsWithChildren` as the file can say it; its import is extended where it must be. */
function wrapperName(edits) {
  const { source } = edits;
  const react = reactName(source);
  if (react) return `${react}.PropsWithChildren`;
  const statement = source.tree.statements.find((one) => ts.isImportDeclaration(one) && one.moduleSpecifier.text === 'react' && one.importClause?.namedBindings?.elements?.length);
  if (!statement) return "import('react').PropsWithChildren";
  const { elements } = statement.importClause.namedBindings;
  const known = elements.find((one) => (one.propertyName ?? one.name).text === 'PropsWithChildren');
  if (!known) edits.insert(elements.at(-1).end, ', PropsWithChildren');
  return known ? known.name.text : 'PropsWithChildren';
}
