/**
 * Reads `{ root, files, candidates, step, options }` as JSON from standard input and writes one JSON line for each file with an edit or
 * a leftover: `{ file, edits: [[start, end, text], …], leftovers: [{ line, reason, fix }] }`, then `{ done: { …counts } }`.
 *
 * Offsets are UTF-16 units of the text decoded from UTF-8; a byte order mark counts as one. It writes no file, and parses the
 * repository's files without ever running one.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { STEPS, mayMatch } from './steps.mjs';
import { CODE, runOn } from './one_file.mjs';

/** Fewer are done before another thread has loaded TypeScript. */
const FILES_FOR_A_THREAD = 60;
const NOT_OURS = /(^|\/)(node_modules|flow-typed|\.yarn)\//;

async function main() {
  const input = JSON.parse(readFileSync(0, 'utf8'));
  const description = STEPS.find((step) => step.name === input.step);
  if (!description) throw new Error(`There is no step "${input.step}"; there are ${STEPS.map((step) => step.name).join(', ')}.`);
  const options = input.options ?? {};
  const missing = description.needs.filter((name) => options[name] === undefined);
  if (missing.length) throw new Error(`The step "${input.step}" needs the options ${missing.join(', ')}.`);
  // Files without any of the step's strings were left out of the candidates; the compiler may name one of them.
  const known = description.name === 'types' ? input.files : (input.candidates ?? input.files);
  const candidates = known.filter((name) => mayHave(description, input.root, name, options));
  let results = await runAll(description, { ...input, options, files: candidates });
  if (description.finish && results.length) {
    const { finish } = await import(description.finish);
    results = await finish(results, { root: input.root, files: input.files });
  }
  const counts = { files: input.files.length, candidates: candidates.length, changed: 0, edits: 0, leftovers: 0, failed: 0 };
  const lines = [];
  for (const { file, edits, leftovers, failed } of results) {
    if (failed) counts.failed++;
    if (!edits.length && !leftovers.length) continue;
    counts.changed += edits.length > 0;
    counts.edits += edits.length;
    counts.leftovers += leftovers.length;
    lines.push(JSON.stringify({ file, edits, leftovers }));
  }
  lines.push(JSON.stringify({ done: counts }));
  process.stdout.write(lines.join('\n') + '\n');
}

/** Whether a file has one of the step's strings; without reading it where its name already says no. */
function mayHave(description, root, name, { errors }) {
  const { needles, name: step } = description;
  if (step === 'types') return errors.some((one) => one.file === name);
  if (NOT_OURS.test(name)) return false;
  const suffix = /(\.[\w]+)$/.exec(name)?.[1] ?? name;
  const text = step === 'docs' ? /^\.(md|mdx|markdown)$/ : step === 'report' || step === 'roots' ? /^\.(vue|html?|svelte|astro|json|browserslistrc)$/ : /^$/;
  if (!CODE.test(name) && !text.test(suffix)) return false;
  if (step === 'docs' && CODE.test(name)) return false;
  try {
    const bytes = readFileSync(join(root, name));
    return needles.some((needle) => bytes.includes(needle)) && mayMatch(description, bytes.toString('utf8'));
  } catch {
    return false;
  }
}

async function runAll(description, { root, files, options }) {
  if (!files.length) return [];
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(files.length / FILES_FOR_A_THREAD)));
  const [mine, ...others] = Array.from({ length: threads }, (_, index) => files.filter((_, at) => at % threads === index));
  const found = new Map();
  const run = (share) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { module: description.module, root, files: share, options } });
      worker.on('message', (results) => results.forEach((result, index) => found.set(share[index], result)));
      worker.on('error', reject);
      worker.on('exit', resolve);
    });
  const running = Promise.all(others.map(run));
  const step = await import(description.module);
  for (const name of mine) found.set(name, runOn(step, root, name, options));
  await running;
  return files.map((name) => found.get(name)).filter(Boolean);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
