import type { FormEvent } from 'react';
import { renameGroupEdit, ungroupEdit } from '../model/edits.ts';
import { groupFault } from '../model/names.ts';
import { mayEdit } from '../model/state.ts';
import { EditorIcon } from './EditorIcon.tsx';
import { useTyped } from './Field.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** Copies the selected nodes. */
export function CopyButton() {
  const editor = useEditor();
  const copy = () => void editor.clipboard.copy().then(text => navigator.clipboard?.writeText(text).catch(() => {}));
  return (
    <button type="button" title="As .fbp text (Ctrl C)" onClick={copy}>
      <EditorIcon name="copy" />
      Copy
    </button>
  );
}

/** The groups of these nodes, to rename or dissolve. */
export function Membership({ nodes }: { nodes: readonly string[] }) {
  const groups = useEditorState(state => state.graph.groups);
  const own = [...groups.values()].filter(group => group.nodes.some(name => nodes.includes(name)));
  if (own.length === 0) return null;
  return (
    <section>
      <h3>Group</h3>
      {own.map(({ name }, index) => (
        // A renamed group keeps its field, because somebody types in it.
        <Group key={index} name={name} />
      ))}
    </section>
  );
}

function Group({ name }: { name: string }) {
  const editor = useEditor();
  const editable = useEditorState(mayEdit);
  const groups = useEditorState(state => state.graph.groups);
  const { value: typed, stale, type, reset } = useTyped(name);
  const fault = groupFault(typed, { has: other => other !== name && groups.has(other) });
  const rename = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed !== name && !fault) editor.editing.edit(renameGroupEdit(name, typed));
  };
  return (
    <form onSubmit={rename}>
      <div className="row">
        <input
          className="group-name"
          aria-label="Name of the group"
          value={typed}
          data-held={name}
          disabled={!editable}
          aria-invalid={fault !== undefined}
          onChange={event => type(event.target.value)}
          onBlur={() => stale || rename()}
          onKeyDown={event => {
            if (event.key !== 'Escape' || typed === name) return;
            event.preventDefault();
            reset();
          }}
        />
        {editable && (
          <button type="button" onClick={() => editor.editing.edit(ungroupEdit(name))}>
            Ungroup
          </button>
        )}
      </div>
      {stale && (
        <p className="overtaken">Another editor renamed this to {name}. Enter keeps your name, Escape takes theirs.</p>
      )}
      {fault && <p className="wrong">{fault}</p>}
    </form>
  );
}
