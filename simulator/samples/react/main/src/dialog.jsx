import React from "react";
import { render, unmountComponentAtNode } from "react-dom";

import { Note } from "./Notes.jsx";

const container = document.createElement("div");

/** Opens a note above the page; opened again, it shows the other note. */
export function openDialog(note) {
  document.body.append(container);
  render(<Note note={note} onClose={closeDialog} />, container);
}

export function closeDialog() {
  unmountComponentAtNode(container);
  container.remove();
}
