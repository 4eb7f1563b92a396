/** The two packages of the transform. They are loaded from the folder that the environment names, or from this one. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.env.REACT18_PACKAGES;
const load = createRequire(folder ? join(folder, 'package.json') : import.meta.url);

export const ts = load('typescript');
const magicString = load('magic-string');
export const MagicString = magicString.default ?? magicString;
