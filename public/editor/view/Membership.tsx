import { type FormEvent, useState } from 'react';
import { renameGroup, ungroup } from '../model/edits.ts';
import { groupFault } from '../model/names.ts';
import { mayEdit } from '../model/state.ts';
import { useEditor, usePart } from './useEditor.ts';

/** The groups that some of these nodes are in, to be renamed and dissolved. */
export function Membership({ nodes }: { nodes: readonly string[] }) {
  const groups = usePart(state => state.graph.groups);
  const own = [...groups.values()].filter(group => group.nodes.some(name => nodes.includes(name)));
  if (own.length === 0) return null;
  return (
    <section>
      <h3>Group</h3>
      {own.map(({ name }) => (
        <Group key={name} name={name} />
      ))}
    </section>
  );
}

/** A group's name, to be changed by Enter or by going elsewhere. */
function Group({ name }: { name: string }) {
  const editor = useEditor();
  const editable = usePart(mayEdit);
  const groups = usePart(state => state.graph.groups);
  const [typed, setTyped] = useState(name);
  const fault = groupFault(typed, { has: other => other !== name && groups.has(other) });
  const rename = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed !== name && !fault) editor.desk.edit(renameGroup(name, typed));
  };
  return (
    <form onSubmit={rename}>
      <div className="row">
        <input
          aria-label="Name of the group"
          value={typed}
          disabled={!editable}
          aria-invalid={fault !== undefined}
          onChange={event => setTyped(event.target.value)}
          onBlur={() => rename()}
          onKeyDown={event => event.key === 'Escape' && setTyped(name)}
        />
        {editable && (
          <button type="button" onClick={() => editor.desk.edit(ungroup(name))}>
            Ungroup
          </button>
        )}
      </div>
      {fault && <p className="wrong">{fault}</p>}
    </form>
  );
}
