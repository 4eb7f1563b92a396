/** The text of a `vitest.config`. */

export function written(config, { vite, quote = "'", unit = '  ' }) {
  const style = { quote, unit };
  const q = (text) => quoted(text, quote);
  const needsUrl = config.aliases.some(([, to]) => /^(<rootDir>|\.)/.test(to));
  const names = ['defineConfig', ...(config.exclude.length ? ['configDefaults'] : []), ...(vite ? ['mergeConfig'] : [])].sort();
  const lines = [];
  if (needsUrl) lines.push(`import { fileURLToPath } from ${q('node:url')};`);
  lines.push(`import { ${names.join(', ')} } from ${q('vitest/config')};`);
  if (vite) lines.push(`import viteConfig from ${q(`./${vite.replace(/\.[cm]?ts$/, '')}`)};`);
  const body = {};
  if (Object.keys(config.define).length) body.define = raw(object(Object.entries(config.define).map(([name, value]) => [name, value]), style, 1));
  if (config.css) body.css = { modules: { classNameStrategy: 'non-scoped' } };
  if (config.aliases.length) body.resolve = raw(`{\n${unit.repeat(2)}alias: [\n${config.aliases.map((one) => `${unit.repeat(3)}${alias(one, q)},\n`).join('')}${unit.repeat(2)}],\n${unit}}`);
  if (config.esbuild) body.esbuild = raw(object(Object.entries(config.esbuild).map(([name, value]) => [name, name === 'include' ? raw(value) : value]), style, 1));
  const { exclude, coverage, ...test } = config.test;
  if (exclude) test.exclude = raw(`[...configDefaults.exclude, ${exclude.map(q).join(', ')}]`);
  if (coverage) test.coverage = coverage;
  if (config.css) test.css = true;
  body.test = test;
  const call = `defineConfig(${object(Object.entries(body), style, 0)})`;
  return `${lines.join('\n')}\n\nexport default ${vite ? `mergeConfig(viteConfig, ${call})` : call};\n`;
}

function raw(text) {
  return { raw: text };
}

export function quoted(text, quote) {
  const double = JSON.stringify(text);
  return quote === '"' || text.includes("'") ? double : `'${double.slice(1, -1).replaceAll('\\"', '"')}'`;
}

function value(given, style, depth) {
  if (given && typeof given === 'object' && typeof given.raw === 'string' && Object.keys(given).length === 1) return given.raw;
  if (typeof given === 'string') return quoted(given, style.quote);
  if (Array.isArray(given)) {
    const items = given.map((one) => value(one, style, depth + 1));
    const short = `[${items.join(', ')}]`;
    const inner = style.unit.repeat(depth + 1);
    return short.length <= 90 ? short : `[\n${items.map((one) => `${inner}${one},\n`).join('')}${style.unit.repeat(depth)}]`;
  }
  if (given && typeof given === 'object') return object(Object.entries(given), style, depth);
  return JSON.stringify(given);
}

function object(entries, style, depth) {
  const inner = style.unit.repeat(depth + 1);
  const lines = entries.filter(([, given]) => given !== undefined).map(([name, given]) => `${inner}${/^[a-z_$][\w$]*$/i.test(name) ? name : quoted(name, style.quote)}: ${value(given, style, depth + 1)},\n`);
  return lines.length ? `{\n${lines.join('')}${style.unit.repeat(depth)}}` : '{}';
}

/** jest replaces the whole name of a module where its pattern fits anywhere in it. */
function alias([pattern, to], q) {
  const whole = `${pattern.startsWith('^') ? '' : '^.*'}${pattern}${pattern.endsWith('$') && !pattern.endsWith('\\$') ? '' : '.*$'}`;
  const target = to.replace(/^<rootDir>\/?/, './');
  const replacement = /^\./.test(target) ? `fileURLToPath(new URL(${q(target)}, import.meta.url))` : q(target);
  return `{ find: /${whole.replace(/(?<!\\)\//g, '\\/')}/, replacement: ${replacement} }`;
}
