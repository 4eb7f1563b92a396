/** Step `config`: each configuration of jest becomes a `vitest.config`. Values are read, never run. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Computed, exportedValue } from './evaluate.mjs';
import { Options } from './options.mjs';
import { Skipped, read, ts } from './source.mjs';
import { written } from './write.mjs';

const CONFIG = /^jest\.config(\.[\w-]+)?\.(js|cjs|mjs|ts|cts|mts|json)$/;
const BY_HAND = 'Write `vitest.config` by hand.';

export function run({ root, files, options }) {
  const lines = new Map();
  const line = (file) => {
    if (!lines.has(file)) lines.set(file, { file, edits: [], leftovers: [] });
    return lines.get(file);
  };
  const leave = (file, reason, fix, breaks_build = true, at = 0) => line(file).leftovers.push({ line: at, reason, fix, breaks_build });
  const used = new Set();
  const done = [];
  const failed = new Map();
  for (const name of files) {
    try {
      const config = load(root, name);
      if (config) done.push({ name, ...config });
    } catch (error) {
      failed.set(name, String(error.row?.reason ?? error.message).slice(0, 200));
    }
  }
  for (const { files: from } of done) for (const file of from.slice(1)) used.add(file);
  for (const [name, why] of failed) {
    if (used.has(name)) remove(root, name);
    else leave(name, `The configuration could not be read: ${why}`, BY_HAND);
  }
  for (const one of done.filter(({ name }) => !used.has(name))) migrate(root, one, options, leave, line);
  for (const { name } of done.filter(({ name }) => used.has(name))) remove(root, name);
  return [...lines.values()];
}

function load(root, name) {
  const base = posix.basename(name);
  if (base === 'package.json') {
    const { jest, devDependencies, dependencies } = JSON.parse(read(root, name).replace(/^\uFEFF/, ''));
    if (jest && typeof jest === 'object') return { value: jest, files: [name] };
    const declares = { ...devDependencies, ...dependencies }.jest;
    const folder = posix.dirname(name);
    const others = declares && !['js', 'cjs', 'mjs', 'ts', 'cts', 'mts', 'json'].some((ending) => existsSync(join(root, folder, `jest.config.${ending}`)));
    return others ? { value: {}, files: [name] } : undefined;
  }
  if (!CONFIG.test(base)) return undefined;
  if (base.endsWith('.json')) return { value: JSON.parse(read(root, name)), files: [name] };
  const files = [];
  const value = exportedValue(root, name, files);
  if (value instanceof Computed || !value || typeof value !== 'object') throw new Skipped('it is computed');
  return { value, files };
}

function migrate(root, { name, value, files }, options, leave, line) {
  const folder = posix.dirname(name);
  const variant = CONFIG.exec(posix.basename(name))?.[1] ?? '';
  const existing = ['ts', 'mts', 'js', 'mjs', 'cts', 'cjs'].map((ending) => `vitest.config${variant}.${ending}`).find((one) => existsSync(join(root, folder, one)));
  if (existing) return leave(name, `There is \`${existing}\` beside it.`, 'Remove the old file when nothing of it is missing.', false);
  const facts = options.folders[folder] ?? {};
  const config = new Options(folder, facts, (reason, fix, breaks) => leave(name, reason, fix, breaks, lineOf(root, name, reason)));
  config.read(value);
  const vite = ['ts', 'mts', 'js', 'mjs'].map((ending) => `vite.config.${ending}`).find((one) => existsSync(join(root, folder, one)));
  if (vite && /defineConfig\(\s*(async\s*)?(\(|\w+\s*=>)/.test(readFileSync(join(root, folder, vite), 'utf8'))) leave(name, `\`${vite}\` is a function, so it was not joined.`, 'Call it in `vitest.config`.');
  const typed = existsSync(join(root, folder, 'tsconfig.json')) || /ts$/.test(name);
  const text = written(config, { vite, quote: facts.quote, unit: facts.unit });
  writeFileSync(join(root, folder, `vitest.config${variant}.${typed ? 'mts' : 'mjs'}`), text);
  if (posix.basename(name) === 'package.json') line(name).edits.push(...withoutJest(read(root, name)));
  else remove(root, name);
  return undefined;
}

function remove(root, name) {
  if (posix.basename(name) !== 'package.json' && existsSync(join(root, name))) rmSync(join(root, name));
}

/** The line of the option that a reason names. */
function lineOf(root, name, reason) {
  const option = /`(\w+)/.exec(reason)?.[1];
  const lines = existsSync(join(root, name)) ? read(root, name).split('\n') : [];
  return 1 + Math.max(0, lines.findIndex((one) => option && new RegExp(`\\b${option}\\b`).test(one)));
}

/** The edit that takes `jest` out of a package.json. */
function withoutJest(text) {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const tree = ts.createSourceFile('package.json', `(${text.slice(start)})`, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  const all = [...tree.statements[0].expression.expression.properties];
  const at = all.findIndex((one) => one.name.text === 'jest');
  if (at < 0) return [];
  const shift = start - 1;
  const next = all[at + 1];
  if (next) return [[all[at].getStart(tree) + shift, next.getStart(tree) + shift, '']];
  return [[(at ? all[at - 1].end : all[at].getStart(tree)) + shift, all[at].end + shift, '']];
}
