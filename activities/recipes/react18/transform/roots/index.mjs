/** Step `roots`: one root for each container, made once and used by every call (rows 1 to 8, 10 and 11). */
import { ts } from '../common/packages.mjs';
import { Bindings, isDeclared } from '../common/bindings.mjs';
import { Edits } from '../common/edits.mjs';
import { FIX } from './advice.mjs';
import { OLD, findCalls } from './calls.mjs';
import { whyLate } from './late.mjs';
import { planGroups } from './plan.mjs';
import { leftmost } from './imports.mjs';
import { Writer } from './write.mjs';
import { patternOf } from '../steps.mjs';

export const candidate = patternOf('roots');
/** What makes a file that cannot be read worth a row. */
export const suspect = /\breact_?dom\w*(\.default)?\.(render|hydrate|unmountComponentAtNode)\(|\bunmountComponentAtNode\(|unstable_renderSubtreeIntoContainer\(|import\s*\{[^}]*\b(render|hydrate)\b[^}]*\}\s*from\s*['"]react-dom['"]|\{[^}]*\b(render|hydrate)\b[^}]*\}\s*=\s*require\(['"]react-dom['"]\)|(from|require\()\s*['"]react-dom['"][\s\S]*?\.(render|hydrate)\(/i;
const LOADERS = /^(define|require|requirejs)$|\bimport\(['"]react-dom['"]\)\.then$/;
const NAMES = /(^|\.)_?react_?dom\w*$/i;

/** The file's edits and leftovers; `facts` tell other files what this one does, `left` is the result if it must stay. */
export function transform(source, { share } = {}) {
  const edits = new Edits(source);
  const bindings = new Bindings(source, 'react-dom');
  const calls = findCalls(source, bindings);
  const late = whyLate(bindings, (name) => OLD.has(name));
  for (const call of calls) if (late(call)) call.left ??= [late(call), FIX[call.name]];
  leaveOpaque(source, bindings, edits);
  leaveUnknown(source, calls, edits);
  const groups = planGroups(source, calls, share);
  const foreign = share?.from ? [] : groups.filter((group) => !group.left && !group.renders);
  const renders = groups.some((group) => !group.left && group.renders);
  for (const group of foreign) leaveForeign(group, renders && group.mapped);
  for (const call of calls) if (call.left) edits.leave(call.call, ...call.left);
  const rows = [...edits.leftovers];
  for (const call of calls) {
    if (call.returnedBy === '' && !call.left) edits.leave(call.call, `What \`${call.name}\` returned may have been used by a caller; a root's \`render\` returns nothing.`, FIX.returned);
  }
  const writer = new Writer(source, { bindings, edits, share });
  writer.write(groups);
  const done = calls.filter((call) => !call.left);
  const facts = { ...factsOf(groups, foreign, calls), names: writer.names, uses: writer.uses, whole: done.length === calls.length, line: calls[0]?.line, shared: Boolean(share) };
  if (!done.length) return { ...edits.result(), facts };
  const left = (why) => [...rows, ...done.map((call) => ({ line: source.lineOf(call.call), reason: why, fix: FIX[call.name] }))].sort((a, b) => a.line - b.line);
  return { ...edits.result(), facts, left: left('WHY') };
}

/** An unmount whose render is not in this file: nothing here knows the root, unless the map of the file has it. */
function leaveForeign(group, isMapped) {
  if (isMapped) return;
  group.left = true;
  for (const call of group.calls) {
    call.left = ['The container is unmounted here but rendered into elsewhere, so the root is not known here.', FIX.unmountComponentAtNode];
  }
}

function factsOf(groups, foreign, calls) {
  const key = (group) => (group.kind === 'literal' && group.exact ? String(group.key) : '');
  const open = groups.filter((group) => !group.left && group.renders);
  return {
    renders: open.map(key),
    unmounts: foreign.filter((group) => group.left).map(key),
    escapes: open.some((group) => group.kind !== 'literal') && !calls.some((call) => call.name === 'unmountComponentAtNode'),
    returned: calls.filter((call) => call.returnedBy && !call.left).map(({ returnedBy, line }) => ({ name: returnedBy, line })),
  };
}

function leaveOpaque(source, bindings, edits) {
  const lines = new Set();
  for (const [node, why] of bindings.opaque) {
    const handed = /^handed to `/.test(why);
    if (handed && !/mock|requireActual|importActual|interop|importDefault|importStar|proxyquire/i.test(why)) continue;
    if (why === 'loaded by a dynamic import' && !candidate.test(source.text.replace(/\.then/g, ''))) continue;
    const line = source.lineOf(node);
    if (lines.has(line)) continue;
    lines.add(line);
    edits.leave(node, `\`react-dom\` is ${why} here, so its calls cannot be seen.`, 'Take the root functions from `react-dom/client` where it is used.');
  }
}

/** Calls by a name like react-dom's that this file does not take from react-dom: a global, or another module's. */
function leaveUnknown(source, calls, edits) {
  const seen = new Set([...calls.map((call) => call.use.node)]);
  source.walk((node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) leaveText(edits, node);
    if (!ts.isPropertyAccessExpression(node) || !OLD.has(node.name.text) || seen.has(node)) return;
    const of = node.expression.getText().replace(/\.default$/, '');
    if (!NAMES.test(of)) return;
    const base = leftmost(node);
    if (!ts.isIdentifier(base)) return;
    const [declaration] = isDeclared(source, base) ? source.symbol(base).declarations : [];
    if (declaration && !(ts.isImportClause(declaration) || ts.isNamespaceImport(declaration))) {
      const value = ts.isVariableDeclaration(declaration) && declaration.initializer?.getText();
      const loads = ts.isParameter(declaration) && ts.isCallExpression(declaration.parent.parent) && LOADERS.test(declaration.parent.parent.expression.getText());
      if (!loads && (!value || !/interop|import(Default|Star)|window|global/i.test(value))) return;
    }
    if (declaration && /^['"]react-dom['"]$/.test(declaration.parent?.moduleSpecifier?.getText() ?? declaration.parent?.parent?.moduleSpecifier?.getText() ?? '')) return;
    const why = declaration ? 'comes from elsewhere' : 'is not imported in this file';
    edits.leave(node, `\`${of}\` ${why}, so its \`${node.name.text}\` was left as it is.`, FIX[node.name.text]);
  });
}

/** A text with code in it, such as a page that a server writes. */
function leaveText(edits, node) {
  const found = /\bReactDOM\.(render|hydrate|unmountComponentAtNode)\(/.exec(edits.source.textOf(node));
  if (found) edits.leave(node.getStart() + found.index, `A text in this file calls \`ReactDOM.${found[1]}\`; texts are not migrated.`, FIX[found[1]]);
}

/** A page or a component of another framework: its scripts are not migrated, so their calls are named. */
export function transformText(name, text) {
  const leftovers = [];
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    const found = /\bReactDOM\.(render|hydrate|unmountComponentAtNode)\(/.exec(line);
    if (found) leftovers.push({ line: index + 1, reason: `A script inside ${name.slice(name.lastIndexOf('.'))} calls \`ReactDOM.${found[1]}\`; such files are not migrated.`, fix: FIX[found[1]] });
  });
  return { file: name, edits: [], leftovers };
}
