import React from "react";
import ReactDOM from "react-dom";

import { Notes } from "./Notes.jsx";
import { newestFirst } from "./order.js";

const page = document.getElementById("root");

export function show(notes) {
  ReactDOM.render(<Notes notes={newestFirst(notes)} />, page, () => {
    document.title = `${notes.length} notes`;
  });
}

show([]);
