/** A copy of the notes, the newest first. */
export function newestFirst(notes) {
  return [...notes].sort((a, b) => b.written - a.written);
}
