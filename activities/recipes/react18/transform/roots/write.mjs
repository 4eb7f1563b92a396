/** Writes the planned roots: the calls, the map or the wrapper where they are needed, and the imports. */
import { ts } from '../common/packages.mjs';
import { isDeclared } from '../common/bindings.mjs';
import { endOfImports, insertAfter, quoteOf } from '../common/imports.mjs';
import { directStatement } from './plan.mjs';
import { inReactsOwnWork, isReturned } from './calls.mjs';
import { mayBeNull, strip } from './containers.mjs';
import { isFollowed, isTestsOwn, isTried, readsBehind } from './sync.mjs';
import { callbackText, mapText } from './helper.mjs';
import { writeContainerTypes } from './container_types.mjs';
import { HOT_FIX, HOT_REASON, keptText, selfAccept, writeDispose } from './hot.mjs';
import { Imports, leftmost } from './imports.mjs';
import { methodText } from './values.mjs';

export class Writer extends Imports {
  constructor(source, given) {
    super(source, given);
    this.names = {};
    this.uses = {};
    this.taken = [];
    this.callbacks = [];
    this.accept = selfAccept(source);
    this.kept = [];
  }

  write(groups) {
    const done = groups.filter((group) => !group.left);
    this.given = done.some(({ form, calls }) => form.form === 'map' && calls.some(({ use }) => use.binding?.late));
    const wrapMap = done.some(({ form, calls }) => form.form === 'map' && calls.some((call) => call.callback));
    for (const group of done) {
      group.wrapped = group.form.form === 'map' ? wrapMap : group.calls.some((call) => call.callback);
      this.writeGroup(group);
    }
    if (!done.length) return;
    this.writeCallbacks();
    writeContainerTypes(this.edits, this.bindings, this.consumed);
    this.fulfil();
    this.writeImports();
    this.writeHelpers();
    this.writeHot(done);
  }

  writeGroup(group) {
    const { form } = group;
    const named = form.form === 'declared' || (form.form === 'inline' && this.canDeclare(form.statement) && group.calls[0].name === 'render');
    if (named) group.name = this.rootName(group, form.block ?? form.statement.parent);
    if (form.form === 'declared' && !form.first) {
      this.insertBefore(form.statement, this.declaration(group, group.calls[0], form.container) + this.source.semicolon);
    }
    for (const call of group.calls) {
      if (call.method) {
        this.writeMethod(group, call);
        continue;
      }
      this.consumed.add(leftmost(call.use.node));
      if (call.value) this.edits.replace(call.call.getStart(), call.call.end, this.unmountRoot());
      else if (call.name === 'unmountComponentAtNode') this.writeUnmount(group, call);
      else if (call.name === 'hydrate' && form.form !== 'map' && (form.form === 'inline' || call === form.first)) this.writeHydrate(group, call);
      else this.writeRender(group, call);
    }
  }

  /** The constant of a group's root; a module that runs again finds it where the last run kept it. */
  declaration({ name, form }, call, container) {
    const made = `${this.create(call)}(${this.containerText(container)})`;
    const again = this.accept && ts.isSourceFile(form.block ?? form.statement.parent);
    if (again) this.kept.push(name);
    return `${this.constant} ${name} = ${again ? keptText(this.source, this.accept, name, made) : made}`;
  }

  /** Roots that a hot update of the module would make a second time are kept, or named. */
  writeHot(groups) {
    if (!this.accept) return;
    if (this.names.roots) this.kept.push(this.names.roots);
    const lost = groups.filter(({ form, kind, name }) => form.form !== 'map' && kind !== 'fresh' && !this.kept.includes(name));
    if (lost.length) this.edits.leave(this.accept, HOT_REASON, HOT_FIX);
    if (this.kept.length) writeDispose(this.edits, { accept: this.accept, names: this.kept, es5: this.es5 });
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

  containerText(container) {
    const text = this.source.textOf(container);
    if (!mayBeNull(this.source, container)) return text;
    const simple = ts.isIdentifier(container) || ts.isCallExpression(container) || ts.isPropertyAccessExpression(container) || ts.isElementAccessExpression(container);
    return simple ? `${text}!` : `(${text})!`;
  }

  /** The name of a function of the map: this file's own, or one that is imported from the file that owns the roots. */
  helperName(key, ...candidates) {
    if (this.share?.from) {
      const name = this.share.names[key] ?? key;
      this.sharedNames[name] ??= this.source.freeName(name, `${name}Of${key.replace(/^\w/, (letter) => letter.toUpperCase())}`);
      return this.sharedNames[name];
    }
    this.names.roots ??= this.source.freeName('roots', 'reactRoots');
    this.names[key] ??= this.source.freeName(...candidates);
    return this.names[key];
  }

  /** The expression of a container's root in the map; where the functions of a root are loaded late, it is given one. */
  rootOf(call, container) {
    this.uses.get = true;
    const create = this.share?.from ? '' : this.create(call);
    return `${this.helperName('getRoot', 'getRoot', 'getReactRoot')}(${container}${this.given ? `, ${create}` : ''})`;
  }

  /** What other files need of the map that this one owns. */
  fulfil() {
    const needs = this.share?.needs ?? {};
    if (needs.get) this.rootOf(undefined, '');
    if (needs.unmount) this.unmountRoot();
    if (needs.hydrate) this.hydrateIn(undefined, '', '');
    if (needs.later) this.emptyRoot();
  }

  emptyRoot() {
    this.uses.later = true;
    return this.helperName('emptyRoot', 'emptyRoot', 'emptyReactRoot');
  }

  unmountRoot() {
    this.uses.unmount = true;
    return this.helperName('unmountRoot', 'unmountRoot', 'unmountReactRoot');
  }

  /** The call that hydrates a container, or renders into it where it has a root. */
  hydrateIn(call, container, element) {
    this.uses.hydrate = true;
    const hydrate = this.share?.from ? '' : this.clientName('hydrateRoot', call);
    const given = this.given ? `, ${hydrate}` : '';
    return [`${this.helperName('hydrateIn', 'hydrateIn', 'hydrateInRoot')}(${container}, `, `${element}${given})`];
  }

  /** A call by a constant that was chosen stays; the functions between which it chooses become functions of the root. */
  writeMethod(group, call) {
    const { container, method } = call;
    if (call.args.length > 2) this.removeTail({ element: container, args: Object.assign(call.args.slice(1), { pos: call.args.pos, end: call.args.end, hasTrailingComma: call.args.hasTrailingComma }) });
    this.writeElement(group, call);
    const text = this.containerText(container);
    if (text !== this.source.textOf(container)) this.edits.replace(container.getStart(), container.end, text);
    if (method.written) return;
    method.written = true;
    const inMap = group.form.form === 'map';
    for (const use of method.choices) {
      const { name, node } = use;
      this.consumed.add(leftmost(node));
      const root = () => (inMap ? this.rootOf({ use }, 'container') : `${this.create({ use })}(container)`);
      const hydrate = () => (inMap ? this.hydrateIn({ use }, 'container', 'element').join('') : `${this.clientName('hydrateRoot', { use })}(container, element)`);
      this.edits.replace(node.getStart(), node.end, methodText(this, name === 'render' ? `${root()}.render(element)` : hydrate()));
    }
  }

  writeRender(group, call) {
    const { source, edits } = this;
    const { form } = group;
    let target = group.name;
    let before = '';
    const start = startOf(call);
    if (form.form === 'map' && call.name === 'hydrate') return this.writeMapHydrate(group, call, start);
    if (form.form === 'map') target = this.rootOf(call, this.containerText(call.container));
    else if (!target) target = `${this.create(call)}(${this.containerText(call.container)})`;
    else if (form.form === 'inline' || call === form.first) {
      const end = source.startsLine(start) ? source.newline + source.indentAt(start) : ' ';
      before = `${this.declaration(group, call, call.container)}${source.semicolon || (end === ' ' ? ';' : '')}${end}`;
    }
    const sync = this.flushes(group, call);
    const open = !sync ? '' : this.es5 ? `${sync}(function () { ` : `${sync}(() => `;
    edits.replace(start, call.args.pos, `${before}${open}${target}.render(`);
    this.writeElement(group, call);
    this.removeTail(call);
    if (open) edits.insert(call.call.end, this.es5 ? '; })' : ')');
  }

  writeHydrate(group, call) {
    const { source } = this;
    const start = startOf(call);
    const before = group.name ? `${this.constant} ${group.name} = ` : '';
    this.edits.replace(start, call.args.pos, `${before}${this.clientName('hydrateRoot', call)}(`);
    const gap = source.text.slice(call.element.pos, call.element.getStart());
    const space = /^\s*[\r\n]\s*$/.test(gap) ? gap.slice(gap.search(/[\r\n]/)) : ' ';
    this.edits.insert(call.element.getStart(), `${this.containerText(call.container)},${space}`);
    this.writeElement(group, call);
    this.removeTail(call);
  }

  writeMapHydrate(group, call, start) {
    const [open, close] = this.hydrateIn(call, this.containerText(call.container), '');
    this.edits.replace(start, call.args.pos, open);
    this.writeElement(group, call);
    this.removeTail(call);
    if (close !== ')') this.edits.insert(call.args.end, close.slice(0, -1));
  }

  /** Wraps the element where a callback follows its commit; every render of one root is wrapped, or the tree would change. */
  writeElement(group, { element, callback }) {
    if (!group.wrapped) return;
    this.wrapper ??= this.source.freeName('AfterRender', 'CallAfterRender');
    this.effect ??= this.reactName('useLayoutEffect');
    const bare = strip(element);
    if (ts.isJsxElement(bare) || ts.isJsxSelfClosingElement(bare) || ts.isJsxFragment(bare)) {
      const edit = this.edits.insert(bare.getStart(), `<${this.wrapper}>`);
      if (callback) this.callbacks.push({ callback, edit, textOf: (text) => `<${this.wrapper} callback={${text}}>` });
      this.edits.insert(bare.end, `</${this.wrapper}>`);
      return;
    }
    const create = this.reactName('createElement');
    const edit = this.edits.insert(element.getStart(), `${create}(${this.wrapper}, null, `);
    if (callback) this.callbacks.push({ callback, edit, textOf: (text) => `${create}(${this.wrapper}, { callback: ${text} }, ` });
    this.edits.insert(element.end, ')');
  }

  /** Puts each callback into its element, the innermost first: a callback may hold calls that were rewritten. */
  writeCallbacks() {
    for (const { callback, edit, textOf } of this.callbacks.sort((a, b) => a.callback.end - a.callback.pos - (b.callback.end - b.callback.pos))) {
      edit[2] = textOf(this.edits.take(callback));
    }
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
      text = `${own ? this.emptyRoot() : this.unmountRoot()}(${container})`;
    } else {
      text = `${group.name}.unmount()`;
      if (own) text = this.es5 ? `Promise.resolve().then(function () { ${text}; })` : `Promise.resolve().then(() => ${text})`;
    }
    if (own) edits.leave(node, 'A container is unmounted while React renders or commits, so its root is emptied just after that.', 'Check that nothing needs the container to be empty at once.');
    else if (isReturned(node)) edits.leave(node, 'This clean-up is returned to a caller; if an effect runs it, React warns that a root is unmounted while it renders.', 'If so, defer it there: `queueMicrotask(() => root.unmount())`.');
    const comments = commentsIn(source.text, node.arguments.pos, call.container.getStart()).concat(commentsIn(source.text, call.container.end, node.end));
    const start = startOf(call);
    edits.replace(start, node.end, [text, ...comments.map((one) => one.text).filter((one) => one.startsWith('/*'))].join(' '));
  }

  /** `flushSync`, as the file calls it, where what surrounds a render needs it done at once. */
  flushes(group, call) {
    const { source } = this;
    const statement = directStatement(call);
    const block = statement?.parent;
    const reads = block && (ts.isBlock(block) || ts.isSourceFile(block)) && (readsBehind(source, call, statement) || (call.callback && isFollowed(source, group, call, statement)));
    const tried = isTried(source, call.call);
    if (!reads && !tried && !isTestsOwn(source, call.call)) return '';
    if (!inReactsOwnWork(source, call.call)) return this.flushSync();
    const what = reads || !tried ? 'A render is needed just after its call' : 'Errors of a render are caught here';
    this.edits.leave(call.call, `${what}, but React 18 renders later than this.`, reads ? 'Use it in an effect of what is rendered.' : 'Catch them in an error boundary.');
    return '';
  }

  /** The types of what holds a root, as the file can say them. */
  containerTypes({ create, hydrate }) {
    const isOwn = (name) => (this.source.byName.get(name) ?? []).some((id) => isDeclared(this.source, id));
    if (!['Node', 'Element', 'Document', 'DocumentFragment'].some(isOwn)) {
      return { any: 'Node', created: 'Element | DocumentFragment', hydrated: 'Element | Document' };
    }
    return { any: 'object', created: `Parameters<typeof ${create}>[0]`, hydrated: `Parameters<typeof ${hydrate}>[0]` };
  }

  /** What the map's functions call: a name of the file, or what they are given. */
  helperCall(imported) {
    return this.given ? imported : this.clientName(imported);
  }

  writeHelpers() {
    const { source, es5 } = this;
    const last = endOfImports(source, Math.min(...this.bindings.uses.map(({ node }) => node.pos)));
    const style = {
      create: this.uses.get && this.helperCall('createRoot'), hydrate: this.uses.hydrate && this.helperCall('hydrateRoot'), given: this.given,
      again: this.accept && ((made) => keptText(source, this.accept, this.names.roots, made)),
      typed: source.typed, constant: this.constant, variable: es5 ? 'var' : 'let', newline: source.newline, semicolon: source.semicolon,
      exported: this.share?.needs ?? {}, unit: source.unit, quote: last && ts.isImportDeclaration(last) ? quoteOf(source, last.moduleSpecifier) : "'",
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

/** Where what a call is replaced by begins: with the variable that its value went to, which nobody reads. */
function startOf(call) {
  return (['variable', 'assigned'].includes(call.use.value) ? directStatement(call) : call.call).getStart();
}

function commentsIn(text, start, end) {
  const found = [];
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text.slice(start, end));
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia) found.push({ text: scanner.getTokenText(), ownLine: /[\r\n]\s*$/.test(text.slice(start, start + scanner.getTokenStart())) });
  }
  return found;
}
