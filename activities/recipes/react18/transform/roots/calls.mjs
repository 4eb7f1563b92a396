/** The calls of the old root API in a file, and which of them a person must migrate, with the reason. */
import { ts } from '../common/packages.mjs';
import { FIX } from './advice.mjs';
import { TEST } from './across.mjs';
import { resolveContainer, strip } from './containers.mjs';
import { calleeName, functionOf, nameOf, valueUse } from './once.mjs';
import { readMethods, readValue } from './values.mjs';

export const OLD = new Set(['render', 'hydrate', 'unmountComponentAtNode', 'unstable_renderSubtreeIntoContainer']);

const ANY = { kind: 'dynamic', key: 'dynamic', exact: false };

/** `{ name, node, call, element, container, callback, where, use, left }` for each call, and for each use as a value. */
export function findCalls(source, bindings) {
  const calls = [];
  const uses = bindings.uses.filter(({ name }) => OLD.has(name));
  const isCall = ({ node }) => ts.isCallExpression(node.parent) && node.parent.expression === node && !node.parent.questionDotToken && !node.questionDotToken;
  const values = uses.filter((use) => !isCall(use));
  const methods = readMethods(source, values);
  for (const use of uses.filter(isCall)) calls.push(readCall(source, use, use.node.parent));
  for (const method of methods) for (const call of method.calls) calls.push(readMethodCall(source, method, call));
  for (const use of values) {
    if (!methods.some(({ choices }) => choices.includes(use))) calls.push({ ...readValue(use), where: ANY, line: source.lineOf(use.node) });
  }
  return calls.sort((a, b) => a.call.pos - b.call.pos);
}

function readMethodCall(source, method, call) {
  const [element, container, callback] = call.arguments;
  const use = { ...method.choices[0], value: 'unused' };
  const one = { name: 'render', use, call, element, container, args: call.arguments, method, where: resolveContainer(source, container), line: source.lineOf(call) };
  return { ...one, ...readCallback(source, callback) };
}

function readCall(source, use, call) {
  const { name } = use;
  const args = call.arguments;
  const one = { name, use, call, args, line: source.lineOf(call) };
  if (name === 'unmountComponentAtNode') one.container = args[0];
  else if (name === 'unstable_renderSubtreeIntoContainer') [, one.element, one.container] = args;
  else [one.element, one.container, one.callback] = args;
  one.left = whyLeft(one);
  if (one.container) one.where = resolveContainer(source, one.container);
  one.where ??= ANY;
  one.use.value = valueUse(source, call);
  one.left ??= whyValueLeft(source, one);
  return { ...one, ...(one.left ? {} : readCallback(source, one.callback)) };
}

function readCallback(source, callback) {
  if (!callback || isNothing(callback)) return { callback: undefined };
  return { callback, left: whyCallbackLeft(source, callback) };
}

function whyLeft({ name, args }) {
  if (name === 'unstable_renderSubtreeIntoContainer') {
    return ['`unstable_renderSubtreeIntoContainer` needs a parent component; React 18 has no root for that.', FIX[name]];
  }
  const least = name === 'unmountComponentAtNode' ? 1 : 2;
  if (args.some(ts.isSpreadElement) || args.length < least || args.length > least + (least === 2 ? 1 : 0)) {
    return [`The arguments of \`${name}\` cannot be told apart.`, FIX[name]];
  }
  return undefined;
}

function whyValueLeft(source, one) {
  const { value } = one.use;
  if (one.name === 'unmountComponentAtNode' || ['unused', 'variable', 'assigned'].includes(value)) return undefined;
  const kind = instanceOf(source, one.element);
  if (kind === 'none') return undefined;
  if (value.name || (value === 'unknown' && kind !== 'class' && !TEST.test(source.name))) {
    one.returnedBy = value.name ?? '';
    return undefined;
  }
  const what = value === 'used' ? 'is used' : 'may be used by a caller';
  return [`The value that \`${one.name}\` returns ${what}; a root's \`render\` returns nothing.`, FIX.value];
}

/** What `ReactDOM.render` returned for this element: an instance of a `class`, `none` for a function, else 'unknown'. */
function instanceOf(source, element) {
  element = element && strip(element);
  if (!element) return 'unknown';
  if (ts.isJsxFragment(element)) return 'none';
  const opening = ts.isJsxElement(element) ? element.openingElement : element;
  if (!ts.isJsxOpeningLikeElement(opening)) return 'unknown';
  const tag = opening.tagName;
  if (opening.attributes.properties.some((one) => one.name?.getText() === 'ref')) return 'unknown';
  if (/^(React\.)?(StrictMode|Fragment|Suspense)$|\.(Provider|Consumer)$/.test(tag.getText())) return 'none';
  if (!ts.isIdentifier(tag) || !/^[A-Z]/.test(tag.text)) return 'unknown';
  if (source.functionNamed(tag)) return 'none';
  const [declaration] = source.symbol(tag)?.declarations ?? [];
  return declaration && ts.isClassLike(declaration) ? 'class' : 'unknown';
}

function isNothing(node) {
  node = strip(node);
  if (node.kind === ts.SyntaxKind.NullKeyword || ts.isVoidExpression(node)) return true;
  return ts.isIdentifier(node) && node.text === 'undefined';
}

function whyCallbackLeft(source, callback) {
  const fn = ts.isIdentifier(callback) ? source.functionNamed(callback) : callback;
  if (!fn || !(ts.isFunctionExpression(fn) || ts.isFunctionDeclaration(fn))) return undefined;
  let uses = false;
  const look = (node) => {
    if (node.kind === ts.SyntaxKind.ThisKeyword) uses = true;
    if (!(ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node)) || node === fn) ts.forEachChild(node, look);
  };
  look(fn);
  return uses ? ['The callback of `render` uses `this`, the rendered instance.', 'Call it in an effect of the root component.'] : undefined;
}

const LIFECYCLE = /^(UNSAFE_)?component(WillUnmount|DidMount|DidUpdate|WillMount|WillReceiveProps|WillUpdate)$/;

/** Whether a node runs while React itself renders or commits: in a lifecycle method, an effect, or what these call. */
export function inReactsOwnWork(source, node, seen = new Set()) {
  const fn = functionOf(node);
  if (ts.isSourceFile(fn) || seen.has(fn)) return false;
  seen.add(fn);
  const holder = fn.parent;
  const isMember = ts.isClassElement(fn) || ts.isPropertyDeclaration(holder) || ts.isPropertyAssignment(holder) || ts.isObjectLiteralElement(fn);
  if (isMember) {
    const name = (fn.name ?? holder.name).getText();
    return LIFECYCLE.test(name) || callsOfMethod(source, fn, name).some((call) => inReactsOwnWork(source, call, seen));
  }
  if (ts.isCallExpression(holder) && (isEffect(holder) || isCallback(holder, fn))) return true;
  if ((ts.isReturnStatement(holder) || ts.isArrowFunction(holder)) && isCleanUp(fn)) return true;
  const name = nameOf(fn);
  return Boolean(name) && source.references(name).some((ref) => isRunBy(source, ref, seen));
}

function isEffect(call) {
  return /^(React\.)?use(Layout|Insertion)?Effect$/.test(call.expression.getText());
}

/** Whether a function is called back when a render is committed. */
function isCallback(call, node) {
  return call.arguments[2] === node && /^(render|hydrate)$/.test(calleeName(call));
}

/** Whether a function is what an effect returns. */
function isCleanUp(node) {
  const { parent } = functionOf(node);
  return Boolean(parent) && ts.isCallExpression(parent) && isEffect(parent);
}

function isRunBy(source, ref, seen) {
  const { parent } = ref;
  if (ts.isCallExpression(parent) && parent.expression === ref) return inReactsOwnWork(source, ref, seen);
  if (ts.isCallExpression(parent)) return isEffect(parent) || isCallback(parent, ref);
  return (ts.isReturnStatement(parent) || ts.isArrowFunction(parent)) && isCleanUp(ref);
}

function callsOfMethod(source, fn, name) {
  let owner = fn.parent;
  while (!ts.isClassLike(owner) && !ts.isObjectLiteralExpression(owner)) owner = owner.parent;
  const calls = [];
  source.walk((node) => {
    const isCall = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === name;
    if (isCall && node.expression.expression.kind === ts.SyntaxKind.ThisKeyword) calls.push(node);
  }, owner);
  return calls;
}

/** Whether a node is in a nameless function that another function returns: a clean-up for somebody. */
export function isReturned(node) {
  const { parent } = functionOf(node);
  return Boolean(parent) && (ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === functionOf(node)));
}
