/** Functions of the old root API that are used as values: chosen between, or handed on, instead of called. */
import { ts } from '../common/packages.mjs';
import { isWrite } from '../common/bindings.mjs';
import { FIX } from './advice.mjs';
import { outer, valueUse } from './once.mjs';

/**
 * What a use that is no call stands for in the plan: the calls of a constant that holds it (`const show = isNew ? render :
 * hydrate`), or itself where any other function of its kind does.
 */
export function readValue(use) {
  const { name, node } = use;
  const line = (text) => [`\`${name}\` of react-dom is used as a value${text}, so its calls cannot be seen.`, FIX[name]];
  const lone = (left) => ({ name, use, call: node, args: [], value: true, left });
  if (name === 'unmountComponentAtNode') return isHandedOn(node) ? lone() : lone(line(''));
  return lone(line(''));
}

/** A constant that is one of the functions by a condition, with its calls: `{ choices, calls }`. */
export function readMethods(source, uses) {
  const methods = new Map();
  for (const use of uses) {
    if (use.name !== 'render' && use.name !== 'hydrate') continue;
    const declaration = chosenBy(use.node);
    if (!declaration) continue;
    if (!methods.has(declaration)) methods.set(declaration, { declaration, choices: [] });
    methods.get(declaration).choices.push(use);
  }
  return [...methods.values()].filter((method) => understood(source, method));
}

/** The declaration of the constant for which a conditional expression chooses a function. */
function chosenBy(node) {
  let whole = outer(node);
  while (ts.isConditionalExpression(whole.parent) && whole.parent.condition !== whole) whole = outer(whole.parent);
  const declaration = whole.parent;
  const isConstant = whole !== node && ts.isVariableDeclaration(declaration) && declaration.initializer === whole && ts.isIdentifier(declaration.name) && !declaration.type;
  return isConstant ? declaration : undefined;
}

function understood(source, method) {
  const refs = source.references(method.declaration.name);
  const count = (node) => (ts.isConditionalExpression(node) ? count(node.whenTrue) + count(node.whenFalse) : ts.isParenthesizedExpression(node) ? count(node.expression) : 1);
  method.calls = refs.map((ref) => ref.parent);
  return refs.length > 0 && count(method.declaration.initializer) === method.choices.length && refs.every((ref) => {
    const call = ref.parent;
    const simple = !isWrite(ref) && ts.isCallExpression(call) && call.expression === ref && [2, 3].includes(call.arguments.length) && !call.arguments.some(ts.isSpreadElement);
    return simple && valueUse(source, call) === 'unused';
  });
}

function isHandedOn(node) {
  const { parent } = outer(node);
  if (ts.isCallExpression(parent)) return parent.expression !== outer(node);
  return [ts.isVariableDeclaration, ts.isPropertyAssignment, ts.isConditionalExpression, ts.isJsxExpression, ts.isReturnStatement, ts.isArrowFunction].some((test) => test(parent));
}

/** A function that does what the chosen one did, with its two arguments. */
export function methodText({ es5, source: { typed } }, body) {
  const [element, container] = typed ? ["element: import('react').ReactNode", 'container: Element'] : ['element', 'container'];
  return es5 ? `function (${element}, ${container}) { ${body}; }` : `(${element}, ${container}) => ${body}`;
}
