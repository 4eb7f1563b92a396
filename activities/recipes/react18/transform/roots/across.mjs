/** What one file cannot tell: who else renders into, unmounts, or uses the result of a render in its file. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { FIX } from './advice.mjs';

export const TEST = /(^|[/.])(__tests__|__mocks__|tests?|spec|cypress)[/.]|\.(test|spec|cy)\.[cm]?[jt]sx?$/;
const CODE = /\.([cm]?[jt]s|[jt]sx)$/;

/** Rewrites files that have a part in the same containers together, or takes back what was done to them, with rows. */
export async function finish(results, { root, files }) {
  const texts = new Texts(root, files);
  let found = results;
  for (const group of together(results, texts)) found = replaced(found, (await sharedBy(group, texts)) ?? group.map(takenBack));
  for (const result of found) {
    if (!result.facts || !result.left) continue;
    const why = whyReturned(result, texts);
    if (why) takeBack(result, why);
    else {
      nameReturned(result, texts);
      nameLazy(result, found, texts);
    }
  }
  return found;
}

/** Names files that render into one container and are loaded late: where both run in one page, they need one root. */
function nameLazy(result, results, texts) {
  const { file, facts } = result;
  for (const other of results) {
    const key = other !== result && !TEST.test(other.file) && !TEST.test(file) && other.facts?.renders.find((one) => one && facts.renders.includes(one));
    if (!key || facts.shared || !texts.runTogether(file, other.file, true)) continue;
    result.leftovers.push({ line: facts.line, reason: `\`${other.file}\` renders into the same container (\`${key}\`); where both run in one page, a second root is an error.`, fix: FIX.shared });
    return;
  }
}

function replaced(results, group) {
  return results.map((result) => group.find(({ file }) => file === result.file) ?? result);
}

/** One file owns the roots of a group, if every file of it may be rewritten. */
async function sharedBy(group, texts) {
  if (!group.every((one) => one.result.left || one.result.facts.unmounts.length)) return undefined;
  const { shareRoots } = await import('./share.mjs');
  return shareRoots(group.map(({ result }) => result), texts);
}

function takenBack({ result, why }) {
  if (result.left) takeBack(result, why);
  return result;
}

function takeBack(result, why) {
  result.edits = [];
  result.left.forEach((row) => Object.assign(row, row.reason === 'WHY' ? { reason: why } : {}));
  result.leftovers = result.left;
  result.left = undefined;
}

/** Groups of files with a part in the same containers, each `{ result, why }`: who else has one. */
function together(results, texts) {
  const groups = [];
  const open = results.filter(({ facts, file }) => facts && !TEST.test(file));
  for (const [index, one] of open.entries()) {
    for (const other of open.slice(index + 1)) {
      const [why, whyOther] = [whyTogether(one, other, texts), whyTogether(other, one, texts)];
      if (!why && !whyOther) continue;
      const joined = groups.filter((group) => group.some(({ result }) => result === one || result === other));
      const merged = [...new Map([...joined.flat(), { result: one, why: why ?? whyOther }, { result: other, why: whyOther ?? why }].map((part) => [part.result, part])).values()];
      groups.splice(0, groups.length, ...groups.filter((group) => !joined.includes(group)), merged);
    }
  }
  return groups;
}

function whyTogether({ file, facts }, other, texts) {
  for (const key of other.facts.unmounts) {
    const same = key ? facts.renders.includes(key) : facts.escapes && texts.related(file, other.file);
    if (same) return `\`${other.file}\` unmounts this container, and a root cannot be shared by these files as they are.`;
  }
  const shared = facts.renders.find((key) => key && other.facts.renders.includes(key));
  if (shared && texts.runTogether(file, other.file)) return `\`${other.file}\` renders into the same container (\`${shared}\`), and one container has one root.`;
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
    Object.assign(this, { root, files: files.filter((name) => CODE.test(name)), cache: new Map(), imported: new Map(), importers: {} });
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

  /** Whether a file imports another; `lazily`: also by `import()`. */
  uses(a, b, lazily = false) {
    return this.importsOf(a, lazily).has(stem(b));
  }

  importsOf(name, lazily) {
    if (!this.imported.has(name)) {
      const found = { eager: new Set(), all: new Set() };
      for (const [, how, specifier] of this.get(name).matchAll(/(from|import|require\()\s*(?:\(\s*)?['"](\.[^'"]*)['"]/g)) {
        const one = stem(normalize(join(dirname(name), specifier)));
        found.all.add(one);
        if (how !== 'import' || !new RegExp(`import\\s*\\(\\s*['"]${specifier.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}['"]`).test(this.get(name))) found.eager.add(one);
      }
      this.imported.set(name, found);
    }
    return this.imported.get(name)[lazily ? 'all' : 'eager'];
  }

  /** The files that are no tests and import a file. */
  importersOf(wanted, lazily) {
    const kind = lazily ? 'all' : 'eager';
    if (!this.importers[kind]) {
      this.importers[kind] = new Map();
      for (const name of this.files.filter((one) => !TEST.test(one))) {
        for (const one of this.importsOf(name, lazily)) this.importers[kind].set(one, [...(this.importers[kind].get(one) ?? []), name]);
      }
    }
    return this.importers[kind].get(stem(wanted)) ?? [];
  }

  /** Whether two files belong together: they share a folder, or are loaded into one page. */
  related(a, b) {
    return dirname(a) === dirname(b) || this.runTogether(a, b, true);
  }

  /** Whether one of two files imports the other, or a third that is no test imports both. */
  runTogether(a, b, lazily = false) {
    if (this.uses(a, b, lazily) || this.uses(b, a, lazily)) return true;
    const others = new Set(this.importersOf(b, lazily));
    return this.importersOf(a, lazily).some((name) => others.has(name));
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
