import { renameGroupEdit, ungroupEdit } from '../model/edits.ts';
import { groupFault } from '../model/names.ts';
import { Button } from './Button.tsx';
import { NameField } from './Field.tsx';
import { useEditor, useFormGraph } from './useEditor.ts';

/** Copies the selected nodes. */
export function CopyButton() {
  const editor = useEditor();
  const copy = () => void editor.clipboard.copy().then(text => navigator.clipboard?.writeText(text).catch(() => {}));
  return (
    <Button icon="copy" title="As .fbp text (Ctrl C)" onClick={copy}>
      Copy
    </Button>
  );
}

/** The groups of these nodes, to rename or dissolve. */
export function Membership({ nodes }: { nodes: readonly string[] }) {
  const { groups } = useFormGraph().graph;
  const own = [...groups.values()].filter(group => group.nodes.some(name => nodes.includes(name)));
  if (own.length === 0) return null;
  return (
    <section>
      <h3>Group</h3>
      {own.map(({ name }, index) => (
        // A renamed group keeps its field, as the user is typing in it.
        <Group key={index} name={name} />
      ))}
    </section>
  );
}

function Group({ name }: { name: string }) {
  const { graph, editable, edit } = useFormGraph();
  const { groups } = graph;
  return (
    <NameField
      className="group-name"
      aria-label="Name of the group"
      disabled={!editable}
      stored={name}
      faultOf={typed => groupFault(typed, { has: other => other !== name && groups.has(other) })}
      rename={to => edit(renameGroupEdit(name, to))}
    >
      {editable && <Button onClick={() => edit(ungroupEdit(name))}>Ungroup</Button>}
    </NameField>
  );
}
