/** The edits and leftovers of one file. Edits never overlap; what is written is parsed again before it is believed. */
import { MagicString } from './packages.mjs';
import { parse } from './source.mjs';

export class Edits {
  constructor(source) {
    this.source = source;
    this.edits = [];
    this.leftovers = [];
  }

  replace(start, end, text) {
    this.edits.push([start, end, text]);
  }

  /** The edit, so that its text can be said later. */
  insert(position, text) {
    const edit = [position, position, text];
    this.edits.push(edit);
    return edit;
  }

  /** The text of a node with the edits inside it, which are taken out of the list: the text goes elsewhere. */
  take(node) {
    const [from, to] = [node.getStart(), node.end];
    const inside = this.sorted().filter(([start, end]) => start >= from && end <= to);
    this.edits = this.edits.filter((edit) => !inside.includes(edit));
    return apply(this.source.text.slice(from, to), inside.map(([start, end, text]) => [start - from, end - from, text]));
  }

  remove(start, end) {
    this.edits.push([start, end, '']);
  }

  /** A row of the leftovers table: what is left to a person at a node, why, and how to do it. */
  leave(node, reason, fix) {
    this.leftovers.push({ line: this.source.lineOf(node), reason, fix });
  }

  /** What was written where, in order; insertions at one place keep the order in which they were made. */
  sorted() {
    return this.edits
      .map((edit, order) => ({ edit, order }))
      .filter(({ edit: [start, end, text] }) => this.source.text.slice(start, end) !== text)
      .sort((a, b) => a.edit[0] - b.edit[0] || a.edit[1] - b.edit[1] || a.order - b.order)
      .map(({ edit }) => edit);
  }

  result() {
    const leftovers = this.leftovers.sort((a, b) => a.line - b.line);
    const edits = this.sorted();
    const failed = edits.length ? whyBroken(this.source, edits) : '';
    if (!failed) return { file: this.source.name, edits, leftovers };
    const row = {
      line: this.source.lineOf(edits[0][0]),
      reason: `The change would not have been valid code (${failed}), so the file was left as it is.`,
      fix: 'Migrate the file by hand.',
    };
    return { file: this.source.name, edits: [], leftovers: [row, ...leftovers] };
  }
}

export function apply(text, edits) {
  const written = new MagicString(text);
  for (const [start, end, replacement] of edits) {
    if (start === end) written.appendLeft(start, replacement);
    else if (replacement) written.update(start, end, replacement);
    else written.remove(start, end);
  }
  return written.toString();
}

function whyBroken(source, edits) {
  let end = 0;
  for (const edit of edits) {
    if (edit[0] < end) return 'two changes overlap';
    end = edit[1];
  }
  try {
    parse(source.name, apply(source.text, edits), source.kind);
    return '';
  } catch (error) {
    return error.row ? error.row.reason : String(error.message);
  }
}
