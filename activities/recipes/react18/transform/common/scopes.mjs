/**
 * What a name means in its file, by the scopes of TypeScript's binder alone: a checker takes longer to be made than the file to be
 * read. A place that only a checker knows is `UNSURE`.
 */
import { ts } from './packages.mjs';

export const UNSURE = Symbol('unsure');
const { Value, Type, Namespace, Alias } = ts.SymbolFlags;

/** Its symbol, undefined for a name that the file does not declare, or UNSURE. The file is bound. */
export function symbolOf(id) {
  const { parent } = id;
  if (ts.isShorthandPropertyAssignment(parent) && parent.name === id) return lookUp(id, Value | Alias);
  if (ts.isExportSpecifier(parent)) return parent.parent.parent.moduleSpecifier ? UNSURE : lookUp(parent.propertyName ?? id, Value | Type | Namespace | Alias);
  if (isDeclaredBy(parent, id)) return parent.symbol;
  if (isIntrinsic(id)) return UNSURE;
  if (ts.isTypeReferenceNode(parent)) return lookUp(id, Type | Alias);
  return ts.isExpressionNode(id) && !ts.isQualifiedName(parent) ? lookUp(id, Value | Alias) : UNSURE;
}

function isDeclaredBy(node, id) {
  const declares = ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node);
  const imports = ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isNamespaceImport(node);
  return (declares || imports || (ts.isParameter(node) && !ts.isParameterPropertyDeclaration(node, node.parent))) && node.name === id && node.symbol !== undefined;
}

function isIntrinsic({ text, parent }) {
  return (ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent)) && /^[^A-Z_$]/.test(text);
}

function lookUp(id, meaning) {
  const name = id.escapedText;
  if (name === 'arguments' || name === 'exports' || name === 'module') return UNSURE;
  for (let [from, node] = [id, id.parent]; node; [from, node] = [node, node.parent]) {
    const found = node.locals?.get(name);
    const symbol = found?.exportSymbol ?? found;
    if (symbol && symbol.flags & meaning) return isSeenFrom(from, node, symbol) ? symbol : UNSURE;
    if ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name?.escapedText === name) return node.symbol;
    if (node.symbol && (ts.isClassLike(node) || ts.isInterfaceDeclaration(node)) && meaning & Type && node.symbol.members?.has(name)) return UNSURE;
    if ((ts.isModuleDeclaration(node) || ts.isEnumDeclaration(node)) && node.symbol?.exports?.has(name)) return UNSURE;
  }
  return meaning & Type ? UNSURE : undefined;
}

/** Parameters do not see what the function's body declares, and types have rules of their own. */
function isSeenFrom(from, node, symbol) {
  if (ts.isConditionalTypeNode(node)) return false;
  return !ts.isFunctionLike(node) || from === node.body || (symbol.declarations ?? []).every((one) => ts.isParameter(ts.getRootDeclaration(one)) || ts.isTypeParameterDeclaration(one));
}
