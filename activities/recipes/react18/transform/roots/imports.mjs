/** The names by which a file calls what its roots need, and the imports that bring them in the place of the old ones. */
import { ts } from '../common/packages.mjs';
import { Bindings, statementOf } from '../common/bindings.mjs';
import { addToList, importText, insertAfter, isVar, rewriteImport } from '../common/imports.mjs';
import { writeLate } from './late.mjs';

export class Imports {
  constructor(source, { bindings, edits, share }) {
    Object.assign(this, { source, bindings, edits, share });
    this.sharedNames = {};
    this.client = new Bindings(source, 'react-dom/client');
    this.react = new Bindings(source, 'react');
    this.clientNames = {};
    this.reactNames = {};
    this.lateNames = {};
    this.consumed = new Set();
    this.like = bindings.all.find(({ holder, late }) => !late && ts.isSourceFile(statementOf(holder).parent));
    this.es5 = isVar(this.like ? statementOf(this.like.holder) : source.tree) || (!this.like && /\bvar\b/.test(source.text) && !/\b(const|let)\b|=>/.test(source.text));
    this.constant = this.es5 ? 'var' : 'const';
  }

  create(call) {
    return this.clientName('createRoot', call);
  }

  /** How the code around a call names a function of `react-dom/client`. */
  clientName(imported, call) {
    const late = call?.use.binding?.late;
    if (late) {
      this.lateNames[imported] ??= this.source.freeName(imported, imported.replace('Root', 'ReactRoot'));
      late.names[imported] = this.lateNames[imported];
      return late.names[imported];
    }
    const known = this.client.all.find((one) => one.imported === imported);
    if (known) return known.local.text;
    const [whole] = this.client.modules();
    if (whole) return `${whole.local.text}.${imported}`;
    if (!this.bindings.all.length) return `require('react-dom/client').${imported}`;
    this.clientNames[imported] ??= this.source.freeName(imported, imported.replace('Root', 'ReactRoot'));
    return this.clientNames[imported];
  }

  reactName(imported) {
    const known = this.react.all.find((one) => one.imported === imported);
    if (known) return known.local.text;
    const [whole] = this.react.modules();
    if (whole) return `${whole.local.text}.${imported}`;
    this.reactNames[imported] ??= this.source.freeName(imported, `${imported}InReact`);
    return this.reactNames[imported];
  }

  flushSync() {
    const known = this.bindings.all.find((one) => one.imported === 'flushSync');
    if (known) return known.local.text;
    const whole = this.bindings.modules().find((one) => !one.parent);
    if (whole) {
      whole.needed = true;
      return `${whole.local.text}.flushSync`;
    }
    this.flushName ??= this.source.freeName('flushSync', 'flushReact');
    return this.flushName;
  }

  writeImports() {
    const gone = new Map();
    const isUnused = (one) => one.refs.length > 0 && !one.needed && one.refs.every((ref) => this.consumed.has(ref));
    for (const binding of [...this.bindings.all].reverse()) {
      if (!isUnused(binding)) continue;
      if (binding.late) {
        if (binding.parent) this.releaseParent(binding, binding.late.bindings.map(({ holder }) => holder));
        continue;
      }
      const statement = statementOf(binding.holder);
      if (!gone.has(statement)) gone.set(statement, []);
      gone.get(statement).push(binding.holder);
      if (binding.parent) this.releaseParent(binding, gone.get(statement));
    }
    const texts = [];
    writeLate(this.edits, this.bindings, isUnused);
    const nested = this.bindings.all.find(({ holder, late }) => !late && !ts.isImportSpecifier(holder));
    const style = this.like ?? nested;
    const like = style && statementOf(style.holder);
    const add = (packageName, names) => Object.keys(names).length && texts.push(importText(this.source, like, packageName, names));
    if (Object.keys(this.reactNames).length && !this.addReactNames()) add('react', this.reactNames);
    if (this.flushName && !addToList(this.edits, this.bindings, 'flushSync', this.flushName, [...gone.values()].flat())) add('react-dom', { flushSync: this.flushName });
    add('react-dom/client', this.clientNames);
    if (this.share?.from) add(this.share.from, this.sharedNames);
    const first = this.placeOfImport([...gone.keys()].sort((a, b) => a.pos - b.pos));
    let fresh = texts.join(this.source.newline);
    if (fresh && !first) {
      this.insertTop(this.like && like, fresh);
      fresh = '';
    }
    for (const [statement, holders] of gone) rewriteImport(this.edits, statement, holders, statement === first ? fresh : '');
  }

  /** The statement in whose place the new import stands: one of the module, or the only one of a function that loads it late. */
  placeOfImport(gone) {
    const top = gone.find((one) => ts.isSourceFile(one.parent));
    if (top || gone.length !== 1 || this.names.roots) return top;
    const { parent } = gone[0];
    const inside = [...this.consumed].every((node) => node.pos >= parent.pos && node.end <= parent.end);
    return inside ? gone[0] : undefined;
  }

  addReactNames() {
    const names = Object.entries(this.reactNames);
    return names.every(([name, local]) => addToList(this.edits, this.react, name, local));
  }

  /** The name that a removed `const { render } = ReactDOM` was taken from is no longer used by it. */
  releaseParent(binding, holders) {
    const declaration = ts.isBindingElement(binding.holder) ? binding.holder.parent.parent : binding.holder;
    const all = ts.isBindingElement(binding.holder) ? binding.holder.parent.elements.every((one) => holders.includes(one)) : true;
    if (all) this.consumed.add(leftmost(declaration.initializer));
  }

  insertTop(like, text) {
    if (like) return insertAfter(this.edits, like, text);
    const [first] = this.source.tree.statements.filter((one) => !(ts.isExpressionStatement(one) && ts.isStringLiteral(one.expression)));
    return this.edits.insert(first.getStart(), text + this.source.newline);
  }
}

export function leftmost(node) {
  while (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) node = node.expression;
  return node;
}
