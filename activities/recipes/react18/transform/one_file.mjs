/** Runs one step on one file, whatever the file is like. */
import { Skipped, Source, decode, refuseUnwritten } from './common/source.mjs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const CODE = /\.([cm]?[jt]s|[jt]sx)$/;

export function runOn(step, root, name, options) {
  let text;
  try {
    const bytes = readFileSync(join(root, name));
    text = decode(bytes);
    if ((/\.d\.[cm]?ts$/.test(name) && !step.declarations) || !step.candidate.test(text)) return undefined;
    if (step.transformText && !CODE.test(name)) return step.transformText(name, text, options);
    refuseUnwritten(name, text);
    return step.transform(new Source(name, text), { ...options, root });
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    const found = text === undefined ? undefined : step.suspect?.exec(text);
    if (error instanceof Skipped && text !== undefined && step.suspect) {
      if (!found) return undefined;
      error.row.line = text.slice(0, found.index).split('\n').length;
    }
    const row = error instanceof Skipped ? error.row : failed(error);
    return { file: name, edits: [], leftovers: [row], failed: !(error instanceof Skipped) };
  }
}

function failed(error) {
  return { line: 1, reason: `The file could not be migrated: ${String(error.message).split('\n')[0].slice(0, 200)}`, fix: 'Migrate it by hand.' };
}
