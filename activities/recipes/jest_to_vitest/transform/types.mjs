/** Types of the namespace `jest`. */
import { isJest } from './tests.mjs';
import { ts } from './source.mjs';

const NAMES = { Mock: 'Mock', SpyInstance: 'MockInstance', MockInstance: 'MockInstance', SpiedFunction: 'MockInstance', Mocked: 'Mocked', MockedObject: 'MockedObject', MockedFunction: 'MockedFunction', MockedClass: 'MockedClass', MockedFn: 'MockedFunction' };
const OF_CALLS = new Set(['Mock', 'SpyInstance', 'MockInstance']);

export function types(context) {
  const { source } = context;
  source.walk((node) => {
    if (ts.isTypeReferenceNode(node) && ts.isQualifiedName(node.typeName) && node.typeName.left.getText() === 'jest') named(context, node);
    if (ts.isExpressionWithTypeArguments(node) && ts.isPropertyAccessExpression(node.expression) && isJest(node.expression.expression) && NAMES[node.expression.name.text]) source.replaceNode(node.expression, imported(context, NAMES[node.expression.name.text]));
    if (ts.isCallExpression(node) && node.typeArguments?.length && !context.imported && ts.isPropertyAccessExpression(node.expression) && isJest(node.expression.expression) && node.expression.name.text === 'fn') called(source, node.typeArguments);
  });
}

/** The name of an imported type, another one where the file has its own. */
function imported(context, name) {
  const taken = new RegExp(`\\b(interface|type|class|const|let|function|import)\\s+${name}\\b`).test(context.source.text);
  context.types.add(taken ? `${name} as Vitest${name}` : name);
  return taken ? `Vitest${name}` : name;
}

function named(context, node) {
  const { source } = context;
  const name = node.typeName.right.text;
  if (!NAMES[name]) {
    if (name === 'DoneCallback') source.replaceNode(node.typeName, '(error?: any) => void');
    else source.leave(node, `Vitest has no type \`${name}\` of jest.`, 'Look for what vitest has instead.');
    return;
  }
  source.replaceNode(node.typeName, imported(context, NAMES[name]));
  if (OF_CALLS.has(name) && node.typeArguments && !context.imported) called(source, node.typeArguments);
}

/** `<Result, Arguments>` is one type of a function in vitest. */
function called(source, given) {
  const [result, args] = given;
  if (ts.isFunctionTypeNode(result)) return;
  source.replace(result.getStart(source.tree), given.at(-1).end, `(...args: ${args ? source.textOf(args) : 'any[]'}) => ${source.textOf(result)}`);
}
