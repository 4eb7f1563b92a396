/** Code that relies on `ReactDOM.render` having rendered when it returns: a root renders later. */
import { ts } from '../common/packages.mjs';
import { TEST } from './across.mjs';
import { strip } from './containers.mjs';
import { calleeName, functionOf, isFunction, nameOf } from './once.mjs';

const READS = 'innerHTML|outerHTML|textContent|innerText|first(Element)?Child|last(Element)?Child|children|childNodes|child(Element)?Count|querySelector(All)?|getElementsBy\\w+|getBoundingClientRect|(offset|client|scroll)(Width|Height)|contains';

/** Whether the code behind a render needs what it rendered: a root renders later, `ReactDOM.render` did at once. */
export function readsBehind(source, { container, element, where }, statement) {
  const block = statement.parent;
  const name = strip(container).getText();
  const text = withoutFunctions(block, statement, source.text.slice(statement.end, block.end));
  const unmount = text.search(/\bunmountComponentAtNode\(/);
  if (unmount >= 0 && !/\bawait\b/.test(text.slice(0, unmount)) && text.slice(unmount).includes(name)) return true;
  const later = refNames(element).some((one) => new RegExp(`(^|[^\\w$.])${one.replace(/\$/g, '\\$&')}\\b`).test(text));
  if (later || /\.print\(\s*\)/.test(text)) return true;
  const lookups = text.match(/\bdocument\.(querySelector(All)?|getElement\w+)\([^)]*\)/g) ?? [];
  if (!ts.isSourceFile(block) && lookups.some((one) => one !== source.textOf(strip(container)) && !/innerHTML/.test(one))) return true;
  if (!/^[\w$.]+$/.test(name) || name.startsWith('document.')) return false;
  const escaped = name.replace(/[$.]/g, '\\$&');
  if (new RegExp(`(^|[^\\w$.])${escaped}!?\\??\\.(${READS})\\b(?!\\s*=[^=])`).test(text)) return true;
  if (where.kind !== 'fresh') return false;
  const handed = new RegExp(`(\\w+)\\(([^()]*[,\\s])?${escaped}\\s*[,)]`, 'g');
  const moves = /^(appendChild|removeChild|insertBefore|append|prepend|render|hydrate|unmountComponentAtNode|createPortal|add|push|set|if|while|contains)$/;
  if ([...text.matchAll(handed)].some((match) => !moves.test(match[1]))) return true;
  return new RegExp(`(^|[;\\s])return ${escaped}\\s*[;}\\r\\n]`).test(text);
}

/** Whether another render into the container follows at once: React 18 would commit both together, and call back once. */
export function isFollowed(source, group, { call }, statement) {
  return group.calls.some((other) => {
    const behind = other.call.pos >= statement.end && other.call.end <= statement.parent.end && functionOf(other.call) === functionOf(call);
    return behind && other.name !== 'unmountComponentAtNode' && !/\bawait\b/.test(source.text.slice(statement.end, other.call.pos));
  });
}

/** Variables that an element's `ref` fills. */
function refNames(element) {
  const names = [];
  const look = (node) => {
    if (ts.isJsxAttribute(node) && node.name.getText() === 'ref' && node.initializer && ts.isJsxExpression(node.initializer)) {
      const text = node.initializer.expression?.getText() ?? '';
      const found = /^([A-Za-z_$][\w$]*)$/.exec(text) ?? /(?:=>|[{(;])\s*\(?\s*([A-Za-z_$][\w$]*)\s*=[^=>]/.exec(text);
      if (found) names.push(found[1]);
    }
    ts.forEachChild(node, look);
  };
  look(element);
  return names;
}

/** The code behind a statement without the functions that are only declared there: they run later. */
function withoutFunctions(block, statement, after) {
  let text = after;
  const blank = (node) => {
    if (ts.isFunctionLike(node) && node.pos >= statement.end) {
      const from = node.getStart() - statement.end;
      text = text.slice(0, from) + ' '.repeat(node.end - node.getStart()) + text.slice(node.end - statement.end);
    } else ts.forEachChild(node, blank);
  };
  ts.forEachChild(block, blank);
  return text;
}

/** Whether errors of a render are caught around it, or around the calls of its function. */
export function isTried(source, node, depth = 0) {
  for (let [child, up] = [node, node.parent]; up && !isFunction(child); [child, up] = [up, up.parent]) {
    if (ts.isTryStatement(up) && up.tryBlock === child && up.catchClause) return true;
  }
  const fn = functionOf(node);
  if (fn.parent && ts.isCallExpression(fn.parent) && /^(expect|throws|doesNotThrow)$/.test(calleeName(fn.parent))) return true;
  const name = !ts.isSourceFile(fn) && depth < 2 && nameOf(fn);
  if (!name) return false;
  return source.references(name).some((ref) => ts.isCallExpression(ref.parent) && ref.parent.expression === ref && isTried(source, ref, depth + 1));
}

/** Whether a node is in a test and not within `act`, which renders before it returns: what follows expects the document. */
export function isTestsOwn(source, node) {
  return TEST.test(source.name) && !inAct(node);
}

function inAct(node) {
  for (let fn = functionOf(node); !ts.isSourceFile(fn); fn = functionOf(fn)) {
    if (ts.isCallExpression(fn.parent) && calleeName(fn.parent) === 'act') return true;
  }
  return false;
}
