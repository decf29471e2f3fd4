import type { ReactNode } from 'react';
import { type Component, isSetting, settingsOf, shortName } from '../model/component.ts';
import { renameNodeEdit } from '../model/edits.ts';
import { initialsAt } from '../model/graph.ts';
import { nodeNameFault } from '../model/names.ts';
import { activityAt, perSecond } from '../model/packets.ts';
import { takeOutEdit } from '../model/splices.ts';
import { type EditorState, graphAt, livePath, shownFaults, shownWarnings } from '../model/state.ts';
import { faultsAt, type LocatedFault } from '../model/status.ts';
import { duration } from '../model/traces.ts';
import { Button } from './Button.tsx';
import { Glyph } from './EditorIcon.tsx';
import { Field, NameField } from './Field.tsx';
import { CopyButton, Membership } from './Membership.tsx';
import { OnSettingsPage } from './OnSettingsPage.tsx';
import { OuterPortList } from './OuterPorts.tsx';
import { Incoming, Outgoing } from './Ports.tsx';
import { Troubles } from './Troubles.tsx';
import { Unfold } from './Unfold.tsx';
import { FrameContext, useEditor, useEditorState, useFormGraph } from './useEditor.ts';

/** A node: its name, problems, settings and connections. */
export function NodeInspector({ name }: { name: string }) {
  const { frame, graph, editable, pathOf } = useFormGraph();
  const named = graph.nodes.get(name)?.component ?? '';
  const component = useEditorState(state => state.components.get(named));
  const settings = component ? settingsOf(component) : [];
  const inports = component?.inports.filter(port => !isSetting(port)) ?? [];
  const set = inports.filter(({ name: port }) => initialsAt(graph, { node: name, port }).length > 0);
  const fields = new Set([...settings, ...set].map(port => port.name));
  return (
    <>
      <Title component={component} kind={named}>
        <h2 className={editable ? 'unseen' : undefined}>{name}</h2>
        {editable && <Name name={name} />}
      </Title>
      {component ? (
        <p className="about">{component.description}</p>
      ) : (
        <p className="fault">There is no component {named || 'of this node'}; take one from the library.</p>
      )}
      <Problems path={pathOf(name)} fields={fields} />
      {settings.length > 0 && (
        <section>
          <h3>Settings</h3>
          {settings.map(port => (
            <div className="joint" key={port.name}>
              <Field node={name} port={port} />
              <OuterPortList node={name} port={port.name} side="inports" />
            </div>
          ))}
          {editable && <OnSettingsPage name={name} />}
        </section>
      )}
      <section>
        <h3>In</h3>
        {inports.map(port => (
          <Incoming key={port.name} node={name} port={port} />
        ))}
        {inports.length === 0 && <p className="hint">No inputs.</p>}
      </section>
      <section>
        <h3>Out</h3>
        {(component?.outports ?? []).map(port => (
          <Outgoing key={port.name} node={name} port={port} />
        ))}
      </section>
      <Membership nodes={[name]} />
      {frame && <Figures path={pathOf(name)} subgraph={component?.subgraph ?? false} />}
      <Actions name={name} component={named} subgraph={component?.subgraph ?? false} editable={editable} />
    </>
  );
}

interface TitleProps {
  readonly component: Component | undefined;
  /** The component's name; empty if there is none. */
  readonly kind: string | undefined;
  readonly children: ReactNode;
}

function Title({ component, kind, children }: TitleProps) {
  return (
    <div className="title">
      <span className="glyph">
        <Glyph name={component?.icon ?? ''} subgraph={component?.subgraph} />
      </span>
      {children}
      <p className="kind">{kind || 'no component'}</p>
    </div>
  );
}

function Name({ name }: { name: string }) {
  const { graph, edit } = useFormGraph();
  const others = { has: (other: string) => other !== name && graph.nodes.has(other) };
  return (
    <NameField
      id="node-name"
      className="name"
      aria-label="Name"
      title="Name (F2)"
      stored={name}
      faultOf={typed => nodeNameFault(typed, others)}
      rename={to => edit(renameNodeEdit(name, to))}
    />
  );
}

const TAKE_OUT = 'Delete the node and connect its wires (Ctrl Delete)';

interface Actable {
  readonly name: string;
  readonly component: string;
  readonly subgraph: boolean;
  readonly editable: boolean;
}

function Actions({ name, component, subgraph, editable }: Actable) {
  const editor = useEditor();
  const { frame, pathOf } = useFormGraph();
  const path = pathOf(name);
  const code = useEditorState(state => state.status?.rights.has('code'));
  const open = useEditorState(state => state.scene.frames.has(path));
  const closes = useEditorState(
    state => editable && takeOutEdit(graphAt(state, frame), state.components, name) !== undefined,
  );
  const openCode = () => {
    editor.update(state => ({ ...state, coding: component }));
    editor.show('code');
  };
  return (
    <div className="actions">
      {subgraph && (
        <>
          <Unfold path={path} open={open} words />
          <OpenAlone path={path} />
          {editable && !frame && (
            <Button title="Replace it by its content (Ctrl Shift G)" onClick={() => void editor.subgraphs.inline(name)}>
              Inline
            </Button>
          )}
        </>
      )}
      {code && !subgraph && component && (
        <Button icon="code" onClick={openCode}>
          {shortName(component)}
        </Button>
      )}
      {editable && (
        <>
          {!frame && <CopyButton />}
          {closes && (
            <Button title={TAKE_OUT} onClick={() => editor.splicing.takeOut(path)}>
              Take out
            </Button>
          )}
          <Button icon="trash" className="danger" title="Delete" onClick={() => editor.editing.deleteSelected()}>
            Delete
          </Button>
        </>
      )}
    </div>
  );
}

/** A node in an open subgraph, which is edited in its own graph. */
export function InnerInspector({ path }: { path: string }) {
  const frame = useEditorState(state => state.scene.parents.get(path) ?? '');
  return (
    <FrameContext value={frame}>
      <NodeInspector name={path.slice(frame.length + 1)} />
      <Belonging frame={frame} />
    </FrameContext>
  );
}

function Figures({ path, subgraph }: { path: string; subgraph: boolean }) {
  const words = useEditorState(state => figures(state, path, subgraph && !state.scene.frames.has(path)));
  return (
    <section>
      <h3>Now</h3>
      <p className="hint">{words}</p>
    </section>
  );
}

function figures(state: EditorState, path: string, closed: boolean): string {
  const activity =
    state.showsHeat && !state.preview ? activityAt(state.rates, livePath(state, path), closed) : undefined;
  if (!activity) return 'No data.';
  const { perSecond: rate, ms, errors } = activity;
  const moving = rate > 0 ? `${perSecond(rate)} come in` : 'nothing comes in';
  const time = rate > 0 && ms > 0 ? `, ${duration(ms)} each` : '';
  return `${moving}${time}, ${errors === 1 ? '1 error' : `${errors || 'no'} errors`}`;
}

/** Shows where the content of a subgraph is edited. */
export function Belonging({ frame }: { frame: string }) {
  const component = useEditorState(state => state.scene.frames.get(frame)?.component ?? '');
  return (
    <section>
      <h3>In {frame}</h3>
      <p className="hint">
        This is a part of the component {component}. What you change here is changed in every node that is a {component}
        .
      </p>
      <div className="actions">
        <OpenAlone path={frame} words={`Open ${frame} alone`} />
      </div>
    </section>
  );
}

/** Opens a subgraph on the whole canvas. */
function OpenAlone({ path, words = 'Open alone' }: { path: string; words?: string }) {
  const editor = useEditor();
  return (
    <Button icon="open" title="On the whole canvas (Shift Enter)" onClick={() => void editor.subgraphs.enter(path)}>
      {words}
    </Button>
  );
}

interface Props {
  readonly path: string;
  /** Ports whose faults and warnings are shown at their fields. */
  readonly fields?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Faults and warnings of a node and its content, and the last error that it threw. */
function Problems({ path, fields = NONE }: Props) {
  const faults = useEditorState(shownFaults);
  const warnings = useEditorState(shownWarnings);
  const error = useEditorState(state => state.errors.get(livePath(state, path)));
  const beside = (all: readonly LocatedFault[]) =>
    faultsAt(all, path).filter(({ node, port }) => node !== path || !fields.has(port));
  return (
    <Troubles label="Faults" faults={beside(faults)} warnings={beside(warnings)}>
      {error && <li className="fault">Error: {error}</li>}
    </Troubles>
  );
}
