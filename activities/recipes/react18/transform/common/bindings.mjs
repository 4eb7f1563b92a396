/**
 * What a file has of a package, by any way of writing: imports of each kind, `require`, and what is taken out of them.
 *
 * A binding is `{ kind: 'module' | 'member', imported, local, holder, parent }`: `local` is the identifier that is declared,
 * `holder` the import, variable declaration or parameter that declares it, `late` the dynamic import that it comes from. A use is `{ name, node, binding }`: `node` is what stands for
 * the package's member, `ReactDOM.render` or `render`.
 */
import { ts } from './packages.mjs';

export class Bindings {
  constructor(source, packageName) {
    this.source = source;
    this.packageName = packageName;
    this.all = [];
    this.uses = [];
    /** Places where the package goes out of sight: `[node, why]`. */
    this.opaque = [];
    source.walk((node) => this.visit(node));
    for (const binding of this.all) this.follow(binding);
  }

  visit(node) {
    if (ts.isImportDeclaration(node) && this.names(node.moduleSpecifier)) this.readImport(node);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      if (this.names(node.moduleReference.expression)) this.add('module', '', node.name, node);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && this.names(node.moduleSpecifier)) {
      if (!node.isTypeOnly) this.opaque.push([node, 'exported again']);
    } else if (ts.isCallExpression(node) && this.names(node.arguments[0])) this.readCall(node);
  }

  names(node) {
    return node !== undefined && ts.isStringLiteralLike(node) && node.text === this.packageName;
  }

  add(kind, imported, local, holder, parent) {
    const binding = { kind, imported, local, holder, parent, late: this.late ?? parent?.late };
    binding.late?.bindings.push(binding);
    this.all.push(binding);
  }

  readImport(node) {
    const clause = node.importClause;
    if (!clause || clause.isTypeOnly) return;
    if (clause.name) this.add('module', 'default', clause.name, clause.name);
    const named = clause.namedBindings;
    if (named && ts.isNamespaceImport(named)) this.add('module', '*', named.name, named);
    for (const element of named?.elements ?? []) {
      if (element.isTypeOnly) continue;
      const imported = (element.propertyName ?? element.name).text;
      this.add(imported === 'default' ? 'module' : 'member', imported, element.name, element);
    }
  }

  readCall(call) {
    const callee = call.expression;
    if (callee.kind === ts.SyntaxKind.ImportKeyword) this.readDynamic(call);
    else if (ts.isIdentifier(callee) && callee.text === 'require' && !isDeclared(this.source, callee)) {
      this.readValue(call, undefined);
    } else {
      this.opaque.push([call, `handed to \`${this.source.textOf(callee).slice(0, 40)}\``]);
    }
  }

  /** `await import(…)` gives the package like `require`, `import(…).then((it) => …)` as a parameter. */
  readDynamic(call) {
    const { parent } = call;
    const awaited = ts.isAwaitExpression(parent) && (ts.isParenthesizedExpression(parent.parent) ? parent.parent : parent);
    const then = isAccess(parent, call) && accessed(parent) === 'then' && ts.isCallExpression(parent.parent) ? parent.parent : undefined;
    const [callback] = then?.arguments ?? [];
    const isOwn = callback && (ts.isArrowFunction(callback) || ts.isFunctionExpression(callback)) && then.arguments.length === 1;
    const [parameter] = isOwn ? callback.parameters : [];
    this.late = { call, parameter, bindings: [], names: {} };
    if (awaited) this.readValue(awaited, undefined);
    else if (!parameter || callback.parameters.length > 1) this.opaque.push([call, 'loaded by a dynamic import']);
    else if (ts.isIdentifier(parameter.name)) this.add('module', '*', parameter.name, parameter);
    else this.readPattern(parameter, undefined);
    this.late = undefined;
  }

  /** Follows an expression whose value is the package: a `require` call, or a name of it. */
  readValue(node, parent) {
    const holder = node.parent;
    if (ts.isVariableDeclaration(holder) && holder.initializer === node) {
      if (ts.isIdentifier(holder.name)) this.add('module', 'default', holder.name, holder, parent);
      else this.readPattern(holder, parent);
    } else if (isAccess(holder, node)) {
      this.readMember(holder, parent);
    } else if (!(ts.isExpressionStatement(holder) && !parent)) {
      this.opaque.push([node, whereItGoes(holder)]);
    }
  }

  readMember(access, parent) {
    const name = accessed(access);
    const holder = access.parent;
    if (name === 'default') this.readValue(access, parent);
    else if (name === undefined) this.opaque.push([access, 'used by a name that is computed']);
    else if (ts.isVariableDeclaration(holder) && holder.initializer === access && ts.isIdentifier(holder.name)) {
      this.add('member', name, holder.name, holder, parent);
    } else this.uses.push({ name, node: access, binding: parent });
  }

  readPattern(declaration, parent) {
    for (const element of declaration.name.elements ?? []) {
      const key = element.propertyName ?? element.name;
      const simple = ts.isBindingElement(element) && !element.dotDotDotToken && !element.initializer;
      if (simple && ts.isIdentifier(key) && ts.isIdentifier(element.name)) {
        this.add(key.text === 'default' ? 'module' : 'member', key.text, element.name, element, parent);
      } else this.opaque.push([declaration, 'taken apart']);
    }
  }

  /** Every use of a binding's name; `binding.refs` counts those that keep it needed. */
  follow(binding) {
    binding.refs = this.source.references(binding.local);
    const written = binding.refs.some(isWrite);
    for (const ref of binding.refs) {
      if (isTypePosition(ref)) continue;
      if (written) this.opaque.push([ref, 'given another value']);
      else if (binding.kind === 'module') this.readValue(ref, binding);
      else this.uses.push({ name: binding.imported, node: ref, binding });
    }
  }

  modules() {
    return this.all.filter((binding) => binding.kind === 'module');
  }
}

export function isAccess(node, of) {
  return (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) && node.expression === of;
}

export function accessed(access) {
  if (ts.isPropertyAccessExpression(access)) return access.name.text;
  return ts.isStringLiteralLike(access.argumentExpression) ? access.argumentExpression.text : undefined;
}

export function isDeclared(source, id) {
  const symbol = source.symbol(id);
  return Boolean(symbol?.declarations?.some((one) => one.getSourceFile() === source.tree));
}

/** The import, require or other statement that holds a node. */
export function statementOf(node) {
  while (node.parent && !ts.isSourceFile(node.parent) && !ts.isBlock(node.parent) && !ts.isModuleBlock(node.parent) && !ts.isCaseOrDefaultClause(node.parent)) {
    node = node.parent;
  }
  return node;
}

export function isWrite(id) {
  const parent = id.parent;
  if (ts.isBinaryExpression(parent) && parent.left === id) {
    const kind = parent.operatorToken.kind;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    return parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
  }
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === id;
  return inAssignmentPattern(id);
}

function inAssignmentPattern(node) {
  for (let parent = node.parent; parent; [node, parent] = [parent, parent.parent]) {
    if (ts.isArrayLiteralExpression(parent) || ts.isObjectLiteralExpression(parent) || ts.isShorthandPropertyAssignment(parent)) continue;
    if (ts.isPropertyAssignment(parent) && parent.initializer === node) continue;
    return ts.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  }
  return false;
}

function isTypePosition(id) {
  for (let node = id.parent; node; node = node.parent) {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return true;
    if (ts.isExpression(node) || ts.isStatement(node)) return false;
  }
  return false;
}

function whereItGoes(holder) {
  if (ts.isExportSpecifier(holder) || ts.isExportAssignment(holder)) return 'exported again';
  if (ts.isCallExpression(holder)) return 'handed to a function';
  return 'used as a value';
}
