import React from "react";

/** A note with the time since it was written. */
export class Note extends React.Component {
  componentWillMount() {
    this.setState({ age: Date.now() - this.props.note.written });
  }

  componentWillReceiveProps(next) {
    this.setState({ age: Date.now() - next.note.written });
  }

  render() {
    const { note, onClose } = this.props;
    return (
      <article>
        <p>{note.text}</p>
        <footer>{Math.round(this.state.age / 60000)} min</footer>
        {onClose && <button onClick={onClose}>Close</button>}
      </article>
    );
  }
}

export function Notes({ notes }) {
  return notes.map((note) => <Note key={note.id} note={note} />);
}
