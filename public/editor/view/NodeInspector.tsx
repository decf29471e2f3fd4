import type { FormEvent } from 'react';
import { isSetting, settingsOf, shortName } from '../model/component.ts';
import { initialsAt } from '../model/graph.ts';
import { nameFault } from '../model/names.ts';
import { mayEdit } from '../model/state.ts';
import { CopyButton } from './CopyButton.tsx';
import { Field } from './Field.tsx';
import { Glyph, Icon } from './Icon.tsx';
import { OpenAlone } from './InnerInspector.tsx';
import { Membership } from './Membership.tsx';
import { Outers } from './Outers.tsx';
import { Incoming, Outgoing } from './Ports.tsx';
import { Troubles } from './Troubles.tsx';
import { Unfold } from './Unfold.tsx';
import { useEditor, usePart } from './useEditor.ts';
import { useTyped } from './useTyped.ts';

/** A node: its name, what is wrong with it, its settings, and what it is connected to. */
export function NodeInspector({ name }: { name: string }) {
  const editable = usePart(mayEdit);
  const component = usePart(state => state.components.get(state.graph.nodes.get(name)?.component ?? ''));
  const named = usePart(state => state.graph.nodes.get(name)?.component ?? '');
  const settings = component ? settingsOf(component) : [];
  const inports = component?.inports.filter(port => !isSetting(port)) ?? [];
  const graph = usePart(state => state.graph);
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
      <Troubles path={name} fields={fields} />
      {settings.length > 0 && (
        <section>
          <h3>Settings</h3>
          {settings.map(port => (
            <div className="joint" key={port.name}>
              <Field node={name} port={port} />
              <Outers node={name} port={port.name} side="inports" />
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
  const { value: typed, overtaken, type, reset } = useTyped(name);
  const others = { has: (other: string) => other !== name && editor.state.graph.nodes.has(other) };
  const fault = nameFault(typed, others);
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
        onBlur={() => overtaken || rename()}
        onKeyDown={event => {
          if (event.key !== 'Escape' || typed === name) return;
          // What was typed is left first, and the field by another Esc.
          event.preventDefault();
          reset();
        }}
      />
      {overtaken && <p className="overtaken">is called {name} by now; Enter gives it your name, Escape leaves it</p>}
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
  const code = usePart(state => state.status?.rights.has('code'));
  const open = usePart(state => state.scene.frames.has(name));
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
          <Icon name="code" />
          {shortName(component)}
        </button>
      )}
      {editable && (
        <>
          <CopyButton />
          <button type="button" className="danger" title="Delete" onClick={() => editor.editing.deleteSelected()}>
            <Icon name="trash" />
            Delete
          </button>
        </>
      )}
    </div>
  );
}
