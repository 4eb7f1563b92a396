/** Step `type-names`: names of types that React 18's types no longer have, with their imports (row 12). */
import { ts } from './common/packages.mjs';
import { Edits } from './common/edits.mjs';
import { removeFromList } from './common/imports.mjs';
import { patternOf } from './steps.mjs';

const NAMES = {
  SFC: 'FC', StatelessComponent: 'FunctionComponent', SFCElement: 'FunctionComponentElement', SFCFactory: 'FunctionComponentFactory',
  ReactType: 'ElementType', VFC: 'FC', VoidFunctionComponent: 'FunctionComponent', RefForwardingComponent: 'ForwardRefRenderFunction',
};
export const candidate = patternOf('type-names');
export const suspect = candidate;
/** Also in what a library says of itself. */
export const declarations = true;

export function transform(source) {
  const edits = new Edits(source);
  const modules = [];
  for (const statement of source.tree.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier?.text === 'react') leaveExports(edits, statement);
    if (ts.isImportEqualsDeclaration(statement) && statement.moduleReference.expression?.text === 'react') modules.push(statement.name);
    if (!ts.isImportDeclaration(statement) || statement.moduleSpecifier.text !== 'react') continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name) modules.push(name);
    if (namedBindings && ts.isNamespaceImport(namedBindings)) modules.push(namedBindings.name);
  }
  renameImports(edits);
  renameQualified(edits, modules);
  return edits.result();
}

function leaveExports(edits, statement) {
  for (const element of statement.exportClause?.elements ?? []) {
    const name = (element.propertyName ?? element.name).text;
    if (NAMES[name]) edits.leave(element, `\`${name}\` of React is exported again, and other modules may use it by this name.`, `Export \`${NAMES[name]}\`.`);
  }
}

/** `React.SFC<Props>`, in types; a variable of the file that is called React is another thing. */
function renameQualified(edits, modules) {
  const { source } = edits;
  const globalReact = modules.length === 0 && source.typed;
  source.walk((node) => {
    if (ts.isImportTypeNode(node)) renameInline(edits, node);
    const isQualified = ts.isQualifiedName(node) || (ts.isPropertyAccessExpression(node) && ts.isExpressionWithTypeArguments(node.parent));
    if (!isQualified) return;
    const [left, right] = ts.isQualifiedName(node) ? [node.left, node.right] : [node.expression, node.name];
    if (!NAMES[right.text] || !ts.isIdentifier(left)) return;
    const symbol = source.symbol(left);
    const isReact = modules.some((name) => source.symbol(name) === symbol) || (globalReact && !symbol && left.text === 'React');
    if (isReact) edits.replace(right.getStart(), right.end, NAMES[right.text]);
  });
}

/** `import('react').SFC<Props>`. */
function renameInline(edits, { argument, qualifier }) {
  const isReact = ts.isLiteralTypeNode(argument) && argument.literal.text === 'react';
  if (isReact && qualifier && ts.isIdentifier(qualifier) && NAMES[qualifier.text]) edits.replace(qualifier.getStart(), qualifier.end, NAMES[qualifier.text]);
}

function renameImports(edits) {
  const { source } = edits;
  const imports = source.tree.statements.filter((one) => ts.isImportDeclaration(one) && one.moduleSpecifier.text === 'react');
  const specifiers = imports.flatMap((one) => [...(one.importClause?.namedBindings?.elements ?? [])]);
  const locals = new Map(specifiers.map((one) => [(one.propertyName ?? one.name).text, one.name.text]));
  const gone = [];
  for (const specifier of specifiers) {
    const old = (specifier.propertyName ?? specifier.name).text;
    const name = NAMES[old];
    if (!name) continue;
    if (specifier.propertyName) {
      edits.replace(specifier.propertyName.getStart(), specifier.propertyName.end, name);
      continue;
    }
    const known = locals.get(name);
    if (!known && source.names.has(name)) {
      edits.replace(specifier.name.getStart(), specifier.name.end, `${name} as ${old}`);
      continue;
    }
    if (known) gone.push(specifier);
    else edits.replace(specifier.name.getStart(), specifier.name.end, name);
    locals.set(name, known ?? name);
    renameReferences(edits, specifier.name, known ?? name);
  }
  for (const statement of imports) {
    const elements = [...(statement.importClause?.namedBindings?.elements ?? [])];
    removeFromList(edits, elements, elements.filter((one) => gone.includes(one)));
  }
}

function renameReferences(edits, local, name) {
  for (const ref of edits.source.references(local)) {
    const { parent } = ref;
    const exported = ts.isExportSpecifier(parent) && !parent.propertyName;
    edits.replace(ref.getStart(), ref.end, exported ? `${name} as ${ref.text}` : name);
  }
}
