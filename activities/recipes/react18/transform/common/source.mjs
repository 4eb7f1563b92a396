/**
 * One source file: its text, its tree, and how its author writes (line ends, quotes, semicolons).
 *
 * Offsets are UTF-16 units of the decoded text; a byte order mark is the text's first unit.
 */
import { ts } from './packages.mjs';
import { UNSURE, symbolOf } from './scopes.mjs';

const LARGEST = 1_000_000;
const LONGEST_MEAN_LINE = 400;
const GENERATED = /(@generated\b|do not (edit|modify)\b.*generated|generated.*do not (edit|modify)|auto-?generated (file|by|code))/i;
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Skipped extends Error {
  constructor(reason, fix, line = 1) {
    super(reason);
    this.row = { line, reason, fix };
  }
}

export function decode(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new Skipped('The file is not UTF-8, so it was left as it is.', 'Save it as UTF-8, or migrate it by hand.');
  }
}

/** Refuses files that nobody writes by hand, and files too large to be read. */
export function refuseUnwritten(name, text) {
  if (text.length > LARGEST) {
    throw new Skipped('The file is too large to be migrated.', 'Migrate it by hand, or split it.');
  }
  const longest = text.length / (text.split('\n', 5000).length || 1);
  if (/\.min\.[cm]?js$/.test(name) || (text.length > 5000 && longest > LONGEST_MEAN_LINE)) {
    throw new Skipped('The file is minified, so it was left as it is.', 'Build it again from migrated sources.');
  }
  if (GENERATED.test(text.slice(0, 1000).split(/\r?\n/, 8).join(' '))) {
    throw new Skipped('The file is generated, so it was left as it is.', 'Change what generates it.');
  }
}

const KINDS = { '.ts': 'TS', '.mts': 'TS', '.cts': 'TS', '.tsx': 'TSX' };

export class Source {
  constructor(name, text) {
    this.name = name;
    this.text = text;
    this.typed = /\.([cm]?ts|tsx)$/.test(name);
    const kind = ts.ScriptKind[KINDS[name.slice(name.lastIndexOf('.'))] ?? 'JSX'];
    this.kind = kind;
    this.tree = parse(name, text, kind);
    this.newline = lineEnd(text);
    this.semicolon = semicolons(this.tree, text) ? ';' : '';
  }

  /** Whether the file can hold JSX: TypeScript reads `<a>b` as a cast in other files. */
  get jsx() {
    return this.kind !== ts.ScriptKind.TS;
  }

  lineOf(node) {
    return this.tree.getLineAndCharacterOfPosition(typeof node === 'number' ? node : node.getStart(this.tree)).line + 1;
  }

  textOf(node) {
    return this.text.slice(node.getStart(this.tree), node.end);
  }

  /** The white space before the first character of the line of `position`. */
  indentAt(position) {
    const start = this.lineStart(position);
    return /^[ \t\uFEFF]*/.exec(this.text.slice(start, position))[0].replace('\uFEFF', '');
  }

  lineStart(position) {
    return Math.max(this.text.lastIndexOf('\n', position - 1), this.text.lastIndexOf('\r', position - 1)) + 1;
  }

  lineEnd(position) {
    const found = /[\r\n]/.exec(this.text.slice(position));
    return found ? position + found.index : this.text.length;
  }

  startsLine(position) {
    return /^[\s\uFEFF]*$/.test(this.text.slice(this.lineStart(position), position));
  }

  /** One step of indentation, as the first block with a statement on its own line has it. */
  get unit() {
    this._unit ??= findUnit(this) ?? '  ';
    return this._unit;
  }

  get checker() {
    this._checker ??= checkerFor(this);
    return this._checker;
  }

  /** Every identifier's text that is, or may be, a variable; property names are none. */
  get names() {
    if (!this._names) {
      this._names = new Set();
      this.walk((node) => {
        if (ts.isIdentifier(node) && !isPropertyName(node)) this._names.add(node.text);
      });
    }
    return this._names;
  }

  /** The first of the names that is nowhere in the file; it is taken from then on. */
  freeName(...candidates) {
    const last = candidates.at(-1);
    for (let number = 2; ; number++) {
      const found = candidates.find((name) => !this.names.has(name));
      if (found) {
        this.names.add(found);
        return found;
      }
      candidates = [`${last}${number}`];
    }
  }

  walk(visit, node = this.tree) {
    const step = (child) => {
      visit(child);
      ts.forEachChild(child, step);
    };
    ts.forEachChild(node, step);
  }

  /** Identifiers that mean the same variable as `declared`, its declaration left out. */
  references(declared) {
    const others = (this.byName.get(declared.text) ?? []).filter((id) => id !== declared);
    // Nothing else in the file has an imported name: no checker has to be made, half of the time that a file takes.
    if (isImported(declared) && others.every(isPlainUse)) return others;
    const symbol = this.symbol(declared);
    return symbol ? others.filter((id) => this.symbol(id) === symbol) : [];
  }

  get byName() {
    if (!this._byName) {
      this._byName = new Map();
      this.walk((node) => {
        if (!ts.isIdentifier(node) || isPropertyName(node)) return;
        if (!this._byName.has(node.text)) this._byName.set(node.text, []);
        this._byName.get(node.text).push(node);
      });
    }
    return this._byName;
  }

  /** The function of this file that a name stands for, if it always does. */
  functionNamed(id) {
    const [declaration, ...more] = this.symbol(id)?.declarations ?? [];
    if (!declaration || more.length) return undefined;
    if (ts.isFunctionDeclaration(declaration)) return declaration;
    const value = ts.isVariableDeclaration(declaration) && declaration.initializer;
    return value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) ? value : undefined;
  }

  /** Whether the file says of a name that it is everywhere, or the browser's types do. */
  mayBeGlobal(name) {
    return LIB.includes(name) || /\bdeclare\s+global\b/.test(this.text);
  }

  /** What an expression or a name means. */
  symbol(id) {
    if (ts.isIdentifier(id)) {
      ts.bindSourceFile(this.tree, SETTINGS);
      const found = symbolOf(id);
      if (found !== UNSURE && (found || !this.mayBeGlobal(id.text))) return found;
    }
    const parent = id.parent;
    if (ts.isShorthandPropertyAssignment(parent) && parent.name === id) {
      return this.checker.getShorthandAssignmentValueSymbol(parent);
    }
    if (ts.isExportSpecifier(parent)) return this.checker.getExportSpecifierLocalTargetSymbol(parent);
    return this.checker.getSymbolAtLocation(id);
  }
}

function findUnit(source) {
  let found;
  const look = (node) => {
    const [first] = node.statements ?? node.members ?? [];
    if (first && !ts.isSourceFile(node) && source.startsLine(first.getStart())) {
      const [outer, inner] = [source.indentAt(node.getStart()), source.indentAt(first.getStart())];
      if (inner.length > outer.length && inner.startsWith(outer)) found ??= inner.slice(outer.length);
    }
    if (!found) ts.forEachChild(node, look);
  };
  look(source.tree);
  return found;
}

function isImported(id) {
  let { parent } = id;
  while (parent && (ts.isImportClause(parent) || ts.isNamedImports(parent) || ts.isImportSpecifier(parent) || ts.isNamespaceImport(parent))) parent = parent.parent;
  return parent !== undefined && ts.isImportDeclaration(parent) && ts.isSourceFile(parent.parent);
}

/** Whether an identifier uses a variable, by its place alone, and declares none. */
function isPlainUse(id) {
  const { parent } = id;
  if (ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent)) return parent.tagName === id && !/^[a-z]/.test(id.text);
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === id;
  if (ts.isQualifiedName(parent)) return parent.left === id;
  return ts.isCallExpression(parent) || ts.isTypeReferenceNode(parent);
}

function isPropertyName(id) {
  const parent = id.parent;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === id) ||
    (ts.isPropertyAssignment(parent) && parent.name === id) ||
    (ts.isJsxAttribute(parent) && parent.name === id) ||
    (ts.isBindingElement(parent) && parent.propertyName === id) ||
    (ts.isClassElement(parent) && parent.name === id) ||
    (ts.isTypeElement(parent) && parent.name === id)
  );
}

export function parse(name, text, kind) {
  const tree = ts.createSourceFile(name, text, options(), true, kind);
  const [first] = tree.parseDiagnostics;
  if (first) {
    const line = tree.getLineAndCharacterOfPosition(first.start).line + 1;
    throw new Skipped(
      `The file could not be parsed: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`,
      'Fix the syntax, or migrate the file by hand (Flow types are not read).',
      line,
    );
  }
  return tree;
}

function options() {
  // Each file is its own module: variables of a CommonJS file are not the lib's globals.
  const setExternalModuleIndicator = (tree) => {
    tree.externalModuleIndicator ??= true;
  };
  return { languageVersion: ts.ScriptTarget.ESNext, setExternalModuleIndicator };
}

function lineEnd(text) {
  const windows = text.split('\r\n').length - 1;
  return windows * 2 > text.split('\n').length - 1 ? '\r\n' : '\n';
}

function semicolons(tree, text) {
  let [yes, no] = [0, 0];
  const count = (node) => {
    const ends = ts.isExpressionStatement(node) || ts.isVariableStatement(node) || ts.isImportDeclaration(node);
    if (ends || ts.isReturnStatement(node)) text[node.end - 1] === ';' ? yes++ : no++;
    if (yes + no < 200) ts.forEachChild(node, count);
  };
  ts.forEachChild(tree, count);
  return yes >= no;
}

/** Enough of the browser's types for one question: can this container be null? */
const LIB = `interface Array<T> { [n: number]: T; length: number; forEach(f: (v: T) => void): void; map<U>(f: (v: T) => U): U[] }
interface Boolean {} interface CallableFunction {} interface Function {} interface IArguments {} interface NewableFunction {}
interface Number {} interface Object {} interface RegExp {} interface String {} interface Symbol {}
interface Node { appendChild<T extends Node>(n: T): T; parentElement: HTMLElement | null; firstChild: Node | null; nextElementSibling: Element | null }
interface Element extends Node { querySelector<E = Element>(s: string): E | null; firstElementChild: Element | null; closest(s: string): Element | null; id: string; shadowRoot: DocumentFragment | null; attachShadow(o: object): DocumentFragment }
interface HTMLElement extends Element { hidden: boolean } interface HTMLDivElement extends HTMLElement {} interface HTMLSpanElement extends HTMLElement {}
interface DocumentFragment extends Node { getElementById(id: string): HTMLElement | null; querySelector<E = Element>(s: string): E | null }
interface Document extends Node { getElementById(id: string): HTMLElement | null; querySelector<E = Element>(s: string): E | null; createElement(n: string): HTMLElement; body: HTMLElement }
declare var document: Document; declare var window: { document: Document };`;

const SETTINGS = {
  noLib: true, noResolve: true, allowJs: true, strict: true, types: [],
  jsx: ts.JsxEmit.Preserve, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext,
};

let lib;

function checkerFor(source) {
  lib ??= ts.createSourceFile('/lib.d.ts', LIB, ts.ScriptTarget.ESNext, true);
  const name = `/${source.name}`;
  const host = {
    getSourceFile: (file) => (file === name ? source.tree : file === '/lib.d.ts' ? lib : undefined),
    getDefaultLibFileName: () => '/lib.d.ts',
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (file) => file,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (file) => file === name || file === '/lib.d.ts',
    readFile: () => undefined,
    writeFile: () => undefined,
  };
  return ts.createProgram({ rootNames: ['/lib.d.ts', name], options: SETTINGS, host }).getTypeChecker();
}
