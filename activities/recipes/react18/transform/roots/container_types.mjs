/** The type `Container` of react-dom, which may be a document: a root takes none. */
import { ts } from '../common/packages.mjs';
import { rewriteImport } from '../common/imports.mjs';

const NEW = 'Element | DocumentFragment';

/** Writes what a root takes where a file with roots says `Container`, and takes the name's uses out of what its imports bring. */
export function writeContainerTypes(edits, bindings, consumed) {
  const { source } = edits;
  if (!source.typed || !/\bContainer\b/.test(source.text)) return;
  const modules = new Set(bindings.modules().map(({ local }) => source.symbol(local)));
  const names = new Map(namesOf(source).map((specifier) => [source.symbol(specifier.name), specifier]));
  const replaced = [];
  source.walk((node) => {
    if (!ts.isTypeReferenceNode(node)) return;
    const { typeName } = node;
    const isOwn = ts.isIdentifier(typeName) ? names.has(source.symbol(typeName)) : typeName.right.text === 'Container' && ts.isIdentifier(typeName.left) && modules.has(source.symbol(typeName.left));
    if (!isOwn) return;
    const id = ts.isIdentifier(typeName) ? typeName : typeName.left;
    replaced.push(id);
    consumed.add(id);
    edits.replace(node.getStart(), node.end, ts.isArrayTypeNode(node.parent) || ts.isTypeOperatorNode(node.parent) ? `(${NEW})` : NEW);
  });
  for (const specifier of names.values()) {
    const statement = specifier.parent.parent.parent;
    const isBound = bindings.all.some(({ holder }) => holder === specifier);
    if (!isBound && source.references(specifier.name).every((ref) => replaced.includes(ref))) rewriteImport(edits, statement, [specifier], '');
  }
}

function namesOf(source) {
  const imports = source.tree.statements.filter((one) => ts.isImportDeclaration(one) && one.moduleSpecifier.text === 'react-dom');
  return imports.flatMap((one) => [...(one.importClause?.namedBindings?.elements ?? [])]).filter((one) => (one.propertyName ?? one.name).text === 'Container');
}
