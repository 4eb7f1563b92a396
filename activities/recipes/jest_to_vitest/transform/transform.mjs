/**
 * Reads `{ root, files, step, options }` as JSON from standard input; prints one JSON line for each file with edits or leftovers, then
 * `{ done: {} }`. The step `config` writes and removes files itself. The repository's code is parsed, never run.
 */
import { readFileSync } from 'node:fs';
import { Skipped } from './source.mjs';

const STEPS = { config: './config.mjs', tests: './tests.mjs', snapshots: './snapshots.mjs' };
const input = JSON.parse(readFileSync(0, 'utf8'));
const step = await import(STEPS[input.step]);
const results = step.run ? step.run(input) : input.files.map((name) => one(name));
const lines = results.filter((result) => result && (result.edits.length || result.leftovers.length)).map((line) => JSON.stringify(line));
process.stdout.write([...lines, JSON.stringify({ done: {} })].join('\n') + '\n');

function one(name) {
  try {
    return step.transform(input.root, name, input.options);
  } catch (error) {
    const row = error instanceof Skipped ? error.row : { line: 1, reason: `The file could not be migrated: ${String(error.message).split('\n')[0].slice(0, 200)}`, fix: 'Migrate it by hand.', breaks_build: true };
    return { file: name, edits: [], leftovers: [row] };
  }
}
