/** Containers in which several files of a repository have a part: one of them owns the roots, the others import its functions. */
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { Source, decode } from '../common/source.mjs';

const MOST = 6;

/** Rewrites the files of a group together; undefined where that cannot be done. */
export async function shareRoots(results, texts) {
  const { transform } = await import('./index.mjs');
  const members = [...results].sort((a, b) => a.file.localeCompare(b.file));
  if (members.length > MOST || !members.every(({ file }) => isModule(texts.get(file)))) return undefined;
  const owner = ownerOf(members, texts);
  if (!owner) return undefined;
  const run = ({ file }, share) => transform(new Source(file, decode(readFileSync(join(texts.root, file)))), { root: texts.root, share });
  const guests = members.filter((one) => one !== owner);
  const from = ({ file }) => specifier(dirname(file), owner.file);
  const tried = guests.map((one) => run(one, { from: from(one), names: {} }));
  const needs = Object.assign({}, ...tried.map(({ facts }) => facts.uses));
  const owned = run(owner, { needs });
  const written = guests.map((one) => run(one, { from: from(one), names: owned.facts.names }));
  const all = [owned, ...written];
  return all.every(({ edits, facts }) => edits.length && facts.whole) ? all : undefined;
}

/** The file that owns the roots: it renders, imports none of the others if there is such a one, and brings the least with it. */
function ownerOf(members, texts) {
  const weight = ({ file }) => texts.importsOf(file, true).size;
  const renders = members.filter(({ facts }) => facts.renders.length).sort((a, b) => weight(a) - weight(b));
  return renders.find(({ file }) => !members.some((other) => other.file !== file && texts.uses(file, other.file))) ?? renders[0];
}

function isModule(text) {
  return /^(import|export)\b/m.test(text) && !/\brequire\(['"]react-dom/.test(text);
}

function specifier(folder, file) {
  const path = posix.relative(folder, file).replace(/\.(d\.)?([cm]?[jt]s|[jt]sx)$/, '').replace(/\/index$/, '') || '.';
  return path.startsWith('.') ? path : `./${path}`;
}
