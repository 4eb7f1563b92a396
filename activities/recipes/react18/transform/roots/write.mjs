/** Writes the planned roots: the calls, the map or the wrapper where they are needed, and the imports. */
import { ts } from '../common/packages.mjs';
import { Bindings, isDeclared, statementOf } from '../common/bindings.mjs';
import { addToList, endOfImports, importText, insertAfter, isVar, quoteOf, rewriteImport } from '../common/imports.mjs';
import { directStatement } from './plan.mjs';
import { inReactsOwnWork, isReturned } from './calls.mjs';
import { mayBeNull, strip } from './containers.mjs';
import { isTried, readsBehind } from './sync.mjs';
import { callbackText, mapText } from './helper.mjs';

export class Writer {
  constructor(source, bindings, edits) {
    Object.assign(this, { source, bindings, edits });
    this.client = new Bindings(source, 'react-dom/client');
    this.react = new Bindings(source, 'react');
    this.clientNames = {};
    this.reactNames = {};
    this.names = {};
    this.uses = {};
    this.taken = [];
    this.consumed = new Set();
    this.like = bindings.all.find(({ holder }) => ts.isSourceFile(statementOf(holder).parent));
    this.es5 = isVar(this.like ? statementOf(this.like.holder) : source.tree) || (!this.like && /\bvar\b/.test(source.text) && !/\b(const|let)\b|=>/.test(source.text));
    this.constant = this.es5 ? 'var' : 'const';
  }

  write(groups) {
    const done = groups.filter((group) => !group.left);
    const wrapMap = done.some(({ form, calls }) => form.form === 'map' && calls.some((call) => call.callback));
    for (const group of done) {
      group.wrapped = group.form.form === 'map' ? wrapMap : group.calls.some((call) => call.callback);
      this.writeGroup(group);
    }
    if (!done.length) return;
    this.writeImports();
    this.writeHelpers();
  }

  writeGroup(group) {
    const { form } = group;
    const named = form.form === 'declared' || (form.form === 'inline' && this.canDeclare(form.statement) && group.calls[0].name === 'render');
    if (named) group.name = this.rootName(group, form.block ?? form.statement.parent);
    if (form.form === 'declared' && !form.first) {
      const create = `${this.constant} ${group.name} = ${this.create()}(${this.containerText(form.container)})${this.source.semicolon}`;
      this.insertBefore(form.statement, create);
    }
    for (const call of group.calls) {
      this.consumed.add(leftmost(call.use.node));
      if (call.name === 'unmountComponentAtNode') this.writeUnmount(group, call);
      else if (call.name === 'hydrate' && form.form !== 'map' && (form.form === 'inline' || call === form.first)) this.writeHydrate(group, call);
      else this.writeRender(group, call);
    }
  }

  /** A constant of its own may stand before a statement of a block that starts its line and has no comment bound to it. */
  canDeclare(statement) {
    if (!statement || !(ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent))) return false;
    const { source } = this;
    const start = statement.getStart();
    const comments = ts.getLeadingCommentRanges(source.text, statement.pos) ?? [];
    const last = comments.length ? source.text.slice(comments.at(-1).pos, comments.at(-1).end) : '';
    return source.startsLine(start) && !/@ts-|eslint-disable-next-line|prettier-ignore/.test(last);
  }

  insertBefore(statement, text) {
    const { source } = this;
    const start = this.withComments(statement);
    const space = source.startsLine(start) ? source.newline + source.indentAt(start) : source.semicolon ? ' ' : '; ';
    this.edits.insert(start, text + space);
  }

  /** Where a statement starts, with the comments right above it: they may be directives. */
  withComments(statement) {
    const { source } = this;
    let start = statement.getStart();
    for (const comment of (ts.getLeadingCommentRanges(source.text, statement.pos) ?? []).reverse()) {
      const between = source.text.slice(comment.end, start);
      if (!source.startsLine(comment.pos) || between.split('\n').length > 2) break;
      start = comment.pos;
    }
    return start;
  }

  /** `root`, or another name that no variable of the file has; blocks that do not overlap may share one. */
  rootName(group, block) {
    const container = strip(group.calls[0].container).getText();
    const word = /^[A-Za-z_$][\w$]*$/.test(container) ? container : /\(\s*['"`]#?([A-Za-z][\w-]*)['"`]/.exec(container)?.[1] ?? 'react';
    const stem = word.replace(/[-_](\w)/g, (_, letter) => letter.toUpperCase()).replace(/(container|element|node|root|el|div)$/i, '') || 'react';
    const candidates = ['root', `${stem[0].toLowerCase()}${stem.slice(1)}Root`, 'reactRoot'];
    const overlaps = (other) => other.pos < block.end && block.pos < other.end;
    const shared = candidates.find((name) => this.taken.some((one) => one.name === name) && !this.taken.some((one) => one.name === name && overlaps(one.block)));
    const name = shared ?? this.source.freeName(...candidates);
    this.taken.push({ name, block });
    return name;
  }

  create() {
    return this.clientName('createRoot');
  }

  /** How the file calls a function of `react-dom/client`. */
  clientName(imported) {
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

  containerText(container) {
    const text = this.source.textOf(container);
    if (!mayBeNull(this.source, container)) return text;
    const simple = ts.isIdentifier(container) || ts.isCallExpression(container) || ts.isPropertyAccessExpression(container) || ts.isElementAccessExpression(container);
    return simple ? `${text}!` : `(${text})!`;
  }

  helperName(key, ...candidates) {
    this.names.roots ??= this.source.freeName('roots', 'reactRoots');
    this.names[key] ??= this.source.freeName(...candidates);
    return this.names[key];
  }

  getRoot() {
    this.uses.get = true;
    this.create();
    return this.helperName('getRoot', 'getRoot', 'getReactRoot');
  }

  writeRender(group, call) {
    const { source, edits } = this;
    const { form } = group;
    let target = group.name;
    let before = '';
    const statement = directStatement(call);
    const start = call.use.value === 'variable' ? statement.getStart() : call.call.getStart();
    if (form.form === 'map' && call.name === 'hydrate') return this.writeMapHydrate(group, call, start);
    if (form.form === 'map') target = `${this.getRoot()}(${this.containerText(call.container)})`;
    else if (!target) target = `${this.create()}(${this.containerText(call.container)})`;
    else if (form.form === 'inline' || call === form.first) {
      const end = source.startsLine(start) ? source.newline + source.indentAt(start) : ' ';
      before = `${this.constant} ${target} = ${this.create()}(${this.containerText(call.container)})${source.semicolon || (end === ' ' ? ';' : '')}${end}`;
    }
    const sync = this.flushes(call);
    const open = !sync ? '' : this.es5 ? `${sync}(function () { ` : `${sync}(() => `;
    edits.replace(start, call.args.pos, `${before}${open}${target}.render(`);
    this.writeElement(group, call);
    this.removeTail(call);
    if (open) edits.insert(call.call.end, this.es5 ? '; })' : ')');
  }

  writeHydrate(group, call) {
    const { source } = this;
    const start = call.use.value === 'variable' ? directStatement(call).getStart() : call.call.getStart();
    const before = group.name ? `${this.constant} ${group.name} = ` : '';
    this.edits.replace(start, call.args.pos, `${before}${this.clientName('hydrateRoot')}(`);
    const gap = source.text.slice(call.element.pos, call.element.getStart());
    const space = /^\s*[\r\n]\s*$/.test(gap) ? gap.slice(gap.search(/[\r\n]/)) : ' ';
    this.edits.insert(call.element.getStart(), `${this.containerText(call.container)},${space}`);
    this.writeElement(group, call);
    this.removeTail(call);
  }

  writeMapHydrate(group, call, start) {
    this.uses.hydrate = true;
    this.clientName('hydrateRoot');
    const name = this.helperName('hydrateIn', 'hydrateIn', 'hydrateInRoot');
    this.edits.replace(start, call.args.pos, `${name}(`);
    this.edits.insert(call.element.getStart(), `${this.containerText(call.container)}, `);
    this.writeElement(group, call);
    this.removeTail(call);
  }

  /** Wraps the element where a callback follows its commit; every render of one root is wrapped, or the tree would change. */
  writeElement(group, { element, callback }) {
    if (!group.wrapped) return;
    this.wrapper ??= this.source.freeName('AfterRender', 'CallAfterRender');
    this.effect ??= this.reactName('useLayoutEffect');
    const text = callback && this.source.textOf(callback);
    const bare = strip(element);
    if (ts.isJsxElement(bare) || ts.isJsxSelfClosingElement(bare) || ts.isJsxFragment(bare)) {
      this.edits.insert(bare.getStart(), `<${this.wrapper}${text ? ` callback={${text}}` : ''}>`);
      this.edits.insert(bare.end, `</${this.wrapper}>`);
      return;
    }
    this.edits.insert(element.getStart(), `${this.reactName('createElement')}(${this.wrapper}, ${text ? `{ callback: ${text} }` : 'null'}, `);
    this.edits.insert(element.end, ')');
  }

  /** Removes the arguments behind the element, and keeps the comments between them and a last comma. */
  removeTail({ element, args }) {
    const { source, edits } = this;
    const last = args.at(-1);
    const comments = [];
    for (let index = 1; index < args.length; index++) {
      comments.push(...commentsIn(source.text, args[index - 1].end, args[index].getStart()));
    }
    if (!comments.length) return edits.remove(element.end, last.end);
    const indent = source.newline + source.indentAt(element.getStart());
    const kept = comments.map((one) => (one.ownLine ? indent : ' ') + one.text).join('');
    const closes = comments.at(-1).text.startsWith('//') && !/^,?[ \t]*[\r\n]/.test(source.text.slice(last.end));
    const end = closes ? source.newline + source.indentAt(args.pos) : '';
    if (args.hasTrailingComma) return edits.replace(element.end, args.end, `,${kept}${end}`);
    return edits.replace(element.end, last.end, kept + end);
  }

  writeUnmount(group, call) {
    const { source, edits } = this;
    const node = call.call;
    const own = inReactsOwnWork(source, node) && call.use.value !== 'used';
    let text;
    if (group.form.form === 'map') {
      const container = this.containerText(call.container);
      this.uses[own ? 'later' : 'unmount'] = true;
      text = own ? `${this.helperName('emptyRoot', 'emptyRoot', 'emptyReactRoot')}(${container})` : `${this.helperName('unmountRoot', 'unmountRoot', 'unmountReactRoot')}(${container})`;
    } else {
      text = `${group.name}.unmount()`;
      if (own) text = this.es5 ? `Promise.resolve().then(function () { ${text}; })` : `Promise.resolve().then(() => ${text})`;
    }
    if (own) edits.leave(node, 'A container is unmounted while React renders or commits, so its root is emptied just after that.', 'Check that nothing needs the container to be empty at once.');
    else if (isReturned(node)) edits.leave(node, 'This clean-up is returned to a caller; if an effect runs it, React warns that a root is unmounted while it renders.', 'If so, defer it there: `queueMicrotask(() => root.unmount())`.');
    const comments = commentsIn(source.text, node.arguments.pos, call.container.getStart()).concat(commentsIn(source.text, call.container.end, node.end));
    const start = call.use.value === 'variable' ? directStatement(call).getStart() : node.getStart();
    edits.replace(start, node.end, [text, ...comments.map((one) => one.text).filter((one) => one.startsWith('/*'))].join(' '));
  }

  /** `flushSync`, as the file calls it, where what surrounds a render needs it done at once. */
  flushes(call) {
    const { source } = this;
    const block = directStatement(call)?.parent;
    const reads = block && (ts.isBlock(block) || ts.isSourceFile(block)) && readsBehind(source, call, directStatement(call));
    if (!reads && !isTried(source, call.call)) return '';
    if (!inReactsOwnWork(source, call.call)) return this.flushSync();
    const what = reads ? 'The document is read just after a render' : 'Errors of a render are caught here';
    this.edits.leave(call.call, `${what}, but React 18 renders later than this.`, reads ? 'Read it in an effect of what is rendered.' : 'Catch them in an error boundary.');
    return '';
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
    for (const binding of [...this.bindings.all].reverse()) {
      const unused = binding.refs.length > 0 && !binding.needed && binding.refs.every((ref) => this.consumed.has(ref));
      if (!unused) continue;
      const statement = statementOf(binding.holder);
      if (!gone.has(statement)) gone.set(statement, []);
      gone.get(statement).push(binding.holder);
      if (binding.parent) this.releaseParent(binding, gone.get(statement));
    }
    const texts = [];
    const nested = this.bindings.all.find(({ holder }) => !ts.isImportSpecifier(holder));
    const style = this.like ?? nested;
    const like = style && statementOf(style.holder);
    const add = (packageName, names) => Object.keys(names).length && texts.push(importText(this.source, like, packageName, names));
    if (Object.keys(this.reactNames).length && !this.addReactNames()) add('react', this.reactNames);
    if (this.flushName && !addToList(this.edits, this.bindings, 'flushSync', this.flushName)) add('react-dom', { flushSync: this.flushName });
    add('react-dom/client', this.clientNames);
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

  /** The types of what holds a root, as the file can say them. */
  containerTypes({ create, hydrate }) {
    const isOwn = (name) => (this.source.byName.get(name) ?? []).some((id) => isDeclared(this.source, id));
    if (!['Node', 'Element', 'Document', 'DocumentFragment'].some(isOwn)) {
      return { any: 'Node', created: 'Element | DocumentFragment', hydrated: 'Element | Document' };
    }
    return { any: 'object', created: `Parameters<typeof ${create}>[0]`, hydrated: `Parameters<typeof ${hydrate}>[0]` };
  }

  writeHelpers() {
    const { source, es5 } = this;
    const last = endOfImports(source);
    const style = {
      create: this.uses.get ? this.create() : undefined, hydrate: this.uses.hydrate ? this.clientName('hydrateRoot') : undefined,
      typed: source.typed, constant: this.constant, variable: es5 ? 'var' : 'let', newline: source.newline, semicolon: source.semicolon,
      unit: source.unit, quote: last && ts.isImportDeclaration(last) ? quoteOf(source, last.moduleSpecifier) : "'",
    };
    style.types = source.typed && this.containerTypes(style);
    const parts = [];
    if (this.names.roots) parts.push(mapText(style, this.names, this.uses));
    if (this.wrapper) parts.push(callbackText(style, this.wrapper, this.effect));
    if (!parts.length) return;
    const follows = last && /^(\r\n|\r|\n)[ \t]*\S/.test(source.text.slice(source.lineEnd(last.end)));
    const text = parts.join(source.newline.repeat(2)) + (follows ? source.newline : '');
    if (last) insertAfter(this.edits, last, source.newline + text);
    else this.insertTop(undefined, text + source.newline);
  }
}

export function leftmost(node) {
  while (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) node = node.expression;
  return node;
}

function commentsIn(text, start, end) {
  const found = [];
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text.slice(start, end));
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia) found.push({ text: scanner.getTokenText(), ownLine: /[\r\n]\s*$/.test(text.slice(start, start + scanner.getTokenStart())) });
  }
  return found;
}
