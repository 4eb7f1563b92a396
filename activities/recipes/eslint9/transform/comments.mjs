/**
 * Step `comments`: ESLint 9 reads no `eslint-env` comments, each becomes a list of the globals that the file uses; and it takes a rule
 * from one comment of a file only.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globals, ts } from './packages.mjs';

const COMMENT = /\/\*\s*eslint-env\s+([\s\S]*?)\*\//g;
const RULES = /^\/\*\s*eslint\s+([\s\S]*?)\*\/$/;
const LARGEST = 1_000_000;

export function run({ root, files }) {
  return files.map((file) => migrate(root, file)).filter(Boolean);
}

function migrate(root, file) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(readFileSync(join(root, file)));
  if (text.length > LARGEST) return row(file, 1, 'The file is too large to be read, so its `eslint-env` comment was left.');
  const edits = [];
  const leftovers = [];
  const comments = commentsOf(file, text);
  const words = wordsOf(text, comments);
  const known = new Map();
  for (const { pos, end } of comments) {
    const rules = RULES.exec(text.slice(pos, end));
    if (rules) twice(text, pos, end, rules[1].split('--')[0], known, edits, leftovers);
    COMMENT.lastIndex = 0;
    const found = COMMENT.exec(text.slice(pos, end));
    if (!found) continue;
    const names = found[1].split('--')[0].split(',').map((one) => one.split(':')[0].trim()).filter(Boolean);
    const unknown = names.filter((name) => !/^es(6|\d{4})$/.test(name) && !globals[name]);
    if (unknown.length) {
      const line = text.slice(0, pos).split('\n').length;
      leftovers.push({ line, reason: `ESLint 9 reads no \`eslint-env\` comment, and the globals of \`${unknown.join(', ')}\` are not known.`, fix: 'Name the globals in `eslint.config`, for these files.' });
      continue;
    }
    edits.push(replaced(text, pos, end, names, words));
  }
  return edits.length || leftovers.length ? { file, edits, leftovers } : undefined;
}

/** A rule that an earlier comment sets already: the comment goes where it says nothing else and the same. */
function twice(text, pos, end, said, known, edits, leftovers) {
  const rules = [...said.matchAll(/([\w@/-]+)\s*:\s*("[^"]*"|'[^']*'|\[[^\]]*\]|[\w-]+)/g)].map(([, name, value]) => [name, severity(value.replace(/["'\s]/g, ''))]);
  const again = rules.filter(([name]) => known.has(name));
  for (const [name, value] of rules) if (!known.has(name)) known.set(name, value);
  if (!again.length) return;
  if (again.length === rules.length && again.every(([name, value]) => known.get(name) === value)) edits.push(removed(text, pos, end));
  else {
    const line = text.slice(0, pos).split('\n').length;
    leftovers.push({ line, reason: `ESLint 9 takes \`${again[0][0]}\` from the first comment of the file that sets it, and reports this one.`, fix: 'Put both into one, or use `eslint-disable` comments.' });
  }
}

const severity = (value) => ({ off: '0', warn: '1', error: '2' })[value] ?? value;

function replaced(text, pos, end, names, words) {
  const used = new Map();
  for (const name of names) {
    for (const [word, writable] of Object.entries(globals[name] ?? {})) if (words.has(word)) used.set(word, writable || used.get(word));
  }
  const list = [...used].map(([word, writable]) => (writable ? `${word}:writable` : word)).sort();
  if (list.length) return [pos, end, `/* global ${list.join(', ')} */`];
  return removed(text, pos, end);
}

function removed(text, pos, end) {
  const alone = /(^|\n)[ \t]*$/.test(text.slice(0, pos).replace('\uFEFF', '')) && /^[ \t]*(\r?\n|$)/.exec(text.slice(end));
  return alone ? [text.lastIndexOf('\n', pos - 1) + 1 + (text[0] === '\uFEFF' && pos === 1 ? 1 : 0), end + alone[0].length, ''] : [pos, end, ''];
}

/** Every comment of a file. */
function commentsOf(file, text) {
  const kind = /\.[cm]?ts$/.test(file) ? ts.ScriptKind.TS : /\.tsx$/.test(file) ? ts.ScriptKind.TSX : ts.ScriptKind.JSX;
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, kind);
  const found = new Map();
  const visit = (node) => {
    for (const one of ts.getLeadingCommentRanges(text, node.pos) ?? []) found.set(one.pos, one);
    for (const one of ts.getTrailingCommentRanges(text, node.end) ?? []) found.set(one.pos, one);
    node.getChildren(tree).forEach(visit);
  };
  visit(tree);
  return [...found.values()].sort((a, b) => a.pos - b.pos);
}

/** The words of the code, comments left out. */
function wordsOf(text, comments) {
  let code = '';
  let done = 0;
  for (const { pos, end } of comments) {
    code += text.slice(done, pos) + ' ';
    done = end;
  }
  return new Set((code + text.slice(done)).match(/(?<!\.\s*)[\w$]+/g) ?? []);
}

function row(file, line, reason) {
  return { file, edits: [], leftovers: [{ line, reason, fix: 'Migrate it by hand.' }] };
}
