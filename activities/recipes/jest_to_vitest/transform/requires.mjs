/** Files of the repository that are written as modules: Vitest prepares them for `import`, not for `require`. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { resolved } from './mocks.mjs';
import { ts } from './source.mjs';

const MODULE = /^\s*(?:export\s+(?:default|const|let|var|function|async|class|\{|\*|type|interface|enum|abstract)|import\s+[\w{*'"])/m;
const DEFAULT = /^\s*export\s+(?:default\b|\{[^}]*\bdefault\b)/m;

export function requires({ source }) {
  if (onlyExportsAgain(source)) return;
  const own = /\b(?:module\.exports|exports\.\w+)\b/.test(source.text.replace(/^module\.exports\s*=\s*require\([^)]*\);?/m, ''));
  source.walk((node) => {
    if (!ts.isCallExpression(node) || node.expression.getText(source.tree) !== 'require' || node.arguments.length !== 1) return;
    const [path] = node.arguments;
    if (!ts.isStringLiteralLike(path)) {
      source.leave(node, 'Vitest prepares modules of the repository for `import`, and what is required here is computed.', 'Use `await import(…)`, or `import.meta.glob`.');
      return;
    }
    const text = path.text.startsWith('.') ? target(source, path.text) : '';
    if (!text || !(MODULE.test(text) || /\.tsx?$/.test(text))) return;
    const written = own ? undefined : asImport(source, node, path.getText(source.tree), text);
    if (written) source.replaceNode(written[0], written[1]);
    else source.leave(node, 'Vitest prepares modules of the repository for `import`, and `require` does not see what it mocks.', 'Use `import`, or `await import(…)` where it is called.');
  });
}

/** `const a = require('./a'); module.exports = a;` */
function onlyExportsAgain(source) {
  const [first, second, more] = source.tree.statements;
  const declared = !more && second && ts.isVariableStatement(first) && first.declarationList.declarations[0];
  const path = declared?.initializer && /^require\((['"])(\.[^'"]*)\1\)$/.exec(source.textOf(declared.initializer))?.[2];
  if (!path || source.textOf(second).replace(/;$/, '') !== `module.exports = ${source.textOf(declared.name)}`) return false;
  const text = target(source, path);
  if (!MODULE.test(text)) return false;
  const from = source.textOf(declared.initializer.arguments[0]);
  const end = source.text[first.end - 1] === ';' ? ';' : '';
  source.replaceNode(first, `export * from ${from}${end}`);
  if (DEFAULT.test(text)) source.replaceNode(second, `export { default } from ${from}${end}`);
  else source.replace(first.end, second.end, '');
  return true;
}

function target(source, path) {
  const file = resolved(source.root, posix.join(posix.dirname(source.name), path));
  return /\.[cm]?[jt]sx?$/.test(file) && existsSync(join(source.root, file)) ? readFileSync(join(source.root, file), 'utf8') : '';
}

/** The statement that a require at the top of the file is, and the import for it. */
function asImport(source, node, from, text) {
  const isDefault = ts.isPropertyAccessExpression(node.parent) && node.parent.name.text === 'default';
  const value = isDefault ? node.parent : node;
  const { parent } = value;
  if (ts.isBinaryExpression(parent) && parent.left.getText(source.tree) === 'module.exports' && ts.isExpressionStatement(parent.parent) && ts.isSourceFile(parent.parent.parent)) {
    if (isDefault) return [parent.parent, `export { default } from ${from};`];
    return [parent.parent, `export * from ${from};${DEFAULT.test(text) ? `${source.newline}export { default } from ${from};` : ''}`];
  }
  const list = ts.isVariableDeclaration(parent) && parent.parent;
  const statement = list && list.declarations.length === 1 && ts.isVariableStatement(list.parent) && ts.isSourceFile(list.parent.parent) && list.parent;
  if (!statement) return undefined;
  if (ts.isIdentifier(parent.name)) return [statement, `import ${isDefault ? '' : '* as '}${parent.name.text} from ${from};`];
  if (isDefault || !ts.isObjectBindingPattern(parent.name)) return undefined;
  const names = parent.name.elements.map((one) => !one.initializer && !one.dotDotDotToken && ts.isIdentifier(one.name) && (one.propertyName ? `${one.propertyName.getText(source.tree)} as ${one.name.text}` : one.name.text));
  return names.every(Boolean) ? [statement, `import { ${names.join(', ')} } from ${from};`] : undefined;
}
