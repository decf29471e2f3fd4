import type { FormEvent } from 'react';
import { renameGroup, ungroup } from '../model/edits.ts';
import { groupFault } from '../model/names.ts';
import { mayEdit } from '../model/state.ts';
import { useEditor, usePart } from './useEditor.ts';
import { useTyped } from './useTyped.ts';

/** The groups that some of these nodes are in, to be renamed and dissolved. */
export function Membership({ nodes }: { nodes: readonly string[] }) {
  const groups = usePart(state => state.graph.groups);
  const own = [...groups.values()].filter(group => group.nodes.some(name => nodes.includes(name)));
  if (own.length === 0) return null;
  return (
    <section>
      <h3>Group</h3>
      {own.map(({ name }, index) => (
        // Under another name it is still the same group, in whose field somebody types.
        <Group key={index} name={name} />
      ))}
    </section>
  );
}

/** A group's name, to be changed by Enter or by going elsewhere. */
function Group({ name }: { name: string }) {
  const editor = useEditor();
  const editable = usePart(mayEdit);
  const groups = usePart(state => state.graph.groups);
  const { value: typed, overtaken, type, reset } = useTyped(name);
  const fault = groupFault(typed, { has: other => other !== name && groups.has(other) });
  const rename = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed !== name && !fault) editor.editing.edit(renameGroup(name, typed));
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
          onBlur={() => overtaken || rename()}
          onKeyDown={event => {
            if (event.key !== 'Escape' || typed === name) return;
            event.preventDefault();
            reset();
          }}
        />
        {editable && (
          <button type="button" onClick={() => editor.editing.edit(ungroup(name))}>
            Ungroup
          </button>
        )}
      </div>
      {overtaken && <p className="overtaken">is called {name} by now; Enter gives it your name, Escape leaves it</p>}
      {fault && <p className="wrong">{fault}</p>}
    </form>
  );
}
