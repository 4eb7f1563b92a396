/** Step `config`: each old configuration becomes an `eslint.config` file beside it; those below it become a part of it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { convertIgnorePatternToMinimatch, ts, yaml } from './packages.mjs';
import { Computed, Flat, indented, list, nameOf, quoted, style } from './flat.mjs';
import { configFiles, load, read } from './sources.mjs';

const FLAT = ['eslint.config.js', 'eslint.config.mjs', 'eslint.config.cjs', 'eslint.config.ts', 'eslint.config.mts', 'eslint.config.cts'];
const MODULE_CODE = /^(airbnb|airbnb-base|standard|standard-with-typescript|next|next\/.*|react-app|xo|semistandard|plugin:@typescript-eslint\/.*|plugin:vue\/.*|plugin:import\/.*|@react-native.*)$/;
const BY_HAND = 'Write it as `eslint.config` by hand.';

export function run({ root, files, options }) {
  const migration = new Migration(root, files, options);
  migration.run();
  return [...migration.lines.values()];
}

class Migration {
  constructor(root, files, options) {
    Object.assign(this, { root, files, options, lines: new Map(), written: new Map() });
    this.found = configFiles(root, files);
    this.sources = new Map();
  }

  run() {
    for (const [folder, [name]] of this.found) {
      try {
        this.sources.set(folder, load(this.root, name));
      } catch (error) {
        this.leave(name, 1, `The configuration could not be read: ${String(error.message).slice(0, 200)}.`, `Fix it, or ${BY_HAND[0].toLowerCase()}${BY_HAND.slice(1)}`);
      }
    }
    for (const folder of this.sources.keys()) if (this.homeOf(folder) === folder) this.migrate(folder);
  }

  leave(file, line, reason, fix, breaks_build = false) {
    this.line(file).leftovers.push({ line, reason, fix, breaks_build });
  }

  line(file) {
    if (!this.lines.has(file)) this.lines.set(file, { file, edits: [], leftovers: [] });
    return this.lines.get(file);
  }

  /** The folder whose flat configuration holds what this folder says: ESLint 9 reads one for a run. */
  homeOf(folder) {
    const above = this.above(folder);
    return !above || isRoot(this.sources.get(folder)) || lintsItself(this.package(folder)) ? folder : this.homeOf(above);
  }

  above(folder) {
    for (let up = posix.dirname(folder); folder !== '.'; [folder, up] = [up, posix.dirname(up)]) if (this.sources.has(up)) return up;
    return undefined;
  }

  package(folder) {
    try {
      return JSON.parse(readFileSync(join(this.root, folder, 'package.json'), 'utf8'));
    } catch {
      return {};
    }
  }

  migrate(home) {
    const source = this.sources.get(home);
    const there = FLAT.find((name) => existsSync(join(this.root, home, name)));
    if (there) return this.leave(source.name, 0, `There is \`${there}\` beside it, which ESLint 9 reads instead.`, 'Remove the old file when nothing of it is missing.');
    const isModule = !source.isScript || ts.isExportAssignment(source.holder.parent);
    Object.assign(style, this.styleOf(home, source));
    const flat = this.flat(home, source, isModule) ?? this.wrapped(source, isModule);
    const nested = [...this.sources.keys()].filter((folder) => folder !== home && this.homeOf(folder) === home);
    const taken = nested.filter((folder) => this.nest(flat, home, folder));
    const ignoreFiles = this.ignores(flat, home);
    this.defaults(flat, source, home);
    this.write(home, source, flat, isModule);
    for (const folder of [home, ...taken]) this.remove(folder);
    for (const name of ignoreFiles) if (posix.basename(name) === '.eslintignore') rmSync(join(this.root, name));
    for (const each of flat.leftovers) this.leave(source.name, each.line, each.reason, each.fix);
    if (source.lostComments) this.leave(source.name, 1, `The comments of the YAML file (${source.lostComments} lines) were not taken over.`, 'Write those that matter into `eslint.config.mjs`.');
    const above = this.above(home);
    if (above && !isRoot(source)) this.leave(source.name, 1, `ESLint 9 reads one configuration for a run, and nothing of \`${this.found.get(above)[0]}\` above it.`, 'Import the configuration above and add it to the array, if it is needed here.');
  }

  flat(home, source, isModule) {
    const flat = this.empty(source, isModule);
    try {
      if (!source.object) throw new Computed();
      flat.add(source, source.object, { line: (node) => lineOf(source, node) });
      return flat;
    } catch (error) {
      if (!(error instanceof Computed)) throw error;
      return undefined;
    }
  }

  empty(source, isModule) {
    const flat = new Flat(isModule, this.options);
    const visit = (node) => {
      if (ts.isIdentifier(node)) flat.reserved.add(node.text);
      ts.forEachChild(node, visit);
    };
    if (source.isScript) visit(source.tree);
    return flat;
  }

  /** A configuration that is computed is translated when ESLint starts. */
  wrapped(source, isModule) {
    const flat = this.empty(source, isModule);
    const node = source.holder ?? source.object;
    flat.needsCompat = true;
    flat.sets.add('sourceType');
    flat.elements.push(`...compat.config(${source.text.slice(node.getStart(source.tree), node.end)})`);
    flat.leftovers.push({ line: lineOf(source, node), reason: 'The configuration is computed, so `FlatCompat` translates it when ESLint starts.', fix: 'Write it in the flat format when you change it next.' });
    return flat;
  }

  nest(flat, home, folder) {
    const source = this.sources.get(folder);
    const inside = posix.relative(home, folder);
    const stands = !source.isScript || (source.tree.statements.length === 1 && !/\b(require|__dirname|process|import)\b/.test(source.text));
    try {
      if (!source.object || !stands) throw new Computed();
      flat.add(source, source.object, { folder: inside, inherited: [`${inside}/**`], line: () => 0 });
      return true;
    } catch (error) {
      if (!(error instanceof Computed)) throw error;
      this.leave(source.name, 1, 'The configuration is computed, and ESLint 9 does not read it in this folder.', `Add what it says to \`eslint.config\` of the folder \`${home}\`, with \`files: ["${inside}/**"]\`.`);
      return false;
    }
  }

  /** Patterns of `.eslintignore`, or of the file that a script names, of `eslintIgnore`, and what ESLint 8 left out. */
  ignores(flat, home) {
    const pack = this.package(home);
    const named = calls(pack).flatMap((call) => [...call.matchAll(/--ignore-path[= ]["']?([^\s"']+)/g)].map((one) => one[1]));
    const names = (named.length ? named : ['.eslintignore']).map((name) => posix.join(home, name)).filter((name) => existsSync(join(this.root, name)));
    const patterns = names.flatMap((name) => read(this.root, name).replace(/^\uFEFF/, '').split(/\r?\n/).filter((line) => line.trim() && !line.startsWith('#')));
    if (!names.length && Array.isArray(pack.eslintIgnore)) patterns.push(...pack.eslintIgnore.map(String));
    flat.ignores.push(...patterns.map(convertIgnorePatternToMinimatch));
    if (this.options.dotFiles) flat.ignores.unshift('**/.*');
    for (const name of new Set([...names, ...(existsSync(join(this.root, home, '.eslintignore')) ? [posix.join(home, '.eslintignore')] : [])])) {
      const lost = posix.basename(name) === '.eslintignore' && read(this.root, name).split(/\r?\n/).filter((line) => line.startsWith('#')).length;
      if (lost) this.leave(name, 1, `The comments of the file (${lost} lines) were not taken over.`, 'Write those that matter into `eslint.config`.');
    }
    return new Set(names);
  }

  /** What ESLint 9 does otherwise than ESLint 8 where nothing is said. */
  defaults(flat, source, home) {
    const first = [];
    const named = source.object ? extended(source.object) : [];
    if (!flat.sets.has('sourceType') && !named.some((name) => MODULE_CODE.test(name))) {
      first.push(list('', [`files: [${quoted('**/*.js')}]`, `languageOptions: { sourceType: ${quoted(flat.isCommonJs ? 'commonjs' : 'script')} }`]));
    }
    const scripts = calls(this.package(home));
    const reports = flat.sets.has('reportUnusedDisableDirectives') || scripts.some((call) => call.includes('--report-unused-disable-directives'));
    if (this.options.disables && !reports) first.push(`{ linterOptions: { reportUnusedDisableDirectives: ${quoted('off')} } }`);
    flat.elements.unshift(...first);
    const endings = new Set(scripts.flatMap((call) => [...call.matchAll(/--ext[= ]["']?([\w.,]+)/g)].flatMap((one) => one[1].split(',')).map((one) => one.replace(/^\./, ''))));
    const written = flat.elements.join('\n');
    const missing = [...endings].filter((one) => one && !/^[cm]?js$/.test(one) && !new RegExp(`["'*.{,]${one}["',}]`).test((written.match(/files: \[.*\]/g) ?? []).join()));
    if (missing.length) flat.elements.push(`{ files: [${quoted(`**/*.${missing.length > 1 ? `{${missing.join(',')}}` : missing[0]}`)}] }`);
  }

  /** As the old file is written, or as Prettier is asked to write. */
  styleOf(home, source) {
    if (source.isScript) {
      const unit = /\n([ \t]+)\S/.exec(source.text)?.[1] ?? '  ';
      return { quote: source.text.split("'").length > source.text.split('"').length ? "'" : '"', unit };
    }
    let asked = this.package(home).prettier;
    try {
      asked ??= yaml.load(read(this.root, posix.join(home, '.prettierrc')));
    } catch {
      // It is written in another way, or not at all.
    }
    return { quote: asked?.singleQuote ? "'" : '"', unit: asked?.useTabs ? '\t' : ' '.repeat(Math.min(Number(asked?.tabWidth) || 2, 8)) };
  }

  write(home, source, flat, isModule) {
    const name = `eslint.config.${this.ending(home, source, isModule)}`;
    flat.ignores.push(name);
    const elements = [...(flat.ignores.length ? [list('', flat.ignores.map(quoted), 'globalIgnores([', '])')] : []), ...flat.elements];
    const array = `defineConfig([\n${elements.map((one) => indented(`${one},`)).join('\n')}\n])`;
    const header = imports(flat);
    let text = `${header}\nexport default ${array};\n`;
    if (source.isScript) {
      const { holder } = source;
      const before = source.text.slice(0, holder.getStart(source.tree)).replace(/(Linter\.)(Legacy)?Config\b(?!\[)/g, '$1Config[]');
      const body = before + array + source.text.slice(holder.end);
      const at = /^(#!.*\n)?(\s*(['"])use strict\3;?\n)?/.exec(body)[0].length;
      text = `${body.slice(0, at)}${header}${body.slice(at).startsWith('\n') ? '' : '\n'}${body.slice(at)}`;
    }
    const windows = /\r\n/.test(read(this.root, source.name));
    writeFileSync(join(this.root, home, name), windows ? text.replace(/\n/g, '\r\n') : text);
  }

  ending(home, source, isModule) {
    const isCommonPackage = this.nearestType(home) !== 'module';
    if (!source.isScript || (isModule && isCommonPackage)) return 'mjs';
    return source.name.endsWith('.cjs') || !(isModule || isCommonPackage) ? 'cjs' : 'js';
  }

  nearestType(folder) {
    for (let up = folder; ; up = posix.dirname(up)) {
      if (existsSync(join(this.root, up, 'package.json'))) return this.package(up).type;
      if (up === '.') return undefined;
    }
  }

  remove(folder) {
    const [name, ...others] = this.found.get(folder);
    for (const other of others) this.leave(other, 1, `ESLint 8 did not read it, because of \`${name}\`; ESLint 9 does not either.`, 'Remove it.');
    if (posix.basename(name) !== 'package.json') rmSync(join(this.root, name));
    const manifest = posix.join(folder, 'package.json');
    if (!existsSync(join(this.root, manifest)) || others.includes(manifest)) return;
    const pack = this.package(folder);
    const keys = ['eslintConfig', 'eslintIgnore'].filter((key) => pack[key] !== undefined && (key === 'eslintIgnore' || name === manifest));
    if (keys.length) this.line(manifest).edits.push(...withoutKeys(read(this.root, manifest), keys));
  }
}

function extended(object) {
  const found = object.properties.find((one) => nameOf(one) === 'extends')?.initializer;
  if (!found) return [];
  return (ts.isArrayLiteralExpression(found) ? [...found.elements] : [found]).filter(ts.isStringLiteralLike).map((one) => one.text);
}

function isRoot(source) {
  const found = source?.object?.properties.find((one) => nameOf(one) === 'root');
  return found?.initializer?.kind === ts.SyntaxKind.TrueKeyword;
}

/** The calls of ESLint in a package's scripts. */
function calls(pack) {
  const scripts = Object.values(pack.scripts ?? {}).filter((text) => typeof text === 'string');
  return scripts.flatMap((text) => text.split(/&&|\|\||;|\|/)).filter((call) => /(^|[\s/"'])eslint(\s|$)/.test(call));
}

const lintsItself = (pack) => calls(pack).length > 0;

function lineOf(source, node) {
  return source.name.endsWith('package.json') || source.lostComments !== undefined ? 1 : source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

function imports(flat) {
  const bindings = ['defineConfig', ...(flat.ignores.length ? ['globalIgnores'] : [])];
  const js = flat.needsCompat ? flat.variable('@eslint/js', 'js') : '';
  const lines = [['eslint/config', `{ ${bindings.join(', ')} }`]];
  if (flat.needsCompat) lines.push(['@eslint/eslintrc', '{ FlatCompat }']);
  if (flat.fixups.size) lines.push(['@eslint/compat', `{ ${[...flat.fixups].sort().join(', ')} }`]);
  lines.push(...flat.imports);
  const here = flat.isModule ? 'path.dirname(fileURLToPath(import.meta.url))' : '__dirname';
  if (flat.needsCompat && flat.isModule) lines.unshift(['node:path', 'path'], ['node:url', '{ fileURLToPath }']);
  const written = lines.map(([module, name]) => (flat.isModule ? `import ${name} from ${quoted(module)};` : `const ${name} = require(${quoted(module)});`));
  if (!flat.needsCompat) return `${written.join('\n')}\n`;
  const compat = ['', 'const compat = new FlatCompat({', `${style.unit}baseDirectory: ${here},`, `${style.unit}recommendedConfig: ${js}.configs.recommended,`, `${style.unit}allConfig: ${js}.configs.all,`, '});'];
  return `${[...written, ...compat].join('\n')}\n`;
}

/** The edits that take members out of a JSON object, with their commas. */
function withoutKeys(text, keys) {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const tree = ts.createSourceFile('package.json', `(${text.slice(start)})`, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  const shift = start - 1;
  const all = [...tree.statements[0].expression.expression.properties];
  const gone = all.filter((one) => keys.includes(nameOf(one)));
  const kept = all.filter((one) => !gone.includes(one));
  return gone.map((one) => {
    const at = all.indexOf(one);
    const last = !all.slice(at + 1).some((other) => kept.includes(other));
    if (last && at) return [all[at - 1].end + shift, one.end + shift, ''];
    const next = all[at + 1];
    return [one.getStart(tree) + shift, (next ? next.getStart(tree) : one.end) + shift, ''];
  });
}
