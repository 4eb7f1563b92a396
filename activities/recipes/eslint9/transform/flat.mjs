/** From one object of the old format to objects of the flat one, as text: values and their comments are copied. */
import { convertIgnorePatternToMinimatch, globals, ts } from './packages.mjs';
import { REMOVED, UNUSED } from './known.mjs';

/** How the file that is written next quotes and indents. */
export const style = { quote: '"', unit: '  ' };

/** What cannot be said without running the configuration. */
export class Computed extends Error {}

/** The parts of a flat configuration: `elements` are texts of array elements, `imports` is package → variable. */
export class Flat {
  constructor(isModule, { fixed, catches }) {
    Object.assign(this, { isModule, catches, fixed: new Set(fixed), elements: [], ignores: [], imports: new Map(), needsCompat: false, fixups: new Set(), leftovers: [], sets: new Set(), reserved: new Set(['compat', 'path']) });
  }

  variable(module, name) {
    if (!this.imports.has(module)) {
      const taken = new Set([...this.imports.values(), ...this.reserved]);
      let free = name;
      for (let number = 2; taken.has(free); number++) free = `${name}${number}`;
      this.imports.set(module, free);
    }
    return this.imports.get(module);
  }

  /** `files` (an override's) are patterns relative to `folder`, which is relative to the flat configuration. */
  add(source, object, { folder = '', inherited = [], line = () => 0 } = {}) {
    const writer = new Writer(this, source, line);
    const parts = { extends: [], languageOptions: [], linterOptions: [], own: [], files: inherited, excluded: [], overrides: [] };
    for (const property of object.properties) writer.read(property, parts, folder);
    this.elements.push(...writer.element(parts));
    for (const override of parts.overrides) {
      if (!ts.isObjectLiteralExpression(override)) throw new Computed();
      this.add(source, override, { folder, inherited: folder && !filesOf(override) ? inherited : [], line });
    }
  }
}

function filesOf(object) {
  return object.properties.find((one) => nameOf(one) === 'files');
}

export function nameOf(property) {
  if (!ts.isPropertyAssignment(property) && !ts.isShorthandPropertyAssignment(property)) return undefined;
  return ts.isIdentifier(property.name) || ts.isStringLiteralLike(property.name) ? property.name.text : undefined;
}

class Writer {
  constructor(flat, source, line) {
    Object.assign(this, { flat, source, line });
  }

  text(node) {
    return this.source.text.slice(node.getStart(this.source.tree), node.end);
  }

  read(property, parts, folder) {
    const name = nameOf(property);
    if (!name || !ts.isPropertyAssignment(property)) throw new Computed();
    const value = property.initializer;
    const comments = this.commentsBefore(property);
    const inner = () => [...comments, ...this.commentsIn(value)];
    this.flat.sets.add(name);
    switch (name) {
      case 'root':
      case '$schema':
        parts.own.push(...comments);
        break;
      case 'extends':
        parts.extends.push(...inner(), ...this.list(value).flatMap((one) => this.withOldDefaults(one, this.extended(one))));
        break;
      case 'plugins':
        parts.own.push(...inner(), ...this.plugins(this.list(value)));
        break;
      case 'env':
        parts.languageOptions.push({ globals: [...inner(), ...this.env(value, parts)] });
        break;
      case 'globals':
        parts.languageOptions.push({ globals: [...comments, ...this.members(value)] });
        break;
      case 'parser':
        parts.languageOptions.push(...comments, `parser: ${this.parser(value)}`);
        break;
      case 'parserOptions':
        parts.languageOptions.push(...comments, ...this.parserOptions(value));
        break;
      case 'noInlineConfig':
      case 'reportUnusedDisableDirectives':
        parts.linterOptions.push(...comments, `${name}: ${this.text(value)}`);
        break;
      case 'files':
        parts.files = this.strings(value).map((one) => pattern(one, folder));
        break;
      case 'excludedFiles':
        parts.excluded = this.strings(value).map((one) => pattern(one, folder));
        break;
      case 'ignorePatterns':
        this.flat.ignores.push(...this.strings(value).map((one) => ignored(one, folder)));
        break;
      case 'overrides':
        if (!ts.isArrayLiteralExpression(value)) throw new Computed();
        parts.overrides = [...value.elements];
        break;
      case 'rules':
        parts.own.push(...comments, `rules: ${this.rules(value)}`);
        break;
      case 'settings':
      case 'processor':
        parts.own.push(...comments, `${name}: ${this.text(value)}`);
        break;
      default:
        throw new Computed();
    }
  }

  element(parts) {
    const lines = [];
    const all = [parts.extends, parts.languageOptions, parts.linterOptions, parts.own];
    if (!all.some((one) => one.length)) return [];
    if (parts.files.length) lines.push(`files: [${parts.files.map(quoted).join(', ')}]`);
    if (parts.excluded.length) lines.push(`ignores: [${parts.excluded.map(quoted).join(', ')}]`);
    if (parts.extends.length) lines.push(list('extends', parts.extends, '[', ']'));
    const sets = parts.languageOptions.filter((one) => typeof one === 'object').flatMap((one) => one.globals);
    const options = parts.languageOptions.filter((one) => typeof one === 'string');
    const spoken = sets.length ? [list('globals', sets)] : [];
    if (options.length || spoken.length) lines.push(list('languageOptions', [...spoken, ...options]));
    if (parts.linterOptions.length) lines.push(list('linterOptions', parts.linterOptions));
    return [list('', [...lines, ...parts.own])];
  }

  list(value) {
    if (ts.isArrayLiteralExpression(value)) return [...value.elements];
    return [value];
  }

  strings(value) {
    return this.list(value).map((one) => {
      if (!ts.isStringLiteralLike(one)) throw new Computed();
      return one.text;
    });
  }

  /** The members of an object, each with its comments. */
  members(value) {
    if (!ts.isObjectLiteralExpression(value)) return [`...${this.text(value)}`];
    return value.properties.flatMap((one) => [...this.commentsBefore(one), this.text(one)]);
  }

  extended(node) {
    if (ts.isSpreadElement(node)) return this.compat('extends', `...${this.text(node.expression)}`);
    if (!ts.isStringLiteralLike(node)) return this.compat('extends', ts.isCallExpression(node) || ts.isStringLiteralLike(node) ? this.text(node) : `...[${this.text(node)}].flat()`);
    const name = node.text;
    if (/^eslint:(recommended|all)$/.test(name)) return `${this.flat.variable('@eslint/js', 'js')}.configs.${name.slice(7)}`;
    const written = this.compat('extends', quoted(name));
    const from = /^plugin:(.*)\/[^/]*$/.exec(name);
    const owner = from ? pluginPackage(from[1]) : name.startsWith('.') ? '' : configPackage(name);
    return owner && !this.flat.fixed.has(owner) ? this.fixed('fixupConfigRules', written) : written;
  }

  /** Unused errors of `catch` are reported by default now: as before, where the code has any `catch`. */
  withOldDefaults(node, written) {
    const name = ts.isStringLiteralLike(node) ? node.text : '';
    const rule = name === 'eslint:recommended' ? 'no-unused-vars' : /^plugin:@typescript-eslint\/(recommended|strict)/.test(name) ? '@typescript-eslint/no-unused-vars' : '';
    return rule && this.flat.catches ? [written, `{ rules: { ${quoted(rule)}: [${quoted('error')}, { caughtErrors: ${quoted('none')} }] } }`] : [written];
  }

  compat(kind, argument) {
    this.flat.needsCompat = true;
    return `compat.${kind}(${argument})`;
  }

  fixed(helper, expression) {
    this.flat.fixups.add(helper);
    return `${helper}(${expression})`;
  }

  plugins(nodes) {
    const lines = nodes.map((node) => {
      if (!ts.isStringLiteralLike(node)) throw new Computed();
      const module = pluginPackage(node.text);
      const key = pluginName(node.text);
      const variable = this.flat.variable(module, identifier(key));
      const value = this.flat.fixed.has(module) ? variable : this.fixed('fixupPluginRules', variable);
      return key === value ? key : `${/^[a-z_$][\w$]*$/i.test(key) ? key : quoted(key)}: ${value}`;
    });
    return lines.length ? [list('plugins', lines)] : [];
  }

  env(value, parts) {
    if (!ts.isObjectLiteralExpression(value)) throw new Computed();
    const lines = [];
    for (const property of value.properties) {
      const name = nameOf(property);
      const kind = property.initializer?.kind;
      if (!name || (kind !== ts.SyntaxKind.TrueKeyword && kind !== ts.SyntaxKind.FalseKeyword)) throw new Computed();
      const on = kind === ts.SyntaxKind.TrueKeyword;
      if (name === 'node' || name === 'commonjs') this.flat.isCommonJs ||= on;
      if (/^es(6|\d{4})$/.test(name)) {
        // Without a version of its own, the newest is read with all its globals.
        const set = name === 'es6' ? 'es2015' : name;
        if (on && globals[set] && hasVersion(value.parent.parent)) lines.push(`...${this.flat.variable('globals', 'globals')}.${set}`);
        continue;
      }
      if (name.includes('/')) {
        if (on) parts.extends.push(this.compat('env', `{ ${quoted(name)}: true }`));
      } else if (!globals[name]) {
        this.flat.leftovers.push({ line: this.line(property), reason: `The environment \`${name}\` is not known to ESLint 9.`, fix: 'Name its globals in `languageOptions.globals`.' });
      } else {
        const set = `${this.flat.variable('globals', 'globals')}${/^[a-z]\w*$/i.test(name) ? `.${name}` : `[${quoted(name)}]`}`;
        lines.push(on ? `...${set}` : `...Object.fromEntries(Object.keys(${set}).map((name) => [name, ${quoted('off')}]))`);
      }
    }
    return lines;
  }

  parser(value) {
    if (!ts.isStringLiteralLike(value)) {
      if (this.flat.isModule) throw new Computed();
      return `require(${this.text(value)})`;
    }
    if (value.text === 'espree') return this.flat.variable('espree', 'espree');
    const module = value.text === 'babel-eslint' ? '@babel/eslint-parser' : value.text;
    if (module.startsWith('.')) throw new Computed();
    return this.flat.variable(module, module === '@typescript-eslint/parser' ? 'tsParser' : module === '@babel/eslint-parser' ? 'babelParser' : identifier(module));
  }

  /** `ecmaVersion` and `sourceType` stand above the others now. */
  parserOptions(value) {
    if (!ts.isObjectLiteralExpression(value)) throw new Computed();
    const [own, rest] = [[], []];
    for (const property of value.properties) {
      const name = nameOf(property);
      const lines = [...this.commentsBefore(property), this.text(property)];
      if (name === 'sourceType') this.flat.sets.add('sourceType');
      // An old version was a mistake for code that nobody could parse otherwise; ESLint 9 knows all of them.
      (name === 'ecmaVersion' || name === 'sourceType' ? own : rest).push(...lines);
    }
    return rest.length ? [...own, list('parserOptions', rest)] : own;
  }

  /** As they are written, but for those that ESLint 9 or its plug-ins do not have. */
  rules(value) {
    if (!ts.isObjectLiteralExpression(value)) return this.text(value);
    const gone = value.properties.filter((one) => REMOVED.has(nameOf(one)) || (this.flat.catches && UNUSED.has(nameOf(one))));
    let text = this.text(value);
    const start = value.getStart(this.source.tree);
    for (const property of [...gone].reverse()) {
      if (UNUSED.has(nameOf(property))) {
        for (const [at, added] of this.ofCatch(property.initializer).reverse()) text = text.slice(0, at - start) + added + text.slice(at - start);
        continue;
      }
      const [what, fix, renamed] = REMOVED.get(nameOf(property));
      const at = property.getStart(this.source.tree) - start;
      if (renamed) {
        text = `${text.slice(0, at)}${quoted(renamed)}${text.slice(property.name.end - start)}`;
        continue;
      }
      const severity = property.initializer && this.text(property.initializer);
      let end = property.end - start;
      end += /^[ \t]*,?[ \t]*/.exec(text.slice(end))[0].length;
      const lineStart = text.lastIndexOf('\n', at) + 1;
      const alone = !text.slice(lineStart, at).trim() && text[end] === '\n';
      text = alone ? text.slice(0, lineStart) + text.slice(end + 1) : text.slice(0, at) + text.slice(end);
      if (/^["'[\s]*(off|0)/.test(severity ?? '')) continue;
      this.flat.leftovers.push({ line: this.line(property), reason: `The rule \`${nameOf(property)}\` ${what}, so it was removed from the configuration.`, fix });
    }
    return text;
  }

  /** The insertions that keep a rule of unused variables from looking at errors of `catch`. */
  ofCatch(value) {
    const none = `caughtErrors: ${quoted('none')}`;
    if (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value)) {
      return /^(off|0)$/.test(value.text) ? [] : [[value.getStart(this.source.tree), '['], [value.end, `, { ${none} }]`]];
    }
    if (!ts.isArrayLiteralExpression(value)) return [];
    const options = value.elements[1];
    if (!options) return [[value.elements.at(-1)?.end ?? value.end - 1, `, { ${none} }`]];
    if (ts.isStringLiteralLike(options)) return [[options.getStart(this.source.tree), '{ vars: '], [options.end, `, ${none} }`]];
    if (!ts.isObjectLiteralExpression(options) || options.properties.some((one) => nameOf(one) === 'caughtErrors')) return [];
    const last = options.properties.at(-1);
    if (!last) return [[options.getStart(this.source.tree) + 1, ` ${none} `]];
    const gap = this.source.text.slice(last.getFullStart(), last.getStart(this.source.tree));
    return [[last.end, `,${/^\s*$/.test(gap) && gap ? gap : ' '}${none}`]];
  }

  commentsBefore(node) {
    const ranges = ts.getLeadingCommentRanges(this.source.text, node.getFullStart()) ?? [];
    const after = /^[ \t]*,/.exec(this.source.text.slice(node.end));
    const trailing = ts.getTrailingCommentRanges(this.source.text, node.end + (after ? after[0].length : 0)) ?? [];
    return [...ranges, ...trailing].map((one) => this.source.text.slice(one.pos, one.end));
  }

  commentsIn(node) {
    const found = new Map();
    const visit = (child) => {
      for (const one of ts.getLeadingCommentRanges(this.source.text, child.getFullStart()) ?? []) if (one.pos >= node.getStart(this.source.tree)) found.set(one.pos, one);
      for (const one of ts.getTrailingCommentRanges(this.source.text, child.end) ?? []) if (one.end <= node.end) found.set(one.pos, one);
      child.getChildren(this.source.tree).forEach(visit);
    };
    visit(node);
    return [...found.values()].sort((a, b) => a.pos - b.pos).map((one) => this.source.text.slice(one.pos, one.end));
  }
}

function hasVersion(object) {
  const found = object.properties.find((one) => nameOf(one) === 'parserOptions')?.initializer;
  return Boolean(found?.properties?.some((one) => nameOf(one) === 'ecmaVersion'));
}

const isComment = (line) => line.startsWith('//') || line.startsWith('/*');

/** `name: { … }` of lines that are members, or comments. Short ones stay on one line. */
export function list(name, lines, open = '{', close = '}') {
  const label = name ? `${name}: ` : '';
  const short = `${label}${open === '{' ? '{ ' : open}${lines.join(', ')}${close === '}' ? ' }' : close}`;
  if ((name || open !== '{') && short.length <= 80 && !lines.some((line) => isComment(line) || line.includes('\n'))) return short;
  const body = lines.map((line) => indented(isComment(line) ? dedented(line) : `${dedented(line)},`));
  return `${label}${open}\n${body.join('\n')}\n${close}`;
}

export function indented(text) {
  return text.split('\n').map((line) => (line ? style.unit + line : line)).join('\n');
}

/** Lines after the first moved to the left, as far as the last one goes. */
function dedented(text) {
  const lines = text.split('\n');
  const by = /^[ \t]*/.exec(lines.at(-1))[0];
  return lines.map((line, at) => (at && line.startsWith(by) ? line.slice(by.length) : line)).join('\n');
}

export const quoted = (text) => (style.quote === '"' || text.includes("'") ? JSON.stringify(text) : `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`);

/** A pattern of files: one without a slash fits in every folder. */
function pattern(text, folder) {
  const plain = text.replace(/^\.\//, '');
  const whole = plain.includes('/') || plain === '**' ? plain : `**/${plain}`;
  return folder ? `${folder}/${whole}` : whole;
}

function ignored(text, folder) {
  const converted = convertIgnorePatternToMinimatch(text);
  if (!folder) return converted;
  return converted.startsWith('!') ? `!${folder}/${converted.slice(1)}` : `${folder}/${converted}`;
}

export function pluginPackage(name) {
  if (name.startsWith('@')) {
    const [scope, rest] = name.split('/');
    if (!rest) return `${scope}/eslint-plugin`;
    return /^eslint-plugin(-|$)/.test(rest) ? name : `${scope}/eslint-plugin-${rest}`;
  }
  return name.startsWith('eslint-plugin-') ? name : `eslint-plugin-${name}`;
}

export function configPackage(name) {
  const base = name.split('/')[0];
  if (name.startsWith('@')) {
    const [scope, rest = ''] = name.split('/');
    if (!rest) return `${scope}/eslint-config`;
    return /^eslint-config(-|$)/.test(rest) ? `${scope}/${rest}` : `${scope}/eslint-config-${rest}`;
  }
  return base.startsWith('eslint-config-') ? base : `eslint-config-${base}`;
}

function pluginName(name) {
  return name.replace(/^eslint-plugin-/, '').replace(/^(@[^/]+)\/eslint-plugin(?:-(.*))?$/, (_, scope, rest) => (rest ? `${scope}/${rest}` : scope));
}

function identifier(name) {
  const words = name.replace(/^@typescript-eslint$/, 'tsPlugin').split(/[^A-Za-z0-9]+/).filter(Boolean);
  const camel = words.map((word, at) => (at ? word[0].toUpperCase() + word.slice(1) : word)).join('');
  const reserved = new Set(['import', 'export', 'default', 'new', 'class', 'function', 'this', 'in', 'js', 'compat', 'globals', 'var', 'const', 'let', 'if', 'for', 'do', 'try', 'switch', 'promise', 'node', 'n', 'path']);
  return reserved.has(camel) || /^\d/.test(camel) ? `${camel}Plugin`.replace(/^\d/, '_$&') : camel;
}
