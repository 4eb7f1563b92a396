/** What one file cannot tell: who else renders into, unmounts, or uses the result of a render in its file. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { FIX } from './advice.mjs';

export const TEST = /(^|[/.])(__tests__|__mocks__|tests?|spec|cypress)[/.]|\.(test|spec|cy)\.[cm]?[jt]sx?$/;
const CODE = /\.([cm]?[jt]s|[jt]sx)$/;

/** Takes back the changes of files whose containers another file has a part in; each gets rows instead. */
export function finish(results, { root, files }) {
  const texts = new Texts(root, files);
  for (const result of results) {
    const { facts } = result;
    if (!facts || !result.left) continue;
    const why = whyTogether(result, results, texts) ?? whyReturned(result, texts);
    if (why) takeBack(result, why);
    else nameReturned(result, texts);
  }
  return results;
}

function takeBack(result, why) {
  result.edits = [];
  result.leftovers = result.left.map((row) => (row.reason === 'WHY' ? { ...row, reason: why } : row));
}

function whyTogether(result, results, texts) {
  for (const other of results) {
    if (other === result || !other.facts || TEST.test(other.file)) continue;
    const { renders } = result.facts;
    for (const key of other.facts.unmounts) {
      const same = key ? renders.includes(key) : result.facts.escapes && texts.related(result.file, other.file);
      if (same) return `\`${other.file}\` unmounts this container, and a root cannot be shared by two files as they are.`;
    }
    const shared = renders.find((key) => key && other.facts.renders.includes(key));
    if (shared && !TEST.test(result.file) && texts.imports(result.file, other.file)) return `\`${other.file}\` renders into the same container (\`${shared}\`), and one container has one root.`;
  }
  return undefined;
}

function whyReturned(result, texts) {
  for (const { name } of result.facts.returned) {
    const { read } = texts.usesOf(name, result.file);
    if (read) return `\`${name}\` returns what \`render\` returned, and \`${read}\` uses it; a root's \`render\` returns nothing.`;
  }
  return undefined;
}

/** Names the functions whose callers are not in the repository: what they return is gone. */
function nameReturned(result, texts) {
  for (const { name, line } of result.facts.returned) {
    if (texts.usesOf(name, result.file).known) continue;
    result.leftovers.push({ line, reason: `\`${name}\` returned what \`render\` returns, and no caller is known; a root's \`render\` returns nothing.`, fix: FIX.returned });
  }
  result.leftovers.sort((a, b) => a.line - b.line);
}

class Texts {
  constructor(root, files) {
    Object.assign(this, { root, files: files.filter((name) => CODE.test(name)), cache: new Map() });
  }

  get(name) {
    if (!this.cache.has(name)) {
      let text = '';
      try {
        text = readFileSync(join(this.root, name), 'utf8');
      } catch {
        // A file that is gone says nothing.
      }
      this.cache.set(name, text);
    }
    return this.cache.get(name);
  }

  /** Whether one of two files imports the other. */
  imports(a, b) {
    return this.importsOf(a).has(stem(b)) || this.importsOf(b).has(stem(a));
  }

  importsOf(name) {
    const found = new Set();
    for (const [, specifier] of this.get(name).matchAll(/(?:from|import|require\()\s*\(?\s*['"](\.[^'"]*)['"]/g)) {
      found.add(stem(normalize(join(dirname(name), specifier))));
    }
    return found;
  }

  /** Whether two files belong together: they share a folder, one imports the other, or a third imports both. */
  related(a, b) {
    if (dirname(a) === dirname(b) || this.imports(a, b)) return true;
    return this.files.some((name) => {
      const found = this.importsOf(name);
      return found.has(stem(a)) && found.has(stem(b));
    });
  }

  /** Whether other files call a function, and one that reads the result. */
  usesOf(name, home) {
    const call = new RegExp(`(.?)\\s*\\b((?:\\w+\\.)?${name.replace(/\$/g, '\\$')})\\s*\\(`, 'g');
    const uses = { known: false, read: '' };
    for (const file of this.files) {
      if (file === home || !this.get(file).includes(name)) continue;
      const text = this.get(file);
      for (const match of text.matchAll(call)) {
        const before = text.slice(0, match.index + match[0].indexOf(match[2])).trimEnd();
        if (/\bfunction$/.test(before)) continue;
        uses.known = true;
        const isStatement = /(^|[;{})]|\*\/|=>|['"]|\bawait|\bvoid|\belse)$/.test(before) || /\n\s*$/.test(text.slice(before.length, match.index + match[0].indexOf(match[2]))) && !/[=(,?:&|+]$|\breturn$/.test(before);
        const after = text.slice(closing(text, match.index + match[0].length)).trimStart();
        if (!isStatement || after.startsWith('.')) uses.read ||= file;
      }
    }
    return uses;
  }
}

function closing(text, position) {
  for (let depth = 1; position < text.length && depth; position++) {
    if (text[position] === '(') depth++;
    else if (text[position] === ')') depth--;
  }
  return position;
}

function stem(name) {
  return name.replace(/\\/g, '/').replace(/\.([cm]?[jt]s|[jt]sx)$/, '').replace(/\/index$/, '').replace(/^\.\//, '');
}
