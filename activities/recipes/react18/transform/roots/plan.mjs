/**
 * Which form the roots of a file take.
 *
 * A root is a constant where one place provably comes first and runs once (`declared`), an expression where it renders only
 * once (`inline`), and otherwise kept in a map from its container (`map`), which is right everywhere.
 */
import { ts } from '../common/packages.mjs';
import { FIX } from './advice.mjs';
import { escapes, loopOf } from './containers.mjs';
import { selfAccept } from './hot.mjs';
import { functionOf, homeOf, nameOf, runsOnce } from './once.mjs';

export function planGroups(source, calls, share) {
  const groups = new Map();
  for (const call of calls) {
    const { key } = call.where;
    if (!groups.has(key)) groups.set(key, { key, kind: call.where.kind, exact: call.where.exact, found: call.where.found, calls: [] });
    groups.get(key).calls.push(call);
  }
  const all = [...groups.values()];
  for (const group of all) group.private = group.kind === 'fresh' && !group.found && !escapes(source, group.calls[0].where.declaration, group.calls);
  leaveTogether(all);
  const open = all.filter((group) => !group.left);
  const uncertain = open.filter((group) => group.kind !== 'fresh');
  const mapped = open.some((group) => group.kind === 'dynamic') || open.filter((group) => group.found).length > 1 || unmountsOther(open) || (uncertain.length > 1 && uncertain.some((group) => !group.exact));
  const only = open.length === 1 && all.length === 1 && open[0].calls.length === 1 ? open[0].calls[0] : undefined;
  for (const group of open) {
    group.form = formOf(source, { group, only, mapped });
    group.renders = group.calls.some(isRender);
    group.mapped = mapped;
  }
  if (share || (selfAccept(source) && open.some((group) => !group.private && !isKept(group)))) {
    for (const group of open) if (!group.private) group.form = { form: 'map' };
  }
  return all;
}

/** Whether a group's root is a constant of the module, which can be handed to the module's next run. */
function isKept({ form, calls }) {
  const place = form.block ?? form.statement?.parent;
  return form.form !== 'map' && Boolean(place) && ts.isSourceFile(place) && calls.every(({ name }) => name !== 'hydrate');
}

/** Whether a container is only unmounted here, by another look-up than the one it may be rendered by. */
function unmountsOther(groups) {
  const isId = ({ kind, exact, key }) => kind === 'literal' && exact && /^(#[\w-]+|document\.\w+)$/.test(String(key));
  const renders = (group) => group.calls.some(isRender);
  const lone = groups.filter((group) => !renders(group));
  return lone.some((one) => groups.some((other) => renders(other) && !other.private && !(isId(one) && isId(other))));
}

function formOf(source, { group, only, mapped }) {
  const alone = only && single(source, only);
  if (alone) return alone;
  const free = (!mapped || group.private) && !group.calls.some((call) => call.method);
  return (free && place(source, group)) || { form: 'map' };
}

/** The file's only call, if it runs once: whatever its container is, it needs no second look. */
function single(source, call) {
  return isRender(call) && runsOnce(source, call.call) ? { form: 'inline', statement: call.method ? undefined : directStatement(call) } : undefined;
}

function isRender(call) {
  return call.name !== 'unmountComponentAtNode';
}

/** A container with one call that is left keeps all of its calls; a container that may be any other keeps those too. */
function leaveTogether(groups) {
  const blocked = groups.filter((group) => group.calls.some((call) => call.left));
  let more = false;
  for (const group of groups) {
    const because = blocked.find((one) => one === group || mayBeSame(one, group));
    if (!because) continue;
    group.left = true;
    const { left, call } = because.calls.find((one) => one.left);
    for (const one of group.calls) {
      const line = call.getSourceFile().getLineAndCharacterOfPosition(call.getStart()).line + 1;
      one.left ??= [`The call in line ${line} that may share this container was left (${left[0].split(/[;.] /)[0].replace(/\.$/, '')}), and one container has one root.`, FIX[one.name]];
      for (const other of one.method ? groups.flatMap(({ calls }) => calls) : []) {
        if (other.method !== one.method || other.left) continue;
        other.left = one.left;
        more = true;
      }
    }
  }
  if (more) leaveTogether(groups);
}

function mayBeSame(a, b) {
  if (a.private || b.private) return false;
  if (a.found && b.found) return true;
  if (a.exact && b.exact) return a.kind === 'literal' && b.kind === 'literal' ? a.key === b.key : false;
  return true;
}

function place(source, group) {
  const renders = group.calls.filter(isRender);
  const unmounts = group.calls.filter((call) => !isRender(call));
  if (!renders.length || unmounts.some((call) => call.use.value === 'used')) return undefined;
  const scope = scopeOf(source, group);
  if (!scope) return undefined;
  const own = (call) => homeOf(call.call) === scope;
  const alone = renders.length === 1 && !unmounts.length && own(renders[0]) && !loopIn(renders[0], scope, group);
  if (alone) return { form: 'inline', scope, statement: directStatement(renders[0]) };
  const branches = renders.every((call) => own(call) && !loopIn(call, scope, group)) && allExclusive(renders) && !unmounts.length;
  const declared = declare(source, { group, scope, own, renders, unmounts });
  return declared ?? (branches ? { form: 'inline', scope } : undefined);
}

/** The function in which the container's root lives: it runs once, or makes the container itself. */
function scopeOf(source, group) {
  const { declaration } = group.calls.find((call) => call.where.declaration)?.where ?? {};
  if (group.kind === 'fresh') {
    return declaration ? functionOf(ts.isParameter(declaration) ? declaration.parent.body : declaration) : functionOf(group.calls[0].call);
  }
  if (group.kind === 'variable') {
    const scope = declaration ? functionOf(declaration) : source.tree;
    return runsOnce(source, declaration ?? source.tree) ? scope : undefined;
  }
  let scope = homeOf(group.calls[0].call);
  const holds = (call) => call.call.pos >= scope.pos && call.call.end <= scope.end;
  while (!ts.isSourceFile(scope) && !(group.calls.every(holds) && runsOnce(source, scope.body))) scope = functionOf(scope);
  return scope;
}

function loopIn(call, scope, group) {
  const loop = loopOf(call.call, scope);
  const declaration = call.where.declaration;
  if (!loop) return undefined;
  const inside = (node) => node.pos >= loop.pos && node.end <= loop.end;
  if (group.kind === 'fresh' && (!declaration || inside(declaration))) return undefined;
  return loop;
}

/** The statement that is nothing but a call, or gives its value to a variable. */
export function directStatement(call) {
  const { parent } = call.call;
  if (ts.isExpressionStatement(parent)) return parent;
  if (call.use.value === 'assigned') return ts.isExpressionStatement(parent.parent) ? parent.parent : undefined;
  return call.use.value === 'variable' && ts.isVariableDeclaration(parent) ? parent.parent.parent : undefined;
}

function isBlock(node) {
  return ts.isBlock(node) || ts.isSourceFile(node) || ts.isModuleBlock(node);
}

/** The innermost block that holds every call, and the index in it of the statement that holds a node. */
function commonBlock(group, scope) {
  const { calls } = group;
  const inBlock = (block) => (node) => node.pos >= block.pos && node.end <= block.end;
  const holds = (block) => calls.every((call) => inBlock(block)(loopIn(call, scope, group) ?? call.call));
  let block = calls[0].call.parent;
  while (!(isBlock(block) && holds(block))) {
    if (block === scope) return undefined;
    block = block.parent;
  }
  return functionOf(block) === scope || block === scope || block === scope.body ? block : blockIn(scope);
}

function blockIn(scope) {
  if (ts.isSourceFile(scope)) return scope;
  return ts.isBlock(scope.body) ? scope.body : undefined;
}

function indexIn(block, node) {
  return block.statements.findIndex((statement) => node.pos >= statement.pos && node.end <= statement.end);
}

function declare(source, { group, scope, own, renders, unmounts }) {
  const block = commonBlock(group, scope);
  if (!block) return undefined;
  const at = new Map(group.calls.map((call) => [call, own(call) ? indexIn(block, call.call) : earliest(source, block, call.call)]));
  let index = Math.min(...at.values());
  const certain = index !== Infinity && group.calls.some((call) => isRender(call) && certainlyRuns(source, block, call, own(call)));
  const { declaration } = group.calls.find((call) => call.where.declaration)?.where ?? {};
  const madeHere = group.kind === 'fresh' && declaration && !ts.isParameter(declaration) && indexIn(block, declaration) >= 0;
  const before = index !== Infinity && block.statements[index] && group.calls.some(({ call }) => call.end <= block.statements[index].getStart());
  if (madeHere && (index === Infinity || before)) index = indexIn(block, declaration) + 1;
  if (index === Infinity || index >= block.statements.length || (!certain && group.kind !== 'fresh')) return undefined;
  index = aboveFunctions(block, index, Math.min(...group.calls.map(({ call }) => indexIn(block, call))));
  const statement = block.statements[index];
  const text = containerAt(block, statement, renders);
  if (!text || !unmountsAfter({ renders, unmounts, own, at, index, scope, group })) return undefined;
  const first = group.calls.find((call) => own(call) && directStatement(call) === statement);
  if (renders.some((call) => call.name === 'hydrate') && (first?.name !== 'hydrate' || renders.filter((call) => call.name === 'hydrate').length > 1)) return undefined;
  if (!first && hasElement(source, block, index, group, renders)) return undefined;
  return { form: 'declared', scope, block, statement, first, container: text };
}

/** Moves up over statements that only make functions, to the first that uses the root: its name is known there then. */
function aboveFunctions(block, index, earliestUse) {
  let up = index;
  while (up > earliestUse && up > 0 && makesFunctions(block.statements[up - 1])) up--;
  return up > earliestUse ? index : up;
}

function makesFunctions(statement) {
  if (ts.isFunctionDeclaration(statement)) return true;
  return ts.isVariableStatement(statement) && statement.declarationList.declarations.every(({ initializer }) => initializer && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)));
}

/** Whether what stands between the hoisted root and its renders makes the element that the root needs. */
function hasElement(source, block, index, group, renders) {
  if (group.kind !== 'literal') return false;
  const last = renders.at(-1).call;
  const text = source.text.slice(block.statements[index].getStart(), Math.max(last.getStart(), block.statements[index].getStart()));
  return /innerHTML|insertAdjacent|appendChild|\.append\(|\.prepend\(|document\.write|insertBefore/.test(text);
}

/** The first container expression that means the same at the statement; a lookup is always good. */
function containerAt(block, statement, renders) {
  for (const { container, where } of renders) {
    const { declaration } = where;
    if (!declaration || ts.isImportSpecifier(declaration) || ts.isImportClause(declaration)) return container;
    if (ts.isParameter(declaration)) return container;
    const list = declaration.parent.parent;
    const visible = list.parent.pos <= block.pos && list.parent.end >= block.end;
    if (visible && declaration.end <= statement.getStart()) return container;
    if (where.kind === 'literal' && where.lookup) return where.lookup;
  }
  return undefined;
}

/** A root that is unmounted is never rendered again, and nothing unmounts it before it is made. */
function unmountsAfter({ renders, unmounts, own, at, index, scope, group }) {
  if (!unmounts.length) return true;
  if (!renders.every((call) => own(call) && !loopIn(call, scope, group))) return false;
  const last = Math.max(...renders.map((call) => call.call.end));
  for (const call of unmounts) {
    if (own(call) ? call.call.pos < last : at.get(call) < index) return false;
    if (!own(call) && renders.length > 1) return false;
  }
  return true;
}

/** The index of the first statement of a block that may run a nested function which holds the call; Infinity if none does. */
function earliest(source, block, call, seen = new Set()) {
  let fn = functionOf(call);
  while (indexIn(block, fn) < 0 || functionOf(fn) !== functionOfBlock(block)) {
    fn = functionOf(fn);
    if (ts.isSourceFile(fn)) return indexIn(block, call);
  }
  const name = nameOf(fn);
  const home = indexIn(block, fn);
  const declares = name && (ts.isFunctionDeclaration(fn) || ts.isVariableStatement(block.statements[home] ?? fn));
  if (!declares) return home;
  if (seen.has(fn)) return Infinity;
  seen.add(fn);
  let first = Infinity;
  for (const ref of source.references(name)) {
    if (ts.isExportSpecifier(ref.parent) || ts.isExportAssignment(ref.parent)) continue;
    const nested = functionOf(ref) !== functionOfBlock(block);
    const index = nested ? earliest(source, block, ref, seen) : indexIn(block, ref);
    first = Math.min(first, index < 0 ? -1 : index);
  }
  return first < 0 ? 0 : first;
}

function functionOfBlock(block) {
  return ts.isSourceFile(block) ? block : functionOf(block.statements[0] ?? block);
}

/** Whether running the block's statements surely comes to this render. */
function certainlyRuns(source, block, call, isOwn) {
  if (isOwn) return reaches(block, call.call);
  const fn = functionOf(call.call);
  const name = nameOf(fn);
  if (!name || (ts.isBlock(fn.body) && (!reaches(fn.body, call.call) || mayStop(fn.body, call.call)))) return false;
  return source.references(name).some((ref) => {
    const called = ref.parent;
    return ts.isCallExpression(called) && called.expression === ref && ts.isExpressionStatement(called.parent) && called.parent.parent === block;
  });
}

/** Whether a function may wait or end before it comes to a call: then nothing is sure about the document until there. */
function mayStop(body, call) {
  let found = false;
  const look = (node) => {
    if (node.getStart() >= call.getStart() || ts.isFunctionLike(node)) return;
    found ||= ts.isAwaitExpression(node) || ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isYieldExpression(node);
    ts.forEachChild(node, look);
  };
  ts.forEachChild(body, look);
  return found;
}

/** Whether a call is a statement of the block, or in each branch of one. */
function reaches(block, call) {
  const statement = block.statements[indexIn(block, call)];
  if (!statement) return false;
  if (ts.isExpressionStatement(statement) || ts.isVariableStatement(statement)) {
    return statement.expression === call || ts.isVariableStatement(statement) || isTernary(statement.expression);
  }
  return everyBranch(statement, (branch) => /\b(render|hydrate)\w*\(|\w*[rR]ender\(/.test(branch.getText()));
}

function isTernary(node) {
  return ts.isConditionalExpression(node) && [node.whenTrue, node.whenFalse].every((one) => ts.isCallExpression(one));
}

function everyBranch(statement, test) {
  if (ts.isIfStatement(statement)) {
    if (!statement.elseStatement || !test(statement.thenStatement)) return false;
    return ts.isIfStatement(statement.elseStatement) ? everyBranch(statement.elseStatement, test) : test(statement.elseStatement);
  }
  if (!ts.isSwitchStatement(statement)) return ts.isBlock(statement) && test(statement);
  const { clauses } = statement.caseBlock;
  return clauses.some(ts.isDefaultClause) && clauses.every((clause) => clause.statements.length === 0 || test(clause));
}

/** Whether at most one of the calls runs: each pair is in different branches of one statement or ternary. */
function allExclusive(calls) {
  return calls.every((a, index) => calls.slice(index + 1).every((b) => exclusive(a.call, b.call)));
}

function exclusive(a, b) {
  for (let [child, up] = [a, a.parent]; up; [child, up] = [up, up.parent]) {
    if (!(b.pos >= up.pos && b.end <= up.end)) continue;
    if (ts.isIfStatement(up)) return child !== up.expression && !(b.pos >= up.expression.pos && b.end <= up.expression.end);
    if (ts.isConditionalExpression(up)) return child !== up.condition && !(b.pos >= up.condition.pos && b.end <= up.condition.end);
    if (ts.isCaseBlock(up)) return endsWithBreak(a.pos < b.pos ? child : up.clauses.find((one) => b.pos >= one.pos && b.end <= one.end));
    return false;
  }
  return false;
}

function endsWithBreak(clause) {
  const statements = clause.statements.flatMap((one) => (ts.isBlock(one) ? [...one.statements] : [one]));
  const last = statements.at(-1);
  return Boolean(last) && (ts.isBreakStatement(last) || ts.isReturnStatement(last) || ts.isThrowStatement(last));
}
