/** Modules that accept their own hot updates: they run again, and must find the roots that they made before. */
import { ts } from '../common/packages.mjs';
import { insertAfter } from '../common/imports.mjs';

export const HOT_REASON = 'On a hot update this module runs again, and a second root in one container is an error.';
export const HOT_FIX = 'Call `root.unmount()` in `hot.dispose`, or accept the updates of `./App` instead.';

/** The call with which a module accepts its own updates. */
export function selfAccept(source) {
  if (!/\b(module|import\.meta)\b[^;\n]*\.hot\b/.test(source.text)) return undefined;
  let found;
  source.walk((node) => {
    const isAccept = ts.isCallExpression(node) && /\bhot\??\.accept$/.test(node.expression.getText());
    const [first] = isAccept ? node.arguments : [];
    if (isAccept && !(first && (ts.isStringLiteralLike(first) || ts.isArrayLiteralExpression(first)))) found ??= node;
  });
  return found;
}

const hotOf = (accept) => accept.expression.expression.getText();

/** What the last run of the module kept under a name, or else what `made` makes. */
export function keptText(source, accept, name, made) {
  const hot = hotOf(accept);
  if (source.text.includes('?.')) return `${hot}?.data?.${name} ?? ${made}`;
  return `(${hot} && ${hot}.data && ${hot}.data.${name}) || ${made}`;
}

/** Hands the roots of this run of the module to the next. */
export function writeDispose(edits, { accept, names, es5 }) {
  const { source } = edits;
  const hot = hotOf(accept);
  const statement = accept.parent;
  const guarded = ts.isExpressionStatement(statement) && ts.isBlock(statement.parent);
  let top = statement;
  while (!guarded && !ts.isSourceFile(top.parent)) top = top.parent;
  const indent = source.indentAt(top.getStart());
  const line = (depth, text) => indent + source.unit.repeat(depth) + text;
  const data = source.typed ? `(data: { ${names.map((name) => `${name}?: typeof ${name}`).join('; ')} })` : '(data)';
  const lines = [
    `${hot}.dispose(${es5 ? 'function (data)' : `${data} =>`} {`,
    ...names.map((name) => line(1, `data.${name} = ${name}${source.semicolon}`)),
    line(0, `})${source.semicolon}`),
  ];
  const text = lines.join(source.newline);
  if (guarded || statement === top) return insertAfter(edits, top, text);
  return insertAfter(edits, top, `if (${hot}) {${source.newline}${indent}${source.unit}${lines.join(source.newline + source.unit)}${source.newline}${indent}}`);
}
