/** Edits of imports and requires: names that go, names that come, in the way the file writes them. */
import { ts } from './packages.mjs';

/** Removes some of a list's nodes with their commas; the rest keeps its bytes. */
export function removeFromList(edits, list, gone) {
  const kept = list.filter((node) => !gone.includes(node));
  for (const node of gone) {
    const at = list.indexOf(node);
    const isLast = !list.slice(at + 1).some((one) => kept.includes(one));
    const before = list[at - 1];
    if (isLast && before) edits.remove(before.end, node.end);
    else if (list[at + 1]) edits.remove(node.getStart(), list[at + 1].getStart());
    else edits.remove(node.getStart(), node.end);
  }
}

/** The quote character of a module specifier. */
export function quoteOf(source, node) {
  return source.text[node.getStart()] === '"' ? '"' : "'";
}

function fileQuote(source) {
  const found = source.tree.statements.find(ts.isImportDeclaration);
  if (found) return quoteOf(source, found.moduleSpecifier);
  return source.text.split('"').length > source.text.split("'").length ? '"' : "'";
}

/**
 * Takes bindings out of their import or require, and puts `fresh` (text of a whole new statement, or '') in their place
 * or beside what stays. Returns whether `fresh` was placed.
 */
export function rewriteImport(edits, statement, gone, fresh) {
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    const named = clause.namedBindings;
    const elements = named?.elements ?? [];
    const all = [clause.name, ...(named && ts.isNamespaceImport(named) ? [named] : elements)].filter(Boolean);
    if (all.every((holder) => gone.includes(holder))) return replaceStatement(edits, statement, fresh);
    if (clause.name && gone.includes(clause.name)) edits.remove(clause.name.getStart(), named.getStart());
    const goneElements = elements.filter((element) => gone.includes(element));
    if (named && (gone.includes(named) || (elements.length && goneElements.length === elements.length))) {
      edits.remove(clause.name.end, named.end);
    } else removeFromList(edits, [...elements], goneElements);
  } else if (ts.isImportEqualsDeclaration(statement)) {
    if (gone.length) return replaceStatement(edits, statement, fresh);
  } else if (ts.isVariableStatement(statement)) {
    if (removeDeclarations(edits, statement, gone, fresh)) return Boolean(fresh);
  }
  if (fresh) insertAfter(edits, statement, fresh);
  return Boolean(fresh);
}

/** Whether a whole statement went, with `fresh` in its place. */
function removeDeclarations(edits, statement, gone, fresh) {
  const declarations = [...statement.declarationList.declarations];
  const goneDeclarations = declarations.filter((one) => {
    if (gone.includes(one)) return true;
    return ts.isObjectBindingPattern(one.name) && one.name.elements.every((element) => gone.includes(element));
  });
  if (goneDeclarations.length === declarations.length) {
    replaceStatement(edits, statement, fresh);
    return true;
  }
  removeFromList(edits, declarations, goneDeclarations);
  for (const one of declarations) {
    if (goneDeclarations.includes(one) || !ts.isObjectBindingPattern(one.name)) continue;
    removeFromList(edits, [...one.name.elements], one.name.elements.filter((element) => gone.includes(element)));
  }
  return false;
}

/** Where a statement ends; a semicolon that begins the next line is that line's. */
function endOf(source, statement) {
  const text = source.text.slice(statement.getStart(), statement.end);
  return /[\r\n]\s*;$/.test(text) ? statement.getStart() + text.replace(/\s*;$/, '').length : statement.end;
}

function replaceStatement(edits, statement, fresh) {
  const { source } = edits;
  const start = statement.getStart();
  const end = endOf(source, statement);
  if (fresh) {
    edits.replace(start, end, fresh);
    return true;
  }
  const lineEnd = source.lineEnd(end);
  const alone = source.startsLine(start) && source.text.slice(end, lineEnd).trim() === '';
  const from = source.lineStart(start);
  if (!alone) edits.remove(start, end);
  else if (from === 0) edits.remove(start, source.text.startsWith('\r\n', lineEnd) ? lineEnd + 2 : Math.min(lineEnd + 1, source.text.length));
  else edits.remove(source.text.slice(0, from).endsWith('\r\n') ? from - 2 : from - 1, lineEnd);
  return false;
}

/** Puts a statement on the line after another, behind a comment at the other's end. */
export function insertAfter(edits, statement, text) {
  const { source } = edits;
  const own = endOf(source, statement);
  const end = source.lineEnd(own);
  const rest = source.text.slice(own, end).trim();
  const isComment = rest === '' || rest.startsWith('//') || (/^\/\*.*\*\/$/.test(rest) && !rest.slice(2, -2).includes('*/'));
  edits.insert(isComment ? end : own, source.newline + source.indentAt(statement.getStart()) + text);
}

/** The text of a statement that brings names (`{ imported: local }`) of a package into the file as `like` does it. */
export function importText(source, like, packageName, names) {
  const list = Object.entries(names);
  const semicolon = like ? (source.text[endOf(source, like) - 1] === ';' ? ';' : '') : source.semicolon;
  const specifier = like && specifierOf(like);
  const quote = specifier ? quoteOf(source, specifier) : fileQuote(source);
  const quoted = quote + packageName + quote;
  if (!like || ts.isImportDeclaration(like) || ts.isImportEqualsDeclaration(like)) {
    const parts = list.map(([name, local]) => (name === local ? name : `${name} as ${local}`));
    const space = like && specifier && source.text.includes('{') && /import \{\S/.test(source.text) ? '' : ' ';
    return `import {${space}${parts.join(', ')}${space}} from ${quoted}${semicolon}`;
  }
  if (isVar(like)) {
    const indent = source.indentAt(like.getStart());
    return list.map(([name, local]) => `var ${local} = require(${quoted}).${name}${semicolon}`).join(source.newline + indent);
  }
  const parts = list.map(([name, local]) => (name === local ? name : `${name}: ${local}`));
  return `const { ${parts.join(', ')} } = require(${quoted})${semicolon}`;
}

/** Whether a file's way to write variables is ES5's. */
export function isVar(statement) {
  return ts.isVariableStatement(statement) && !(statement.declarationList.flags & ts.NodeFlags.BlockScoped);
}

function specifierOf(statement) {
  if (ts.isImportDeclaration(statement)) return statement.moduleSpecifier;
  let found;
  const look = (node) => {
    if (ts.isCallExpression(node) && node.arguments.length === 1 && ts.isStringLiteral(node.arguments[0])) found ??= node.arguments[0];
    if (ts.isExternalModuleReference(node)) found ??= node.expression;
    ts.forEachChild(node, look);
  };
  look(statement);
  return found;
}

/** Adds a name to an import or a destructured require that is there already; false where neither is. */
export function addToList(edits, bindings, name, local, removed = []) {
  const stays = ({ holder, kind }) => kind === 'member' && (ts.isImportSpecifier(holder) || ts.isBindingElement(holder)) && !removed.includes(holder);
  const written = bindings.all.find(stays);
  if (!written) return false;
  const { holder } = written;
  const last = holder.parent.elements.findLast((one) => !removed.includes(one));
  const colon = ts.isImportSpecifier(holder) ? ' as ' : ': ';
  edits.insert(last.end, `, ${name === local ? name : name + colon + local}`);
  return true;
}

/** The last import or require before the module's first own code, or the last before `use`: declarations may stand behind it. */
export function endOfImports(source, use) {
  let last;
  for (const statement of source.tree.statements) {
    if (ts.isImportDeclaration(statement) || ts.isImportEqualsDeclaration(statement) || isRequire(statement)) last = statement;
    else if (!isHarmless(statement)) break;
  }
  return source.tree.statements.findLast((one) => one === last || (ts.isImportDeclaration(one) && one.end <= use));
}

function isRequire(statement) {
  const text = statement.getText();
  return (ts.isVariableStatement(statement) || ts.isExpressionStatement(statement)) && /\brequire\(/.test(text) && !/=>|function/.test(text);
}

/** A statement that runs no function of the module. */
function isHarmless(statement) {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return true;
  if (ts.isExpressionStatement(statement)) return ts.isStringLiteral(statement.expression) || /^(jest|vi)\.\w*mock\w*\(/i.test(statement.getText());
  return ts.isVariableStatement(statement) && !statement.getText().includes('(');
}
