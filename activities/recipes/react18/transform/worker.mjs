/** A thread that runs one step on a share of the files. */
import { parentPort, workerData } from 'node:worker_threads';
import { runOn } from './one_file.mjs';

const step = await import(workerData.module);
parentPort.postMessage(workerData.files.map((name) => runOn(step, workerData.root, name, workerData.options)));
