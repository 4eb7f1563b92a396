/** Step `snapshots`: the header of snapshot files, and the names of the tests in them. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Source, read, ts } from './source.mjs';

const HEADER = /^\/\/ Jest Snapshot v1, \S+/;

export function transform(root, name) {
  const text = read(root, name);
  if (!HEADER.test(text)) return undefined;
  const edits = [[0, HEADER.exec(text)[0].length, '// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html']];
  const leftovers = [];
  const test = posix.join(posix.dirname(name), '..', posix.basename(name).replace(/\.snap$/, ''));
  const names = existsSync(join(root, test)) ? namesOf(new Source(root, test)) : [];
  for (const found of text.matchAll(/^exports\[`((?:[^`\\]|\\.)*) (\d+)`\] =/gm)) {
    const joined = found[1];
    const match = names.find((one) => one.pattern.test(joined));
    const line = text.slice(0, found.index).split('\n').length;
    if (!match) leftovers.push({ line, reason: 'The name of this snapshot is that of no test, or of one with a computed name.', fix: 'Run the tests with `-u`, and look at what changes.', breaks_build: false });
    else if (match.groups > 1) edits.push([found.index + 9, found.index + 9 + joined.length, match.pattern.exec(joined).slice(1).join(' > ')]);
  }
  return { file: name, edits, leftovers };
}

/** The full names of the tests of a file as patterns, with a group for each of their parts. */
function namesOf(source) {
  const names = [];
  const step = (node, above) => {
    const call = ts.isCallExpression(node) && /^(describe|it|test|fit|xit|fdescribe|xdescribe|xtest|context)\b/.exec(node.expression.getText(source.tree));
    const title = call && node.arguments[0] && titleOf(node.arguments[0]);
    const body = call && node.arguments.find((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
    if (!call || title === undefined || !body) return ts.forEachChild(node, (child) => step(child, above));
    const path = [...above, title];
    if (!/describe|context/.test(call[1])) names.push({ pattern: new RegExp(`^${path.map((one) => `(${one})`).join(' ')}(?:: .*)?$`), groups: path.length });
    return ts.forEachChild(body, (child) => step(child, path));
  };
  step(source.tree, []);
  return names.sort((a, b) => b.groups - a.groups);
}

/** A title as a pattern of how it stands in a snapshot file. */
function titleOf(node) {
  const escaped = (text) => text.replace(/\\/g, '\\\\').replace(/`/g, '\\`').replace(/\$\{/g, '\\${').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (ts.isStringLiteralLike(node)) return escaped(node.text).replace(/%[sdifjoOp#]|\\\$\w+/g, '.{1,200}');
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map((one) => one.literal.text)].map(escaped).join('.{0,200}');
  return undefined;
}
