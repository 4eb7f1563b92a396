/** Tests that call a component's instance: React 18 renders at once only what is set within `act` (row 18). */
import { ts } from './common/packages.mjs';

const READS = /^(focus|blur|get[A-Z]\w*|is[A-Z]\w*|has[A-Z]\w*)$/;

/** Wraps statements like `ref.current.open()` where a component that the library renders has the ref. */
export function wrapInstanceCalls(edits, library) {
  const { source } = edits;
  const statement = source.tree.statements.find((one) => ts.isImportDeclaration(one) && one.moduleSpecifier.text === library && one.importClause?.namedBindings?.elements?.length);
  if (!statement) return;
  const refs = refsOf(source);
  const found = [];
  source.walk((node) => {
    const ref = ts.isExpressionStatement(node) && refOf(node.expression);
    if (ref && refs.has(source.symbol(ref)) && !isWithinAct(node)) found.push(node);
  });
  const imported = source.tree.statements.some((one) => ts.isImportDeclaration(one) && one.importClause?.namedBindings?.elements?.some(({ name }) => name.text === 'act'));
  if (!found.length || (!imported && source.names.has('act'))) return;
  if (!imported) edits.insert(statement.importClause.namedBindings.elements[0].getStart(), 'act, ');
  for (const node of found) wrap(edits, node);
}

/** What the refs of components stand for; an element's is no instance. */
function refsOf(source) {
  const refs = new Set();
  source.walk((node) => {
    if (!ts.isJsxAttribute(node) || node.name.getText() !== 'ref' || !node.initializer || !ts.isJsxExpression(node.initializer)) return;
    const { expression } = node.initializer;
    if (expression && ts.isIdentifier(expression) && /^[A-Z]/.test(node.parent.parent.tagName.getText())) refs.add(source.symbol(expression));
  });
  refs.delete(undefined);
  return refs;
}

/** The name before `.current.method(…)`. */
function refOf(call) {
  const method = ts.isCallExpression(call) ? call.expression : undefined;
  if (!method || !ts.isPropertyAccessExpression(method) || READS.test(method.name.text)) return undefined;
  const current = ts.isNonNullExpression(method.expression) ? method.expression.expression : method.expression;
  const isCurrent = ts.isPropertyAccessExpression(current) && current.name.text === 'current';
  return isCurrent && ts.isIdentifier(current.expression) ? current.expression : undefined;
}

function isWithinAct(node) {
  for (let up = node.parent; up; up = up.parent) {
    if (ts.isCallExpression(up) && /(^|\.)act$/.test(up.expression.getText())) return true;
  }
  return false;
}

function wrap(edits, node) {
  const { source } = edits;
  const { newline, unit, semicolon } = source;
  const start = node.getStart();
  const indent = /[ \t]*$/.exec(source.text.slice(0, start))[0];
  edits.insert(start, `act(() => {${newline}${indent}${unit}`);
  let inText = false;
  source.walk((one) => {
    inText ||= ts.isTemplateExpression(one) || ts.isNoSubstitutionTemplateLiteral(one);
  }, node);
  for (const line of inText ? [] : source.text.slice(start, node.end).matchAll(/\n(?=[^\r\n])/g)) edits.insert(start + line.index + 1, unit);
  edits.insert(node.end, `${newline}${indent}})${semicolon}`);
}
