/** One source file with its tree, and the edits and leftovers that it gets. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [packages] = (process.env.NODE_PATH ?? '').split(':');
export const ts = createRequire(packages ? `${packages}/` : import.meta.url)('typescript');

const LARGEST = 1_000_000;
const GENERATED = /(@generated\b|do not (edit|modify)\b.*generated|generated.*do not (edit|modify))/i;
const KINDS = { '.ts': 'TS', '.mts': 'TS', '.cts': 'TS', '.tsx': 'TSX' };

export class Skipped extends Error {
  constructor(reason, fix, line = 1) {
    super(reason);
    this.row = { line, reason, fix, breaks_build: true };
  }
}

export function read(root, name) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(join(root, name)));
  } catch (error) {
    if (error.code) throw error;
    throw new Skipped('The file is not UTF-8, so it was left as it is.', 'Save it as UTF-8, or migrate it by hand.');
  }
}

export class Source {
  constructor(root, name) {
    Object.assign(this, { root, name, text: read(root, name), edits: [], leftovers: [] });
    if (this.text.length > LARGEST) throw new Skipped('The file is too large to be migrated.', 'Migrate it by hand, or split it.');
    if (GENERATED.test(this.text.slice(0, 1000).split(/\r?\n/, 8).join(' '))) throw new Skipped('The file is generated, so it was left as it is.', 'Change what generates it.');
    this.typed = /\.([cm]?ts|tsx)$/.test(name);
    this.tree = parse(name, this.text);
    this.newline = this.text.includes('\r\n') ? '\r\n' : '\n';
  }

  textOf(node) {
    return this.text.slice(node.getStart(this.tree), node.end);
  }

  lineOf(node) {
    return this.tree.getLineAndCharacterOfPosition(node.getStart(this.tree)).line + 1;
  }

  walk(visit, node = this.tree) {
    const step = (child) => {
      visit(child);
      ts.forEachChild(child, step);
    };
    ts.forEachChild(node, step);
  }

  replace(start, end, text) {
    this.edits.push([start, end, text]);
  }

  replaceNode(node, text) {
    this.replace(node.getStart(this.tree), node.end, text);
  }

  leave(node, reason, fix) {
    this.leftovers.push({ line: this.lineOf(node), reason, fix, breaks_build: true });
  }

  /** The edits in order, the inner ones of two that overlap left out with a row; what is written must be valid code. */
  result() {
    const edits = this.edits.map((edit, at) => ({ edit, at })).sort((a, b) => a.edit[0] - b.edit[0] || a.edit[1] - b.edit[1] || a.at - b.at).map((one) => one.edit);
    let written = '';
    let done = 0;
    for (const [start, end, text] of edits) {
      if (start < done) return this.refused('two changes overlap');
      written += this.text.slice(done, start) + text;
      done = end;
    }
    try {
      if (edits.length) parse(this.name, written + this.text.slice(done));
    } catch (error) {
      return this.refused(error.message);
    }
    return { file: this.name, edits, leftovers: this.leftovers.sort((a, b) => a.line - b.line) };
  }

  refused(why) {
    const row = { line: 1, reason: `The change would not have been valid code (${why}), so the file was left as it is.`, fix: 'Migrate the file by hand.', breaks_build: true };
    return { file: this.name, edits: [], leftovers: [row] };
  }
}

export function parse(name, text) {
  const kind = ts.ScriptKind[KINDS[name.slice(name.lastIndexOf('.'))] ?? 'JSX'];
  const tree = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true, kind);
  const [first] = tree.parseDiagnostics;
  if (first) {
    const line = tree.getLineAndCharacterOfPosition(first.start).line + 1;
    throw new Skipped(`The file could not be parsed: ${ts.flattenDiagnosticMessageText(first.messageText, ' ').slice(0, 150)}`, 'Fix the syntax, or migrate the file by hand.', line);
  }
  return tree;
}

export function isFunction(node) {
  return Boolean(node) && (ts.isArrowFunction(node) || ts.isFunctionExpression(node));
}

export function isAsync(node) {
  return Boolean(ts.getModifiers(node)?.some((one) => one.kind === ts.SyntaxKind.AsyncKeyword));
}

/** The function around a node, undefined at the top of the module. */
export function functionAround(node) {
  for (let up = node.parent; up; up = up.parent) if (ts.isFunctionLike(up)) return up;
  return undefined;
}
