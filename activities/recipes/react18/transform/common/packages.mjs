/** The two packages of the transform, from the folder that NODE_PATH names. */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

export const ts = load('typescript');
const magicString = load('magic-string');
export const MagicString = magicString.default ?? magicString;
