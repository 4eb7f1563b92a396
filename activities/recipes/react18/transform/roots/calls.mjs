/** The calls of the old root API in a file, and which of them a person must migrate, with the reason. */
import { ts } from '../common/packages.mjs';
import { resolveContainer, strip } from './containers.mjs';
import { functionOf, isFunction, nameOf, valueUse } from './once.mjs';

export const OLD = new Set(['render', 'hydrate', 'unmountComponentAtNode', 'unstable_renderSubtreeIntoContainer']);

export const FIX = {
  render: 'Create one root with `createRoot(container)` and call `root.render(element)`.',
  hydrate: 'Call `hydrateRoot(container, element)`.',
  unmountComponentAtNode: 'Call `root.unmount()` on the root that rendered into this container.',
  unstable_renderSubtreeIntoContainer: 'Render a portal (`createPortal`) from the parent component.',
  value: 'Get the instance with a `ref`, then create one root with `createRoot(container)` and call `root.render(element)`.',
};

/** `{ name, node, call, element, container, callback, where, use, left }` for each call; other uses become rows at once. */
export function findCalls(source, bindings, edits) {
  const calls = [];
  for (const use of bindings.uses) {
    if (!OLD.has(use.name)) continue;
    const { node } = use;
    const call = node.parent;
    if (!ts.isCallExpression(call) || call.expression !== node || call.questionDotToken || node.questionDotToken) {
      edits.leave(node, `\`${use.name}\` of react-dom is used as a value, so its calls cannot be seen.`, FIX[use.name]);
      use.kept = true;
      continue;
    }
    calls.push(readCall(source, use, call));
  }
  return calls.sort((a, b) => a.call.pos - b.call.pos);
}

function readCall(source, use, call) {
  const { name } = use;
  const args = call.arguments;
  const one = { name, use, call, args };
  if (name === 'unmountComponentAtNode') one.container = args[0];
  else if (name === 'unstable_renderSubtreeIntoContainer') [, one.element, one.container] = args;
  else [one.element, one.container, one.callback] = args;
  one.left = whyLeft(one);
  if (one.container) one.where = resolveContainer(source, one.container);
  one.where ??= { kind: 'dynamic', key: 'dynamic', exact: false };
  one.use.value = valueUse(source, call);
  one.left ??= whyValueLeft(source, one);
  if (one.callback && isNothing(one.callback)) one.callback = undefined;
  if (one.callback && !one.left) one.left = whyCallbackLeft(source, one);
  return one;
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
  if (one.name === 'unmountComponentAtNode' || ['unused', 'variable'].includes(value)) return undefined;
  if (rendersNoInstance(source, one.element)) return undefined;
  if (value.name) {
    one.returnedBy = value.name;
    return undefined;
  }
  const what = value === 'used' ? 'is used' : 'may be used by a caller';
  return [`The value that \`${one.name}\` returns ${what}; a root's \`render\` returns nothing.`, FIX.value];
}

/** Whether `ReactDOM.render` returned null for this element: its component is a function of this file, or React's own. */
function rendersNoInstance(source, element) {
  element = element && strip(element);
  if (!element) return false;
  if (ts.isJsxFragment(element)) return true;
  const opening = ts.isJsxElement(element) ? element.openingElement : element;
  if (!ts.isJsxOpeningLikeElement(opening)) return false;
  const tag = opening.tagName;
  if (opening.attributes.properties.some((one) => one.name?.getText() === 'ref')) return false;
  if (/^(React\.)?(StrictMode|Fragment|Suspense)$|\.(Provider|Consumer)$/.test(tag.getText())) return true;
  if (!ts.isIdentifier(tag)) return false;
  const [declaration] = source.symbol(tag)?.declarations ?? [];
  if (!declaration) return false;
  if (ts.isFunctionDeclaration(declaration)) return /^[A-Z]/.test(tag.text);
  const value = ts.isVariableDeclaration(declaration) && declaration.initializer;
  return Boolean(value) && isFunction(value) && /^[A-Z]/.test(tag.text);
}

function isNothing(node) {
  node = strip(node);
  if (node.kind === ts.SyntaxKind.NullKeyword || ts.isVoidExpression(node)) return true;
  return ts.isIdentifier(node) && node.text === 'undefined';
}

function whyCallbackLeft(source, { callback }) {
  let reason;
  const look = (node) => {
    if (node.kind === ts.SyntaxKind.ThisKeyword && ts.isFunctionExpression(callback)) reason = 'The callback of `render` uses `this`, the rendered instance.';
    if (ts.isIdentifier(node) && ['unmountComponentAtNode'].includes(node.text)) {
      reason = 'The callback of `render` unmounts a container, which React 18 refuses while it commits.';
    }
    if (!ts.isFunctionExpression(node) || node === callback) ts.forEachChild(node, look);
  };
  if (!ts.isArrowFunction(callback)) look(callback);
  else source.walk((node) => ts.isIdentifier(node) && node.text === 'unmountComponentAtNode' && look(node), callback);
  return reason && [reason, 'Call it in an effect of the root component.'];
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
  if (ts.isCallExpression(holder) && isEffect(holder)) return true;
  if ((ts.isReturnStatement(holder) || ts.isArrowFunction(holder)) && isCleanUp(fn)) return true;
  const name = nameOf(fn);
  return Boolean(name) && source.references(name).some((ref) => isRunBy(source, ref, seen));
}

function isEffect(call) {
  return /^(React\.)?use(Layout|Insertion)?Effect$/.test(call.expression.getText());
}

/** Whether a function is what an effect returns. */
function isCleanUp(node) {
  const { parent } = functionOf(node);
  return Boolean(parent) && ts.isCallExpression(parent) && isEffect(parent);
}

function isRunBy(source, ref, seen) {
  const { parent } = ref;
  if (ts.isCallExpression(parent) && parent.expression === ref) return inReactsOwnWork(source, ref, seen);
  if (ts.isCallExpression(parent)) return isEffect(parent);
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
