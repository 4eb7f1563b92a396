/**
 * Reads `{ root, files, step }` as JSON from standard input. Prints one JSON line for each file with edits or leftovers, then
 * `{ done: {} }`. The step `config` writes and removes files itself. Configuration is parsed, never run.
 */
import { readFileSync } from 'node:fs';

const STEPS = { config: './config.mjs', comments: './comments.mjs' };
const input = JSON.parse(readFileSync(0, 'utf8'));
const { run } = await import(STEPS[input.step]);
const lines = run(input).map((line) => JSON.stringify(line));
process.stdout.write([...lines, JSON.stringify({ done: {} })].join('\n') + '\n');
