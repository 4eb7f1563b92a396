/** The value of a configuration that is written down: literals, constants, and objects of other files of the repository. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Source, ts } from './source.mjs';

/** A part whose value is computed. */
export class Computed {
  constructor(text) {
    this.text = text;
  }
}

const MOST_FILES = 10;

/** `{ value, files }` of what a file exports; `files` are those that it was read from. */
export function exportedValue(root, name, files = []) {
  const source = new Source(root, name);
  files.push(name);
  const scope = new Scope(root, source, files);
  return scope.value(scope.exported());
}


class Scope {
  constructor(root, source, files) {
    Object.assign(this, { root, source, files });
  }

  exported(name = 'default') {
    for (const one of this.source.tree.statements) {
      if (name === 'default' && ts.isExportAssignment(one)) return one.expression;
      if (name === 'default' && ts.isExpressionStatement(one) && ts.isBinaryExpression(one.expression) && /^module\s*\.\s*exports$/.test(one.expression.left.getText(this.source.tree))) return one.expression.right;
      if (ts.isVariableStatement(one)) for (const declared of one.declarationList.declarations) if (declared.name.getText(this.source.tree) === name && one.modifiers?.length) return declared.initializer;
    }
    return undefined;
  }

  value(node) {
    if (!node) return new Computed('');
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return this.value(node.expression);
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
    if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
    if (node.kind === ts.SyntaxKind.NullKeyword) return null;
    if (ts.isArrayLiteralExpression(node)) return this.array(node);
    if (ts.isObjectLiteralExpression(node)) return this.object(node);
    if (ts.isIdentifier(node)) return this.named(node);
    if (ts.isArrowFunction(node) && !node.parameters.length) return this.value(ts.isBlock(node.body) ? node.body.statements.find(ts.isReturnStatement)?.expression : node.body);
    if (ts.isCallExpression(node) && /^(require\.resolve)$/.test(node.expression.getText(this.source.tree))) return this.value(node.arguments[0]);
    if (ts.isCallExpression(node) && /^(defineConfig|createDefaultPreset)$/.test(node.expression.getText(this.source.tree))) return node.arguments[0] ? this.value(node.arguments[0]) : {};
    if (ts.isCallExpression(node) && node.expression.getText(this.source.tree) === 'require') return this.imported(node.arguments[0]?.text ?? '', 'default', node);
    return new Computed(this.source.textOf(node));
  }

  array(node) {
    const found = [];
    for (const one of node.elements) {
      const value = this.value(ts.isSpreadElement(one) ? one.expression : one);
      if (value instanceof Computed) return new Computed(this.source.textOf(node));
      found.push(...(ts.isSpreadElement(one) ? [].concat(value) : [value]));
    }
    return found;
  }

  object(node) {
    const found = {};
    for (const one of node.properties) {
      if (ts.isSpreadAssignment(one)) {
        const value = this.value(one.expression);
        if (value instanceof Computed) found[`...${value.text}`] = value;
        else Object.assign(found, value);
      } else {
        const name = one.name && (ts.isIdentifier(one.name) || ts.isStringLiteralLike(one.name) || ts.isNumericLiteral(one.name)) ? one.name.text : undefined;
        if (name === undefined) found[one.getText(this.source.tree)] = new Computed(one.getText(this.source.tree));
        else found[name] = ts.isPropertyAssignment(one) ? this.value(one.initializer) : ts.isShorthandPropertyAssignment(one) ? this.named(one.name) : new Computed(this.source.textOf(one));
      }
    }
    return found;
  }

  named(id) {
    if (id.text === 'undefined') return undefined;
    for (const one of this.source.tree.statements) {
      if (ts.isVariableStatement(one)) {
        const declared = one.declarationList.declarations.find((each) => ts.isIdentifier(each.name) && each.name.text === id.text);
        if (declared?.initializer && !this.isChanged(id.text)) return this.value(declared.initializer);
      }
      if (ts.isImportDeclaration(one) && one.importClause) {
        const { name, namedBindings } = one.importClause;
        if (name?.text === id.text) return this.imported(one.moduleSpecifier.text, 'default', id);
        const element = namedBindings?.elements?.find((each) => each.name.text === id.text);
        if (element) return this.imported(one.moduleSpecifier.text, (element.propertyName ?? element.name).text, id);
      }
    }
    return new Computed(id.text);
  }

  isChanged(name) {
    let found = false;
    this.source.walk((node) => {
      if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && new RegExp(`^${name}\\b`).test(node.left.getText(this.source.tree))) found = true;
    });
    return found;
  }

  imported(specifier, name, node) {
    const base = posix.join(posix.dirname(this.source.name), specifier);
    const file = specifier.startsWith('.') && ['', '.ts', '.js', '.cjs', '.mjs'].map((ending) => base + ending).find((one) => /\.[cm]?[jt]s$/.test(one) && existsSync(join(this.root, one)));
    if (!file || this.files.length > MOST_FILES || this.files.includes(file)) return new Computed(this.source.textOf(node));
    this.files.push(file);
    const scope = new Scope(this.root, new Source(this.root, file), this.files);
    return scope.value(scope.exported(name));
  }
}
