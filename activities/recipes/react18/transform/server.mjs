/** Step `server`: `renderToNodeStream(element).pipe(target)` becomes a pipeable stream that starts when its shell is ready (row 9). */
import { ts } from './common/packages.mjs';
import { Bindings } from './common/bindings.mjs';
import { Edits } from './common/edits.mjs';
import { isVar, removeFromList } from './common/imports.mjs';
import { calleeName, valueUse } from './roots/once.mjs';
import { patternOf } from './steps.mjs';

export const candidate = patternOf('server');
export const suspect = /\brenderToNodeStream\b/;
const OLD = 'renderToNodeStream';
const NEW = 'renderToPipeableStream';
const FIX = 'Use `renderToPipeableStream(element, { onShellReady, onShellError, onError })` and pipe in `onShellReady`.';

export function transform(source) {
  const edits = new Edits(source);
  const bindings = new Bindings(source, 'react-dom/server');
  const uses = bindings.uses.filter((use) => use.name === OLD);
  const found = new Map(uses.map((use) => [use, pipedCall(source, use.node)]));
  const all = uses.every((use) => found.get(use));
  const simple = uses.filter((use) => found.get(use) && (all || !isVariable(use.binding)));
  for (const use of uses) {
    if (!simple.includes(use)) edits.leave(use.node, '`renderToNodeStream` is used in another way than `renderToNodeStream(element).pipe(target);`.', FIX);
  }
  for (const [node, why] of bindings.opaque) {
    if (!why.startsWith('handed to `')) edits.leave(node, `\`react-dom/server\` is ${why} here, so its calls cannot be seen.`, FIX);
  }
  const name = importNew(edits, { bindings, simple, all });
  for (const use of simple) write(edits, found.get(use), name(use));
  return edits.result();
}

/** `renderToNodeStream(element).pipe(target)` as a statement or an arrow's body, or a constant with its one `stream.pipe(target)`. */
function pipedCall(source, node) {
  const call = node.parent;
  if (!ts.isCallExpression(call) || call.expression !== node || call.arguments.length !== 1 || ts.isSpreadElement(call.arguments[0])) return undefined;
  const { parent } = call;
  if (ts.isVariableDeclaration(parent)) return keptStream(source, call, parent);
  const pipe = pipeOf(call);
  if (!pipe) return undefined;
  const holder = pipe.parent;
  if (ts.isArrowFunction(holder) && holder.body === pipe && (isHandler(holder) || valueUse(source, pipe) === 'unused')) return { call, pipe, arrow: holder };
  return ts.isExpressionStatement(holder) && isBlock(holder.parent) ? { call, pipe, statement: holder } : undefined;
}

/** Whether a function answers requests: nobody reads what it returns. */
function isHandler({ parent }) {
  return ts.isCallExpression(parent) && /^(get|post|put|use|all|createServer|on)$/.test(calleeName(parent));
}

function isBlock(node) {
  return ts.isBlock(node) || ts.isSourceFile(node);
}

/** `const stream = renderToNodeStream(element);` whose only use is the next statement, `stream.pipe(target);`. */
function keptStream(source, call, declaration) {
  const statement = declaration.parent.parent;
  if (!ts.isIdentifier(declaration.name) || declaration.type || !ts.isVariableStatement(statement) || declaration.parent.declarations.length > 1 || !isBlock(statement.parent)) return undefined;
  const [ref, ...more] = source.references(declaration.name);
  const pipe = ref && !more.length ? pipeOf(ref) : undefined;
  const next = statement.parent.statements[statement.parent.statements.indexOf(statement) + 1];
  return pipe && pipe.parent === next && ts.isExpressionStatement(next) ? { call, pipe, stream: declaration.name.text, next } : undefined;
}

/** The call `….pipe(target)` on an expression, where the target is a name that stays the same. */
function pipeOf(node) {
  const access = node.parent;
  const pipe = access.parent;
  if (!ts.isPropertyAccessExpression(access) || access.expression !== node || access.name.text !== 'pipe') return undefined;
  if (!ts.isCallExpression(pipe) || pipe.expression !== access || pipe.arguments.length !== 1) return undefined;
  const [target] = pipe.arguments;
  return ts.isIdentifier(target) || (ts.isPropertyAccessExpression(target) && ts.isIdentifier(target.expression)) ? pipe : undefined;
}

function write(edits, { call, pipe, statement, arrow, stream, next }, name) {
  const { source } = edits;
  const indent = source.indentAt(call.getStart()) + (arrow ? source.unit : '');
  const line = (depth, text) => source.newline + indent + source.unit.repeat(depth) + text;
  const es5 = [...source.tree.statements].some(isVar) && !source.text.includes('=>');
  const kept = stream ?? source.freeName('stream', 'reactStream');
  const end = source.semicolon;
  const option = (method, parameter, body) => line(1, `${method}${es5 ? ': function ' : ''}(${parameter}) {`) + line(2, body + end) + line(1, '},');
  const to = source.textOf(pipe.arguments[0]);
  const options = [option('onShellReady', '', `${kept}.pipe(${to})`), option('onShellError', 'error', `${to}.destroy(error)`), option('onError', 'error', 'console.error(error)')];
  const tail = `, {${options.join('')}${line(0, '})')}`;
  const start = `${es5 ? 'var' : 'const'} ${kept} = ${name}(`;
  const open = arrow ? `{${line(0, '')}${start}` : start;
  if (stream) edits.replace(call.getStart(), call.arguments.pos, `${name}(`);
  else edits.replace((statement ?? pipe).getStart(), call.arguments.pos, open);
  edits.replace(call.arguments[0].end, stream ? call.end : pipe.end, arrow ? `${tail}${end}${source.newline}${source.indentAt(call.getStart())}}` : tail);
  if (next) edits.remove(source.startsLine(next.getStart()) ? source.lineStart(next.getStart()) - (source.text.startsWith('\r\n', source.lineStart(next.getStart()) - 2) ? 2 : 1) : next.pos, next.end);
}

/** `const name = require('react-dom/server').renderToNodeStream`: what it holds changes for all of its uses, or for none. */
function isVariable(binding) {
  return binding?.kind === 'member' && !ts.isImportSpecifier(binding.holder) && !ts.isBindingElement(binding.holder);
}

/** Brings the new name into the file, in place of the old one where all its uses are rewritten; returns how a use writes it. */
function importNew(edits, { bindings, simple, all }) {
  const known = bindings.all.find((one) => one.imported === NEW);
  const old = bindings.all.find((one) => one.imported === OLD);
  const written = old && simple.some((use) => use.binding === old);
  if (written && !known) {
    const { holder, local } = old;
    const fresh = local.text === OLD || !all ? NEW : local.text;
    const separator = ts.isImportSpecifier(holder) ? ' as ' : ': ';
    if (isVariable(old)) {
      if (fresh === NEW) edits.replace(local.getStart(), local.end, NEW);
      edits.replace(holder.initializer.getStart(), holder.initializer.end, holder.initializer.getText().replace(OLD, NEW));
    } else if (all) edits.replace(holder.getStart(), holder.end, fresh === NEW ? NEW : `${NEW}${separator}${fresh}`);
    else edits.insert(holder.end, `, ${NEW}`);
    return (use) => nameOf(use, fresh);
  }
  if (written && all) removeFromList(edits, [...old.holder.parent.elements], [old.holder]);
  return (use) => nameOf(use, known?.local.text ?? NEW);
}

function nameOf(use, name) {
  if (use.binding?.kind === 'member') return name;
  return `${use.node.expression.getText()}.${NEW}`;
}

