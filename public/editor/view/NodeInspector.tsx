import type { FormEvent } from 'react';
import { isSetting, settingsOf, shortName } from '../model/component.ts';
import { initialsAt } from '../model/graph.ts';
import { nodeNameFault } from '../model/names.ts';
import { mayEdit } from '../model/state.ts';
import { EditorIcon, Glyph } from './EditorIcon.tsx';
import { Field, useTyped } from './Field.tsx';
import { OpenAlone } from './InnerInspector.tsx';
import { CopyButton, Membership } from './Membership.tsx';
import { OuterPortList } from './OuterPorts.tsx';
import { Incoming, Outgoing } from './Ports.tsx';
import { Problems } from './Problems.tsx';
import { Unfold } from './Unfold.tsx';
import { useEditor, useEditorState } from './useEditor.ts';

/** A node: its name, what is wrong with it, its settings, and what it is connected to. */
export function NodeInspector({ name }: { name: string }) {
  const editable = useEditorState(mayEdit);
  const component = useEditorState(state => state.components.get(state.graph.nodes.get(name)?.component ?? ''));
  const named = useEditorState(state => state.graph.nodes.get(name)?.component ?? '');
  const settings = component ? settingsOf(component) : [];
  const inports = component?.inports.filter(port => !isSetting(port)) ?? [];
  const graph = useEditorState(state => state.graph);
  const set = inports.filter(({ name: port }) => initialsAt(graph, { node: name, port }).length > 0);
  const fields = new Set([...settings, ...set].map(port => port.name));
  return (
    <>
      <div className="title">
        <span className="glyph">
          <Glyph name={component?.icon ?? ''} subgraph={component?.subgraph ?? false} />
        </span>
        <h2 className={editable ? 'unseen' : undefined}>{name}</h2>
        {editable && <Name name={name} />}
        <p className="kind">{named || 'no component'}</p>
      </div>
      {component ? (
        <p className="about">{component.description}</p>
      ) : (
        <p className="fault">There is no component {named || 'of this node'}; take one from the library.</p>
      )}
      <Problems path={name} fields={fields} />
      {settings.length > 0 && (
        <section>
          <h3>Settings</h3>
          {settings.map(port => (
            <div className="joint" key={port.name}>
              <Field node={name} port={port} />
              <OuterPortList node={name} port={port.name} side="inports" />
            </div>
          ))}
        </section>
      )}
      <section>
        <h3>In</h3>
        {inports.map(port => (
          <Incoming key={port.name} node={name} port={port} />
        ))}
        {inports.length === 0 && <p className="hint">Nothing comes in.</p>}
      </section>
      <section>
        <h3>Out</h3>
        {(component?.outports ?? []).map(port => (
          <Outgoing key={port.name} node={name} port={port} />
        ))}
      </section>
      <Membership nodes={[name]} />
      <Actions name={name} component={named} subgraph={component?.subgraph ?? false} editable={editable} />
    </>
  );
}

/** The name, to be changed by Enter or by going elsewhere. */
function Name({ name }: { name: string }) {
  const editor = useEditor();
  const { value: typed, stale, type, reset } = useTyped(name);
  const others = { has: (other: string) => other !== name && editor.state.graph.nodes.has(other) };
  const fault = nodeNameFault(typed, others);
  const rename = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed !== name && !fault) editor.editing.rename(name, typed);
  };
  return (
    <form onSubmit={rename}>
      <input
        id="node-name"
        className="name"
        aria-label="Name"
        title="Name (F2)"
        value={typed}
        data-held={name}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={fault !== undefined}
        onChange={event => type(event.target.value)}
        onBlur={() => stale || rename()}
        onKeyDown={event => {
          if (event.key !== 'Escape' || typed === name) return;
          // What was typed is left first, and the field by another Esc.
          event.preventDefault();
          reset();
        }}
      />
      {stale && <p className="overtaken">is called {name} by now; Enter gives it your name, Escape leaves it</p>}
      {fault && <p className="wrong">{fault}</p>}
    </form>
  );
}

interface Actable {
  readonly name: string;
  readonly component: string;
  readonly subgraph: boolean;
  readonly editable: boolean;
}

function Actions({ name, component, subgraph, editable }: Actable) {
  const editor = useEditor();
  const code = useEditorState(state => state.status?.rights.has('code'));
  const open = useEditorState(state => state.scene.frames.has(name));
  const openCode = () => {
    editor.update(state => ({ ...state, coding: component }));
    editor.show('code');
  };
  return (
    <div className="actions">
      {subgraph && (
        <>
          <Unfold path={name} open={open} words />
          <OpenAlone path={name} />
        </>
      )}
      {code && !subgraph && component && (
        <button type="button" onClick={openCode}>
          <EditorIcon name="code" />
          {shortName(component)}
        </button>
      )}
      {editable && (
        <>
          <CopyButton />
          <button type="button" className="danger" title="Delete" onClick={() => editor.editing.deleteSelected()}>
            <EditorIcon name="trash" />
            Delete
          </button>
        </>
      )}
    </div>
  );
}
