/** Step `report`: no edit, only what a person should look at (rows 8, 18 and 22). */
import { ts } from './common/packages.mjs';
import { Bindings } from './common/bindings.mjs';
import { Edits } from './common/edits.mjs';
import { calleeName } from './roots/once.mjs';
import { patternOf } from './steps.mjs';

export const candidate = patternOf('report');
export const suspect = /\bfindDOMNode\(/;
const STARTS = /^(addEventListener|addListener|setInterval|subscribe|observe|on)$/;

export function transform(source) {
  const edits = new Edits(source);
  for (const use of new Bindings(source, 'react-dom').uses) {
    if (use.name === 'findDOMNode') edits.leave(use.node, '`findDOMNode` is deprecated and does not work in strict mode.', 'Put a `ref` on the element that is needed.');
  }
  const effects = new Bindings(source, 'react').uses.filter((use) => /^use(Layout)?Effect$/.test(use.name));
  for (const { node } of effects) if (ts.isCallExpression(node.parent)) reportEffect(edits, node.parent);
  source.walk((node) => {
    if (ts.isFunctionLike(node) && node.body && ts.isBlock(node.body)) reportReads(edits, node);
  });
  return edits.result();
}

/** An effect that starts something and returns nothing: strict mode of React 18 runs it twice. */
function reportEffect(edits, call) {
  const [callback] = call.arguments;
  if (!callback || !(ts.isArrowFunction(callback) || ts.isFunctionExpression(callback))) return;
  let [starts, returns] = [undefined, !ts.isBlock(callback.body)];
  const look = (node) => {
    if (ts.isReturnStatement(node) && node.expression) returns = true;
    if (ts.isCallExpression(node) && STARTS.test(calleeName(node)) && (calleeName(node) !== 'on' || node.arguments.length > 1)) starts ??= node;
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, look);
  };
  ts.forEachChild(callback.body, look);
  if (starts && !returns) edits.leave(starts, `The effect calls \`${calleeName(starts)}\` and has no clean-up; strict mode runs effects twice in development.`, 'Return a function from the effect that undoes it.');
}

/** State that is read after it was set in asynchronous code: React 18 has not rendered by then. */
function reportReads(edits, fn) {
  const isAsync = ts.getModifiers(fn)?.some((one) => one.kind === ts.SyntaxKind.AsyncKeyword);
  const isLater = ts.isCallExpression(fn.parent) && /^(then|setTimeout|catch|finally|requestAnimationFrame)$/.test(calleeName(fn.parent));
  if (!isAsync && !isLater) return;
  let waited = !isAsync;
  let set = false;
  for (const statement of fn.body.statements) {
    const text = statement.getText();
    if (set && /\bthis\.state\b|\bfindDOMNode\(|\bthis\.\w+\.current\b/.test(text) && !/^\s*this\.setState\(\s*\(?\w*state/i.test(text)) {
      edits.leave(statement, 'State or the document is read just after `setState` in asynchronous code; React 18 renders later.', 'Read it in a callback or an effect, or set the state within `flushSync`.');
      return;
    }
    waited ||= /\bawait\b/.test(text);
    if (waited && ts.isExpressionStatement(statement) && /^this\.setState\(/.test(text)) set = true;
    if (/\bawait\b/.test(text) && !/^this\.setState/.test(text)) set = false;
  }
}

/** React 18 does not run in Internet Explorer. */
export function transformText(name, text) {
  const leftovers = [];
  const isList = /(^|[/.])browserslistrc$/.test(name);
  if (!isList && !(/(^|\/)package\.json$/.test(name) && /"browserslist"/.test(text))) return { file: name, edits: [], leftovers };
  text.split('\n').forEach((line, index) => {
    const found = /\bie\s*(>=?|<=?)?\s*\d+/i.exec(line);
    if (found && !/\bnot\s+ie\b/i.test(line) && !line.trim().startsWith('#')) {
      leftovers.push({ line: index + 1, reason: `The browsers listed include Internet Explorer (\`${found[0]}\`), where React 18 does not run.`, fix: 'Remove it from the list, or stay with React 17.' });
    }
  });
  return { file: name, edits: [], leftovers };
}
