/** Regular expressions of paths, as patterns of files: those forms that people write. */

const ENDING = '(?:tests?|specs?)';

/** Of `testRegex`; undefined for any other form. */
export function globOf(text) {
  const plain = text.replace(/\\\\/g, '\\').replace(/^\^?<rootDir>\/?/, '').replace(/^\^?\.\*/, '');
  const known = /^\(?\(?\/?__tests__\/\.\*\|\(\\\.\|\/\)\((test|spec)\|(test|spec)\)\)\)?\\\.(.+?)\$?$/.exec(plain);
  if (known) return [`**/__tests__/**/*.${endings(known[3])}`, `**/?(*.)+(spec|test).${endings(known[3])}`];
  const named = new RegExp(`^(?:\\(?\\\\\\.|\\(\\\\\\.\\|/\\)|/)?\\(?(${ENDING}(?:\\|${ENDING})*)\\)?\\\\?\\.(.+?)\\$?$`).exec(plain);
  if (named && endings(named[2])) return [`**/*.${named[1].includes('|') ? `{${named[1].replaceAll('|', ',')}}` : named[1]}.${endings(named[2])}`];
  const folder = /^\/?([\w-]+(?:\/[\w-]+)*)\/\.\*(?:\\\.([\w]+))?\\\.(.+?)\$?$/.exec(plain);
  if (folder && endings(folder[3])) return [`**/${folder[1]}/**/*${folder[2] ? `.${folder[2]}` : ''}.${endings(folder[3])}`];
  return undefined;
}

/** `(js|ts)x?`, `[jt]sx?`, `tsx?`. */
function endings(text) {
  const plain = text.replace(/\$$/, '').replace(/\?:/g, '');
  if (!/^[\w[\]()|?]+$/.test(plain)) return undefined;
  return plain.replace(/\(([\w|?]+)\)/g, (_, inner) => `{${inner.split('|').flatMap((one) => (one.endsWith('?') ? [one.slice(0, -2), one.slice(0, -1)] : [one])).join(',')}}`).replace(/x\?/g, '?(x)');
}

/** Of paths that are left out: a pattern, '' for what vitest leaves out anyway, undefined for any other form. */
export function exclusion(text) {
  const plain = text.replace(/\\([./-])/g, '$1').replace(/^\^/, '').replace(/\$$/, '');
  if (/^(<rootDir>)?\/?node_modules\/?$/.test(plain)) return '';
  const atRoot = /^<rootDir>\//.test(plain);
  const path = plain.replace(/^<rootDir>\//, '').replace(/\.\*/g, '**');
  if (/[()[\]{}|?+\\^$]/.test(path) || !path) return undefined;
  const inside = path.replace(/^\//, '');
  const isFile = /\.\w+$/.test(inside);
  const start = atRoot ? '' : '**/';
  return `${start}${inside.replace(/\/$/, '')}${isFile ? '' : '/**'}`;
}
