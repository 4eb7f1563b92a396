/** Names of `react-dom/client` where a file loads `react-dom` by a dynamic import: they come from one in the same place. */
import { statementOf } from '../common/bindings.mjs';
import { insertAfter, quoteOf, rewriteImport } from '../common/imports.mjs';

/** Why the calls by what a dynamic import gave to a function must stay; undefined where they may be rewritten. */
export function whyLate(bindings, isOld) {
  const kept = new Set();
  for (const { name, binding } of bindings.uses) if (binding?.late?.parameter && !isOld(name)) kept.add(binding.late);
  return ({ use }) => (kept.has(use.binding?.late) ? '`react-dom` is loaded by a dynamic import here, and more than its roots is used.' : undefined);
}

/** Writes the dynamic imports of a file, each with the names that the code behind it needs now. */
export function writeLate(edits, bindings, isUnused) {
  const all = new Set(bindings.all.map(({ late }) => late).filter(Boolean));
  for (const late of all) {
    const names = Object.entries(late.names).map(([name, local]) => (name === local ? name : `${name}: ${local}`));
    const unused = late.bindings.every(isUnused);
    if (late.parameter && names.length) writeParameter(edits, late, names);
    else if (!late.parameter && (unused || names.length)) writeStatement(edits, late, { names, unused, isUnused });
  }
}

function writeParameter(edits, { call, parameter }, names) {
  const pattern = `{ ${names.join(', ')} }`;
  const bare = edits.source.text[parameter.pos - 1] !== '(' && !/\(\s*$/.test(edits.source.text.slice(parameter.parent.pos, parameter.getStart()));
  edits.replace(parameter.getStart(), parameter.end, bare ? `(${pattern})` : pattern);
  writeSpecifier(edits, call);
}

function writeSpecifier(edits, call) {
  const [specifier] = call.arguments;
  const quote = quoteOf(edits.source, specifier);
  edits.replace(specifier.getStart(), specifier.end, `${quote}react-dom/client${quote}`);
}

function writeStatement(edits, { call, bindings }, { names, unused, isUnused }) {
  const { source } = edits;
  const [first, ...nested] = [...new Set(bindings.map(({ holder }) => statementOf(holder)))];
  const holdersIn = (statement) => bindings.filter((one) => isUnused(one) && statementOf(one.holder) === statement).map(({ holder }) => holder);
  const quote = quoteOf(source, call.arguments[0]);
  const text = names.length ? `const { ${names.join(', ')} } = await import(${quote}react-dom/client${quote})${source.semicolon}` : '';
  for (const statement of nested) rewriteImport(edits, statement, holdersIn(statement), '');
  if (unused) rewriteImport(edits, first, holdersIn(first), text);
  else if (text) insertAfter(edits, first, text);
}
