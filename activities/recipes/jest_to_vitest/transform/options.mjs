/** Options of jest as those of vitest. What has no counterpart is a row; what jest alone needs goes. */
import { Computed } from './evaluate.mjs';
import { exclusion, globOf, samePatterns } from './patterns.mjs';

const SAME = new Set(['clearMocks', 'restoreMocks', 'testTimeout', 'bail', 'maxWorkers', 'maxConcurrency', 'passWithNoTests', 'snapshotSerializers', 'snapshotFormat', 'silent', 'slowTestThreshold', 'logHeapUsage', 'globalSetup']);
const DROPPED = new Set([
  '$schema', 'transform', 'transformIgnorePatterns', 'moduleFileExtensions', 'testRunner', 'injectGlobals', 'extensionsToTreatAsEsm', 'errorOnDeprecated', 'notify', 'notifyMode',
  'cacheDirectory', 'cache', 'watchPlugins', 'forceExit', 'detectOpenHandles', 'watchPathIgnorePatterns', 'verbose', 'modulePathIgnorePatterns', 'preset', 'haste', 'listTests', 'ci', 'watchman', 'openHandlesTimeout',
]);
const OURS = /^(babel-jest|ts-jest|@swc\/jest|esbuild-jest|@sucrase\/jest-plugin|jest-esbuild|@vue\/vue[23]-jest|vue-jest|@?svelte-jester|jest-transform-stub|.*node_modules\/(babel|ts)-jest.*)$/;
const PRESETS = /^(ts-jest(\/.*)?|jest-preset-typescript)$/;
const REPLACED = new Set(['jest-canvas-mock', 'jest-localstorage-mock']);
const FIX = 'Look for what vitest has instead, and write it into `vitest.config`.';

export class Options {
  constructor(folder, facts, leave) {
    Object.assign(this, { folder, facts, leave });
    this.test = { globals: true };
    this.coverage = {};
    this.aliases = [];
    this.define = {};
    this.exclude = [];
    this.css = false;
    this.esbuild = facts.jsx ? { jsx: 'automatic' } : undefined;
    if (facts.jsxInJs) this.esbuild = { loader: 'tsx', include: '/\\.[jt]sx?$/', ...this.esbuild };
  }

  read(config) {
    this.environment(config);
    for (const [name, value] of Object.entries(config)) this.option(name, value);
    const setup = [...(config.setupFiles ?? []), ...(config.setupFilesAfterEnv ?? []), ...(config.setupTestFrameworkScriptFile ? [config.setupTestFrameworkScriptFile] : [])];
    const plain = setup.filter((one) => !(one instanceof Computed));
    if (plain.length) this.test.setupFiles = plain.map((one) => this.path(one));
    const filters = config.testMatch || config.testRegex;
    if (!filters && this.facts.testsFolder) this.test.include = ['**/__tests__/**/*.[jt]s?(x)', '**/?(*.)+(spec|test).[jt]s?(x)'];
    if (this.facts.oldSnapshots && !config.snapshotFormat) this.test.snapshotFormat = { escapeString: true, printBasicPrototype: true };
    // Patterns are relative to this folder.
    if (this.test.dir && this.test.include?.some((one) => one.startsWith(`${this.test.dir.replace(/^\.\//, '')}/`))) delete this.test.dir;
    const roots = (Array.isArray(config.roots) ? config.roots : ['']).map((one) => String(one).replace(/^<rootDir>\/?|^\.\//, '').replace(/\/?$/, '/').replace(/^\/$/, ''));
    for (const { root, name, path } of this.facts.moduleMocks ?? []) {
      if (roots.includes(root)) this.aliases.push([`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, `<rootDir>/${path}`]);
    }
    if (this.exclude.length) this.test.exclude = this.exclude;
    if (Object.keys(this.coverage).length) this.test.coverage = this.coverage;
  }

  environment(config) {
    const asked = config.testEnvironment ?? (this.facts.oldEnvironment ? 'jsdom' : 'node');
    if (asked instanceof Computed) return this.row('testEnvironment', asked);
    const found = /jsdom/.test(asked) ? 'jsdom' : /happy-dom/.test(asked) ? 'happy-dom' : /^(jest-environment-)?node$/.test(asked) ? '' : asked;
    if (/^[./<]/.test(found)) this.row('testEnvironment', found);
    else if (found) this.test.environment = found;
    const options = { ...(config.testURL ? { url: config.testURL } : {}), ...(config.testEnvironmentOptions ?? {}) };
    if (options instanceof Computed || Object.values(options).some((one) => one instanceof Computed)) return this.row('testEnvironmentOptions', '');
    delete options.customExportConditions;
    // jsdom's pages have this address in jest, and another in vitest.
    if (found === 'jsdom' && !options.url) options.url = 'http://localhost/';
    if (Object.keys(options).length && found) this.test.environmentOptions = { [found === 'happy-dom' ? 'happyDOM' : found]: options };
    return undefined;
  }

  row(name, value, why = 'has no counterpart that is known here') {
    const text = value instanceof Computed ? value.text : JSON.stringify(value) ?? '';
    this.leave(`\`${name}\` of jest ${value instanceof Computed ? 'is computed' : why}: ${text.replace(/\s+/g, ' ').slice(0, 120)}`, FIX, false);
  }

  option(name, value) {
    if (value instanceof Computed && !DROPPED.has(name)) return this.row(name, value);
    if (SAME.has(name)) this.test[name] = typeof value === 'string' && value.startsWith('<') ? this.path(value) : Array.isArray(value) ? value.map((one) => this.path(one)) : name === 'bail' ? Number(value) : value;
    else if (this[`_${name}`]) this[`_${name}`](value);
    else if (DROPPED.has(name)) this.dropped(name, value);
    else if (!['testEnvironment', 'testEnvironmentOptions', 'testURL', 'setupFiles', 'setupFilesAfterEnv', 'setupTestFrameworkScriptFile'].includes(name)) this.row(name, value);
    return undefined;
  }

  dropped(name, value) {
    if (name === 'verbose' && value) this.test.reporters = ['verbose'];
    if (name === 'preset' && !PRESETS.test(value)) this.row(name, value);
    if (name !== 'transform' || !value || value instanceof Computed) return value instanceof Computed && name === 'transform' ? this.row(name, value) : undefined;
    for (const [files, by] of Object.entries(value)) {
      const program = Array.isArray(by) ? by[0] : by;
      if (program instanceof Computed || !OURS.test(program)) this.row(name, { [files]: program }, 'needs a plug-in of Vite');
    }
    return undefined;
  }

  path(text) {
    if (typeof text !== 'string') return text;
    if (REPLACED.has(text)) return `vi${text.replace('jest', 'test')}`;
    return text.replace(/^<rootDir>\/?/, './').replace(/\/<rootDir>\//, '/');
  }

  glob(text) {
    return this.path(text).replace(/^(!?)\.\//, '$1').replace(/\(([^()|]+\|[^()]+)\)/g, (whole, inner, at, all) => (/[?*+@!]/.test(all[at - 1] ?? '') ? whole : `@(${inner})`));
  }

  _resetMocks(value) {
    if (value) this.test.mockReset = true;
  }

  _resetModules(value) {
    if (value) this.row('resetModules', value, 'is no option of vitest; call `vi.resetModules()` in a hook');
  }

  _testMatch(value) {
    const all = [].concat(value).map((one) => this.glob(one));
    this.test.include = all.filter((one) => !one.startsWith('!'));
    this.exclude.push(...all.filter((one) => one.startsWith('!')).map((one) => one.slice(1)));
  }

  _testRegex(value) {
    const found = [].concat(value).map((one) => globOf(String(one)));
    const same = samePatterns([].concat(value).map(String), this.facts.files ?? []);
    if (same) this.test.include = same;
    else if (found.every(Boolean)) this.test.include = found.flat().map((one) => this.glob(one));
    else this.row('testRegex', value, 'could not be written as patterns of files');
  }

  _testPathIgnorePatterns(value) {
    for (const one of value) {
      const found = exclusion(String(one));
      if (found === undefined) this.row('testPathIgnorePatterns', one, 'could not be written as a pattern of files');
      else if (found) this.exclude.push(found);
    }
  }

  _rootDir(value) {
    if (value !== '.' && value !== './') this.test.root = value;
  }

  _roots(value) {
    const folders = value.map((one) => this.path(one)).filter((one) => one !== './');
    if (folders.length === 1 && value.length === 1) this.test.dir = folders[0];
    else if (folders.length && folders.length === value.length) this.row('roots', value, 'has several folders; write them into `include`');
  }

  _moduleNameMapper(value) {
    for (const [pattern, to] of Object.entries(value ?? {})) {
      const first = Array.isArray(to) ? to[0] : to;
      if (first === 'identity-obj-proxy') this.css = true;
      else if (first instanceof Computed || typeof first !== 'string') this.row('moduleNameMapper', first instanceof Computed ? first : { [pattern]: to });
      else this.aliases.push([pattern, first]);
    }
  }

  _modulePaths(value) {
    this.row('modulePaths', value, 'is no option of vitest; write `resolve.alias`');
  }

  _moduleDirectories(value) {
    const others = value.filter((one) => one !== 'node_modules');
    if (others.length) this.row('moduleDirectories', others, 'is no option of vitest; write `resolve.alias`');
  }

  _globals(value) {
    for (const [name, given] of Object.entries(value)) if (name !== 'ts-jest' && name !== 'vue-jest') this.define[name] = typeof given === 'string' ? JSON.stringify(given) : given;
  }

  _globalTeardown(value) {
    this.row('globalTeardown', value, 'is what the function of `globalSetup` gives back in vitest');
  }

  _projects(value) {
    const plain = value.filter((one) => typeof one === 'string');
    if (plain.length !== value.length) this.row('projects', value);
    else this.test.projects = plain.map((one) => this.glob(one));
  }

  _displayName(value) {
    this.test.name = typeof value === 'string' ? value : value.name;
  }

  _reporters(value) {
    const others = value.filter((one) => one !== 'default');
    if (others.length) this.row('reporters', others, 'are programs for jest; `junit`, `json` and others are part of vitest');
  }

  _timers(value) {
    if (value !== 'real') this.row('timers', value, 'is no option of vitest; call `vi.useFakeTimers()` in a hook');
  }

  _fakeTimers(value) {
    if (value?.enableGlobally) this.row('fakeTimers', value, 'does not switch them on in vitest; call `vi.useFakeTimers()` in a hook');
  }

  _automock(value) {
    if (value) this.row('automock', value);
  }

  _coverageProvider(value) {
    this.coverage.provider = value === 'v8' ? 'v8' : 'istanbul';
  }

  _collectCoverage(value) {
    if (value) this.coverage.enabled = true;
  }

  _collectCoverageFrom(value) {
    const all = value.map((one) => this.glob(one));
    this.coverage.include = all.filter((one) => !one.startsWith('!'));
    const not = all.filter((one) => one.startsWith('!')).map((one) => one.slice(1));
    if (not.length) this.coverage.exclude = [...(this.coverage.exclude ?? []), ...not];
  }

  _coveragePathIgnorePatterns(value) {
    const found = value.map((one) => exclusion(String(one)));
    if (found.includes(undefined)) this.row('coveragePathIgnorePatterns', value, 'could not be written as patterns of files');
    const plain = found.filter(Boolean);
    if (plain.length) this.coverage.exclude = [...(this.coverage.exclude ?? []), ...plain];
  }

  _coverageDirectory(value) {
    this.coverage.reportsDirectory = this.path(value);
  }

  _coverageReporters(value) {
    this.coverage.reporter = value;
  }

  _coverageThreshold(value) {
    const { global = {}, ...others } = value;
    this.coverage.thresholds = { ...global, ...Object.fromEntries(Object.entries(others).map(([name, each]) => [this.glob(name), each])) };
  }
}
