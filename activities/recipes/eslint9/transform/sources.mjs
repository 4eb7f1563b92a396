/** The old configuration files of a tree, each as the object that it exports with its comments and offsets. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ts, yaml } from './packages.mjs';

/** In the order in which ESLint 8 takes the first one that a folder has. */
const NAMES = ['.eslintrc.js', '.eslintrc.cjs', '.eslintrc.yaml', '.eslintrc.yml', '.eslintrc.json', '.eslintrc', 'package.json'];

export function read(root, name) {
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(join(root, name)));
}

/** Folder → the file that counts there and those that ESLint 8 never read. */
export function configFiles(root, files) {
  const found = new Map();
  for (const name of files) {
    const base = posix.basename(name);
    const rank = NAMES.indexOf(base);
    if (rank < 0 || (base === 'package.json' && !hasConfig(root, name))) continue;
    const folder = posix.dirname(name);
    found.set(folder, [...(found.get(folder) ?? []), { name, rank }].sort((a, b) => a.rank - b.rank));
  }
  return new Map([...found].sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1)).map(([folder, all]) => [folder, all.map((one) => one.name)]));
}

export const depth = (folder) => (folder === '.' ? 0 : folder.split('/').length);

function hasConfig(root, name) {
  try {
    return typeof JSON.parse(read(root, name)).eslintConfig === 'object';
  } catch {
    return false;
  }
}

/** `{ name, text, tree, object, holder, isScript }`; `object` is undefined where the exported value is computed. */
export function load(root, name) {
  const text = read(root, name).replace(/\r\n/g, '\n');
  const base = posix.basename(name);
  if (base.endsWith('js')) return script(name, text);
  if (base === 'package.json') return data(name, JSON.stringify(JSON.parse(text).eslintConfig, null, 2));
  if (/\.ya?ml$/.test(base)) return fromYaml(name, text);
  // `.eslintrc` is either.
  return /^\s*(\/\/.*\n|\/\*[\s\S]*?\*\/|\s)*\{/.test(text) ? data(name, text) : fromYaml(name, text);
}

function fromYaml(name, text) {
  const value = yaml.load(text);
  if (!value || typeof value !== 'object') throw new Error('it holds no mapping');
  return { ...data(name, JSON.stringify(value, null, 2)), lostComments: text.split('\n').filter((line) => /(^|\s)#/.test(line)).length };
}

function data(name, text) {
  const whole = `(${text}\n)`;
  const tree = parse(name, whole);
  const expression = tree.statements[0]?.expression?.expression;
  if (!expression || !ts.isObjectLiteralExpression(expression)) throw new Error('it holds no object');
  return { name, text: whole, tree, object: expression, isScript: false };
}

function script(name, text) {
  const tree = parse(name, text);
  for (const statement of tree.statements) {
    const holder = exported(statement);
    if (holder) return { name, text, tree, object: objectOf(tree, holder), holder, isScript: true };
  }
  throw new Error('it exports nothing');
}

function exported(statement) {
  if (ts.isExportAssignment(statement)) return statement.expression;
  const assigned = ts.isExpressionStatement(statement) && ts.isBinaryExpression(statement.expression) && statement.expression;
  return assigned && /^module\s*\.\s*exports$/.test(assigned.left.getText()) ? assigned.right : undefined;
}

/** The object literal behind an exported value, where it is only named or wrapped for its type. */
function objectOf(tree, node) {
  while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) node = node.expression;
  return ts.isObjectLiteralExpression(node) ? node : undefined;
}

function parse(name, text) {
  const tree = ts.createSourceFile(`${name}.js`, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  const [first] = tree.parseDiagnostics;
  if (first) throw new Error(ts.flattenDiagnosticMessageText(first.messageText, ' '));
  return tree;
}
