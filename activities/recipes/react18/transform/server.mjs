/** Step `server`: `renderToNodeStream(element).pipe(target)` becomes a pipeable stream that starts when its shell is ready (row 9). */
import { ts } from './common/packages.mjs';
import { Bindings } from './common/bindings.mjs';
import { Edits } from './common/edits.mjs';
import { isVar, removeFromList } from './common/imports.mjs';
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
  const simple = uses.filter((use) => pipedStatement(use.node));
  for (const use of uses) {
    if (!simple.includes(use)) edits.leave(use.node, '`renderToNodeStream` is used in another way than `renderToNodeStream(element).pipe(target);`.', FIX);
  }
  for (const [node, why] of bindings.opaque) {
    if (!why.startsWith('handed to `')) edits.leave(node, `\`react-dom/server\` is ${why} here, so its calls cannot be seen.`, FIX);
  }
  const name = importNew(edits, bindings, uses.length === simple.length);
  for (const use of simple) write(edits, use, name(use));
  return edits.result();
}

/** The statement `renderToNodeStream(element).pipe(target);` that a use stands in. */
function pipedStatement(node) {
  const call = node.parent;
  const access = call.parent;
  const pipe = access.parent;
  const isPiped = ts.isCallExpression(call) && call.expression === node && call.arguments.length === 1 && !ts.isSpreadElement(call.arguments[0]);
  if (!isPiped || !ts.isPropertyAccessExpression(access) || access.name.text !== 'pipe' || access.expression !== call) return undefined;
  if (!ts.isCallExpression(pipe) || pipe.expression !== access || pipe.arguments.length !== 1 || !ts.isExpressionStatement(pipe.parent)) return undefined;
  const [target] = pipe.arguments;
  const stays = ts.isIdentifier(target) || (ts.isPropertyAccessExpression(target) && ts.isIdentifier(target.expression));
  const { parent } = pipe.parent;
  return stays && (ts.isBlock(parent) || ts.isSourceFile(parent)) ? pipe.parent : undefined;
}

function write(edits, { node }, name) {
  const { source } = edits;
  const statement = pipedStatement(node);
  const call = node.parent;
  const [target] = statement.expression.arguments;
  const indent = source.indentAt(statement.getStart());
  const line = (depth, text) => source.newline + indent + source.unit.repeat(depth) + text;
  const stream = source.freeName('stream', 'reactStream');
  const end = source.semicolon;
  const option = (method, body) => line(1, `${method} {`) + line(2, body + end) + line(1, '},');
  const constant = [...source.tree.statements].some(isVar) ? 'var' : 'const';
  edits.replace(statement.getStart(), call.arguments.pos, `${constant} ${stream} = ${name}(`);
  const to = source.textOf(target);
  const options = [option('onShellReady()', `${stream}.pipe(${to})`), option('onShellError(error)', `${to}.destroy(error)`), option('onError(error)', 'console.error(error)')];
  edits.replace(call.arguments.end, statement.expression.end, `, {${options.join('')}${line(0, '})')}`);
}

/** Brings the new name into the file; returns how a use writes it. */
function importNew(edits, bindings, all) {
  const known = bindings.all.find((one) => one.imported === NEW);
  const old = bindings.all.find((one) => one.imported === OLD);
  const written = old && bindings.uses.some((use) => use.binding === old && pipedStatement(use.node));
  if (written && !known) {
    const { holder, local } = old;
    const separator = ts.isImportSpecifier(holder) ? ' as ' : ': ';
    const renamed = local.text === OLD ? NEW : `${NEW}${separator}${local.text}`;
    if (!ts.isImportSpecifier(holder) && !ts.isBindingElement(holder)) {
      edits.replace(holder.initializer.getStart(), holder.initializer.end, holder.initializer.getText().replace(OLD, NEW));
    } else if (all) edits.replace(holder.getStart(), holder.end, renamed);
    else edits.insert(holder.end, `, ${NEW}`);
    return (use) => nameOf(use, local.text === OLD || !all ? NEW : local.text, holder);
  }
  if (written && all) removeFromList(edits, [...old.holder.parent.elements], [old.holder]);
  return (use) => nameOf(use, known?.local.text ?? NEW);
}

function nameOf(use, name, holder) {
  if (use.binding?.kind === 'member') return holder && ts.isVariableDeclaration(holder) ? holder.name.text : name;
  return `${use.node.expression.getText()}.${NEW}`;
}

