/**
 * `node diagnostics.mjs PATH/tsconfig.json` prints what the repository's own TypeScript says of that project, as a JSON list of
 * `{ file, line, column, code, message }`; files are named from the folder in which it is started. It runs code of the
 * repository (its compiler), so it belongs into the sandbox.
 */
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

function loadCompiler(folder) {
  const places = [join(folder, 'package.json'), import.meta.url];
  if (process.env.REACT18_PACKAGES) places.push(join(process.env.REACT18_PACKAGES, 'package.json'));
  for (const place of places) {
    try {
      const found = createRequire(place)('typescript');
      if (found.createProgram) return found;
    } catch {
      // Not installed there; versions from 7 on have no such interface.
    }
  }
  throw new Error('There is no TypeScript in this project.');
}

function projects(ts, path, seen = new Set()) {
  const read = ts.readConfigFile(path, ts.sys.readFile);
  if (read.error) throw new Error(ts.flattenDiagnosticMessageText(read.error.messageText, ' '));
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, dirname(path), undefined, path);
  const found = [parsed];
  seen.add(path);
  for (const reference of parsed.projectReferences ?? []) {
    const next = ts.resolveProjectReferencePath(reference);
    if (!seen.has(next) && ts.sys.fileExists(next)) found.push(...projects(ts, next, seen));
  }
  return found;
}

function diagnose(ts, parsed) {
  const options = { ...parsed.options, noEmit: true, incremental: false, composite: false, tsBuildInfoFile: undefined, skipLibCheck: true };
  const program = ts.createProgram({ rootNames: parsed.fileNames, options });
  return [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()];
}

function describe(ts, { file, start, code, messageText }) {
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const name = relative(process.cwd(), file.fileName).replaceAll('\\', '/');
  return { file: name, line: line + 1, column: character + 1, code, message: ts.flattenDiagnosticMessageText(messageText, '\n') };
}

const path = resolve(process.argv[2] ?? 'tsconfig.json');
const ts = loadCompiler(dirname(path));
const seen = new Map();
for (const parsed of projects(ts, path)) {
  for (const diagnostic of diagnose(ts, parsed)) {
    if (!diagnostic.file) continue;
    const one = describe(ts, diagnostic);
    seen.set(JSON.stringify(one), one);
  }
}
process.stdout.write(`${JSON.stringify([...seen.values()])}\n`);
